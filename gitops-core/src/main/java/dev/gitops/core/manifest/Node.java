// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.manifest;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A parsed value and where it stands: a member of an object where its key stands, which is where an
 * author looks for it.
 *
 * @param value a {@code Map<String, Node>}, a {@code List<Node>}, a scalar, null, or {@link
 *     #FLAWED}
 * @param line counted from 1
 * @param column counted from 1
 * @param height nesting below it
 */
record Node(@Nullable Object value, int line, int column, int height) {
  /** The value of what could not be understood; it has a flaw that says why. */
  static final Object FLAWED = new Object();

  Node at(int otherLine, int otherColumn) {
    return new Node(value, otherLine, otherColumn, height);
  }

  Node flawed() {
    return new Node(FLAWED, line, column, height);
  }

  @SuppressWarnings("unchecked")
  Map<String, Node> members() {
    return value instanceof Map<?, ?> map ? (Map<String, Node>) map : Map.of();
  }

  @SuppressWarnings("unchecked")
  List<Node> items() {
    return value instanceof List<?> list ? (List<Node>) list : List.of();
  }

  /** As plain maps and lists, without what is flawed. */
  @Nullable Object plain() {
    if (value instanceof Map<?, ?>) {
      Map<String, @Nullable Object> fields = new LinkedHashMap<>(members().size() * 4 / 3 + 1);
      members()
          .forEach(
              (key, member) -> {
                if (member.value != FLAWED) {
                  fields.put(key, member.plain());
                }
              });
      return fields;
    } else if (value instanceof List<?>) {
      List<@Nullable Object> list = new ArrayList<>(items().size());
      for (Node item : items()) {
        if (item.value != FLAWED) {
          list.add(item.plain());
        }
      }
      return list;
    }
    return value == FLAWED ? null : value;
  }

  /**
   * What a parser makes of one document.
   *
   * @param flaws what is wrong in it, other than its syntax
   * @param named whether its name can be read in spite of the flaws
   */
  record Parsed(Node root, List<Flaw> flaws, boolean named) {}

  /** Something wrong in a document whose end is known. */
  record Flaw(int line, int column, String message) {}

  /** What a parser hands its documents to. */
  interface Sink {
    void document(Parsed document);

    /** A document whose end is not known, or that was not read to its end. */
    void broken(int line, int column, String message);
  }

  /** Ends the reading of a document. */
  static final class BrokenException extends RuntimeException {
    private static final long serialVersionUID = 1;
    final int line;
    final int column;

    BrokenException(int line, int column, String message) {
      super(message, null, false, false);
      this.line = line;
      this.column = column;
    }
  }
}
