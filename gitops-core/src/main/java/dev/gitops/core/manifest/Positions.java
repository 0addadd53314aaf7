// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.manifest;

import dev.gitops.core.model.Origin;
import dev.gitops.core.model.Pointer;
import dev.gitops.core.model.Tree;
import java.io.ByteArrayOutputStream;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Where each value of a tree stands: about two bytes for each, in the order of a walk over the
 * tree, since a million documents keep their positions for an error that hardly any of them has.
 */
final class Positions implements Function<String, Origin> {
  private final String file;
  private final Tree tree;
  private final byte[] steps;

  private Positions(String file, Tree tree, byte[] steps) {
    this.file = file;
    this.tree = tree;
    this.steps = steps;
  }

  /** The positions of a node's values; the tree is made of that node. */
  static Positions of(String file, Tree tree, Node node) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    write(out, node, 0);
    return new Positions(file, tree, out.toByteArray());
  }

  @Override
  public Origin apply(String pointer) {
    Cursor cursor = new Cursor(steps);
    cursor.find(tree.value(), Pointer.tokens(pointer), 0);
    return new Origin(file, cursor.line, cursor.column);
  }

  private static int write(ByteArrayOutputStream out, Node node, int lastLine) {
    int step = node.line() - lastLine;
    number(out, (step << 1) ^ (step >> 31));
    number(out, node.column());
    int line = node.line();
    for (Node member : node.members().values()) {
      line = member.value() == Node.FLAWED ? line : write(out, member, line);
    }
    for (Node item : node.items()) {
      line = item.value() == Node.FLAWED ? line : write(out, item, line);
    }
    return line;
  }

  private static void number(ByteArrayOutputStream out, int value) {
    int rest = value;
    while ((rest & ~0x7f) != 0) {
      out.write((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    out.write(rest);
  }

  private static final class Cursor {
    private final byte[] steps;
    private int next;
    private int lastLine;
    int line;
    int column;

    Cursor(byte[] steps) {
      this.steps = steps;
    }

    /** Reads the position of this value and goes on to the one wanted, or as near as there is. */
    void find(@Nullable Object value, List<String> tokens, int depth) {
      read();
      line = lastLine;
      if (depth == tokens.size()) {
        return;
      }
      String token = tokens.get(depth);
      if (value instanceof Map<?, ?> map) {
        for (Map.Entry<?, ?> member : map.entrySet()) {
          if (member.getKey().equals(token)) {
            find(member.getValue(), tokens, depth + 1);
            return;
          }
          skip(member.getValue());
        }
      } else if (value instanceof List<?> list) {
        for (int i = 0; i < list.size(); i++) {
          if (token.equals(Integer.toString(i))) {
            find(list.get(i), tokens, depth + 1);
            return;
          }
          skip(list.get(i));
        }
      }
    }

    private void read() {
      int step = number();
      lastLine += (step >>> 1) ^ -(step & 1);
      column = number();
    }

    private void skip(@Nullable Object value) {
      int step = number();
      lastLine += (step >>> 1) ^ -(step & 1);
      number();
      if (value instanceof Map<?, ?> map) {
        map.values().forEach(this::skip);
      } else if (value instanceof List<?> list) {
        list.forEach(this::skip);
      }
    }

    private int number() {
      int value = 0;
      for (int shift = 0; ; shift += 7) {
        byte part = steps[next++];
        value |= (part & 0x7f) << shift;
        if (part >= 0) {
          return value;
        }
      }
    }
  }
}
