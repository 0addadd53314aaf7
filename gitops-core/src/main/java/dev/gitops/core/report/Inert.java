// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.report;

/**
 * Text that others wrote, made to be one line which no terminal, page or reader takes for anything
 * but text: control, format (bidirectional, invisible) and separator characters are spelled out.
 */
public final class Inert {
  static final int LONGEST = 300;

  private Inert() {}

  /** At most 300 characters, and a sign that there were more. */
  public static String text(String text) {
    return text(text, LONGEST);
  }

  /** At most so many characters, and a sign that there were more. */
  public static String text(String text, int longest) {
    StringBuilder out = new StringBuilder(Math.min(text.length(), longest) + 16);
    int i = 0;
    while (i < text.length() && out.length() < longest) {
      int c = text.codePointAt(i);
      i += Character.charCount(c);
      if (c == '\n') {
        out.append("\\n");
      } else if (c == '\t') {
        out.append("\\t");
      } else if (acts(c)) {
        out.append(String.format("\\u{%x}", c));
      } else {
        out.appendCodePoint(c);
      }
    }
    return i < text.length() ? out.append('…').toString() : out.toString();
  }

  private static boolean acts(int c) {
    if (c >= ' ' && c < 0x7f) {
      return false;
    }
    return switch (Character.getType(c)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.SURROGATE,
          Character.UNASSIGNED,
          Character.PRIVATE_USE,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR ->
          true;
      default -> false;
    };
  }
}
