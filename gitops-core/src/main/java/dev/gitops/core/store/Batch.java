// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.store;

import dev.gitops.core.spi.StateStore.Write;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** What every store refuses before it touches anything, so that all refuse the same. */
final class Batch {
  /** The longest namespace, table, key or message id, in characters. */
  static final int NAME_CHARS = 1_024;

  /** The longest value, in characters. */
  static final int VALUE_CHARS = 16 << 20;

  /** The longest inbox message, in characters. */
  static final int MESSAGE_CHARS = 1 << 20;

  /** The most messages that wait in an inbox. */
  static final int MESSAGES = 10_000;

  /** The most writes in one commit. */
  static final int WRITES = 100_000;

  private Batch() {}

  /** Refuses with {@link IllegalArgumentException} what no store takes; returns its own copy. */
  static List<Write> checked(List<Write> writes) {
    List<Write> batch = List.copyOf(writes);
    if (batch.size() > WRITES) {
      throw new IllegalArgumentException(
          "A commit has at most " + WRITES + " writes, not " + batch.size() + ": split it");
    }
    Set<List<String>> written = new HashSet<>();
    for (Write write : batch) {
      name("table", write.table());
      name("key", write.key());
      if (write.expected() < Write.ANY) {
        throw new IllegalArgumentException("No such version: " + write.expected());
      }
      if (write.value() != null) {
        text("value of " + write.table() + "/" + write.key(), write.value(), VALUE_CHARS);
      }
      if (!write.checkOnly() && !written.add(List.of(write.table(), write.key()))) {
        throw new IllegalArgumentException(
            "A commit writes a record once, not twice: " + write.table() + "/" + write.key());
      }
    }
    return batch;
  }

  /** Whether a commit changes anything, or only checks. */
  static boolean changes(List<Write> batch) {
    return batch.stream().anyMatch(write -> !write.checkOnly());
  }

  static String name(String what, String name) {
    if (name.isEmpty()) {
      throw new IllegalArgumentException("A " + what + " has a name, not an empty one");
    }
    return text(what, name, NAME_CHARS);
  }

  static String message(String message) {
    return text("message", message, MESSAGE_CHARS);
  }

  /** What UTF-8 and databases give back as it was: well-formed, without NUL, of bounded length. */
  private static String text(String what, String text, int limit) {
    if (text.length() > limit) {
      throw new IllegalArgumentException(
          "The " + what + " has at most " + limit + " characters, not " + text.length());
    }
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (Character.isHighSurrogate(c)
          && i + 1 < text.length()
          && Character.isLowSurrogate(text.charAt(i + 1))) {
        i++;
      } else if (c == 0 || Character.isSurrogate(c)) {
        throw new IllegalArgumentException(
            "The "
                + what
                + " has a NUL or half a surrogate pair at character "
                + i
                + ": not every store can keep it");
      }
    }
    return text;
  }
}
