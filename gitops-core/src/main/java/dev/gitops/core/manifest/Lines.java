// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.manifest;

/** Where the lines of a text begin and end, and with which characters. */
record Lines(String text) {
  int startOfLine(int position) {
    int i = position;
    while (i > 0 && text.charAt(i - 1) != '\n' && text.charAt(i - 1) != '\r') {
      i--;
    }
    return i;
  }

  /** Before the line break. */
  int endOfLine(int position) {
    int i = position;
    while (i < text.length() && text.charAt(i) != '\n' && text.charAt(i) != '\r') {
      i++;
    }
    return i;
  }

  /** How many characters stand before it on its line. */
  int column(int position) {
    return text.codePointCount(startOfLine(position), position);
  }

  /** Where the spaces begin that end here. */
  int spaceBefore(int position) {
    int i = position;
    while (i > 0 && text.charAt(i - 1) == ' ') {
      i--;
    }
    return i;
  }

  /** Some other text with the line breaks of this one. */
  String broken(String other) {
    int first = text.indexOf('\n');
    boolean windows = first > 0 && text.charAt(first - 1) == '\r';
    String plain = other.replace("\r\n", "\n");
    return windows ? plain.replace("\n", "\r\n") : plain;
  }
}
