// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The keys of an {@code allowed_signers} file (ssh-keygen(1)), used as {@code git verify-commit}
 * uses it: the key must stand in a line that allows the namespace {@code git} and, at the time that
 * the committer states, is valid.
 */
record AllowedSigners(List<Line> lines) implements Keyring {
  static final String NAMESPACE = "git";

  /** Copies the lines. */
  AllowedSigners {
    lines = List.copyOf(lines);
  }

  /**
   * One key.
   *
   * @param number of the line, counted from 1
   * @param principals as written: patterns, separated by commas
   * @param namespaces a pattern list; null for all
   * @param after when it becomes valid
   * @param before when it ceases to be
   */
  record Line(
      int number,
      String principals,
      @Nullable String namespaces,
      @Nullable Instant after,
      @Nullable Instant before,
      SshKey key) {}

  /**
   * Reads a file.
   *
   * @throws IllegalArgumentException with the number of the line that is wrong, or that asks for
   *     what is not supported
   */
  static AllowedSigners parse(String text) {
    return AllowedSignersFile.parse(text);
  }

  @Override
  public boolean reads(String signature) {
    return signature.stripLeading().startsWith(SshSignature.BEGIN);
  }

  @Override
  public Signer verify(SignedObject object) throws UntrustedException {
    SshSignature signature;
    try {
      signature = SshSignature.parse(object.signature());
    } catch (SshWire.MalformedException e) {
      throw new UntrustedException("its SSH signature can't be read: " + e.getMessage());
    }
    String fingerprint = SshKey.fingerprint(signature.key());
    if (!signature.namespace().equals(NAMESPACE)) {
      throw new UntrustedException(
          "the key %s signed it for the namespace '%s', not for 'git'"
              .formatted(fingerprint, printable(signature.namespace())));
    }
    UntrustedException reason =
        UntrustedException.unknownKey("the key " + fingerprint + " is not among the trusted ones");
    for (Line line : lines) {
      if (line.key().is(signature.key())) {
        try {
          check(line, object, signature);
          return new Signer(line.principals(), fingerprint);
        } catch (UntrustedException e) {
          reason = e;
        }
      }
    }
    throw reason;
  }

  private static void check(Line line, SignedObject object, SshSignature signature)
      throws UntrustedException {
    String key =
        "the key %s of %s"
            .formatted(SshKey.fingerprint(signature.key()), printable(line.principals()));
    try {
      if (!line.key().verifies(signature.signed(object.payload()), signature.signature())) {
        throw new UntrustedException("its signature by " + key + " is not of this content");
      }
    } catch (SshWire.MalformedException e) {
      throw new UntrustedException(
          "its signature by " + key + " does not count: " + e.getMessage());
    }
    String namespaces = line.namespaces();
    if (namespaces != null && !Patterns.matches(namespaces, NAMESPACE)) {
      throw new UntrustedException(key + " may not sign for the namespace 'git'");
    }
    Instant after = line.after();
    if (after != null && object.time().isBefore(after)) {
      throw new UntrustedException(
          "%s is valid from %s on, and it was made at %s".formatted(key, after, object.time()));
    }
    Instant before = line.before();
    if (before != null && object.time().isAfter(before)) {
      throw new UntrustedException(
          "%s expired at %s, and it was made at %s".formatted(key, before, object.time()));
    }
  }

  private static String printable(String text) {
    String cut = text.length() > 100 ? text.substring(0, 100) + "…" : text;
    return cut.replaceAll("[^\\x20-\\x7e…]", "?");
  }

  /** OpenSSH's pattern lists. */
  static final class Patterns {
    private Patterns() {}

    /** Whether one of the patterns matches, and none that starts with an exclamation mark. */
    static boolean matches(String patterns, String text) {
      boolean matches = false;
      for (String pattern : patterns.split(",", -1)) {
        if (pattern.startsWith("!")) {
          if (matchesOne(pattern.substring(1), text)) {
            return false;
          }
        } else {
          matches |= matchesOne(pattern, text);
        }
      }
      return matches;
    }

    /** Stars and question marks, without backtracking beyond the last star. */
    private static boolean matchesOne(String pattern, String text) {
      int p = 0;
      int t = 0;
      int star = -1;
      int mark = 0;
      while (t < text.length()) {
        char c = p < pattern.length() ? pattern.charAt(p) : '\0';
        if (c == '*') {
          star = p++;
          mark = t;
        } else if (p < pattern.length() && (c == '?' || c == text.charAt(t))) {
          p++;
          t++;
        } else if (star >= 0) {
          p = star + 1;
          t = ++mark;
        } else {
          return false;
        }
      }
      while (p < pattern.length() && pattern.charAt(p) == '*') {
        p++;
      }
      return p == pattern.length();
    }
  }
}
