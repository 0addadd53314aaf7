// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.model;

/**
 * Where a declaration stands: a file of the source, relative to its root with forward slashes, and
 * a position in it.
 *
 * @param file empty where the declaration comes from no file
 * @param line counted from 1; 0 where unknown
 * @param column counted from 1; 0 where unknown
 */
public record Origin(String file, int line, int column) {
  /** The origin of what was declared by code. */
  public static final Origin NONE = new Origin("", 0, 0);

  /** The file as a whole. */
  public static Origin file(String file) {
    return new Origin(file, 0, 0);
  }

  /** {@code file:line:column}, as compilers print it; parts that are unknown are left out. */
  @Override
  public String toString() {
    return line == 0 ? file : file + ":" + line + (column == 0 ? "" : ":" + column);
  }
}
