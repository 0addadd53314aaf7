// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.model;

import java.util.ArrayList;
import java.util.List;

/** JSON Pointers (RFC 6901): how a field is named in plans, rules and errors. */
public final class Pointer {
  private Pointer() {}

  /** The unescaped tokens; none for the empty pointer, which is the whole value. */
  public static List<String> tokens(String pointer) {
    if (pointer.isEmpty()) {
      return List.of();
    }
    if (pointer.charAt(0) != '/') {
      throw new IllegalArgumentException("A JSON Pointer starts with '/': '" + pointer + "'");
    }
    List<String> tokens = new ArrayList<>();
    for (String token : pointer.substring(1).split("/", -1)) {
      tokens.add(token.indexOf('~') < 0 ? token : token.replace("~1", "/").replace("~0", "~"));
    }
    return tokens;
  }

  /** The pointer to a member of what {@code parent} points to. */
  public static String child(String parent, String token) {
    boolean plain = token.indexOf('~') < 0 && token.indexOf('/') < 0;
    return parent + "/" + (plain ? token : token.replace("~", "~0").replace("/", "~1"));
  }

  /**
   * Whether {@code pointer} is, or lies below, what {@code pattern} names; a {@code *} token of the
   * pattern stands for any one token.
   */
  public static boolean covers(String pattern, String pointer) {
    List<String> wanted = tokens(pattern);
    List<String> actual = tokens(pointer);
    if (actual.size() < wanted.size()) {
      return false;
    }
    for (int i = 0; i < wanted.size(); i++) {
      if (!wanted.get(i).equals("*") && !wanted.get(i).equals(actual.get(i))) {
        return false;
      }
    }
    return true;
  }

  /**
   * Whether {@code pointer} is, lies below, or lies above what {@code pattern} names; a {@code *}
   * token of the pattern stands for any one token.
   */
  public static boolean touches(String pattern, String pointer) {
    List<String> wanted = tokens(pattern);
    List<String> actual = tokens(pointer);
    for (int i = 0; i < Math.min(wanted.size(), actual.size()); i++) {
      if (!wanted.get(i).equals("*") && !wanted.get(i).equals(actual.get(i))) {
        return false;
      }
    }
    return true;
  }

  /** The list index that a token names (RFC 6901, section 4), or -1. */
  static int index(String token) {
    if (token.isEmpty() || token.length() > 9 || (token.length() > 1 && token.charAt(0) == '0')) {
      return -1;
    }
    return token.chars().allMatch(c -> c >= '0' && c <= '9') ? Integer.parseInt(token) : -1;
  }
}
