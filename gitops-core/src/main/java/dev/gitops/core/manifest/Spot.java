// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.manifest;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A value and the characters that it is written in, for changing it without touching any other.
 *
 * @param sort what it is
 * @param start offset of its first character, of an anchor or a tag before it
 * @param end offset behind its last character; of a block collection, of its last value
 * @param text of a scalar, what it says; of an alias, the anchor that it refers to; else empty
 * @param style how a scalar is written: the quote around it, or the bar or angle before it, or a
 *     space for neither; for a collection a brace if it is a flow, or a space
 * @param anchor its name, if it has one
 * @param keys the keys of an object
 * @param values the values of an object, or the items of a list
 */
record Spot(
    Sort sort,
    int start,
    int end,
    String text,
    char style,
    @Nullable String anchor,
    List<Spot> keys,
    List<Spot> values) {

  /** What stands there. */
  enum Sort {
    OBJECT,
    LIST,
    SCALAR,
    ALIAS
  }

  /** Where in the object this key is; -1 if nowhere. */
  int indexOf(String key) {
    for (int i = 0; i < keys.size(); i++) {
      if (keys.get(i).sort == Sort.SCALAR && keys.get(i).text.equals(key)) {
        return i;
      }
    }
    return -1;
  }

  boolean isCollection() {
    return sort == Sort.OBJECT || sort == Sort.LIST;
  }

  boolean isFlow() {
    return style == '{';
  }

  /** Whether it is text of several lines that starts with a bar or an angle. */
  boolean isBlockText() {
    return sort == Sort.SCALAR && (style == '|' || style == '>');
  }

  /** Whether it stands for nothing, so that anything may be put there. */
  boolean isNull() {
    return sort == Sort.SCALAR && style == ' ' && isNull(text);
  }

  private static boolean isNull(String plain) {
    return plain.isEmpty()
        || plain.equals("~")
        || plain.equals("null")
        || plain.equals("Null")
        || plain.equals("NULL");
  }

  /** What a block ends with, however deep; itself, if it is none. */
  Spot last() {
    return isFlow() || values.isEmpty() ? this : values.get(values.size() - 1).last();
  }

  /** Whether an alias inside of it refers to this anchor. */
  boolean refersTo(String name) {
    return (sort == Sort.ALIAS && text.equals(name))
        || keys.stream().anyMatch(key -> key.refersTo(name))
        || values.stream().anyMatch(value -> value.refersTo(name));
  }
}
