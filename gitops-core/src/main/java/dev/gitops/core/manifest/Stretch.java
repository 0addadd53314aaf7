// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.manifest;

import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A part of a YAML file that holds one document and stays readable whatever is wrong in the others:
 * from the beginning of the file, or a line that starts with {@code ---}, to the next such line.
 *
 * @param start where it starts, with its marker if it has one
 * @param end where it ends
 * @param line the line that it starts on, counted from 1
 */
record Stretch(int start, int end, int line) {
  private static final Pattern MARKER = Pattern.compile("---(?=[ \\t\\r\\n]|\\z)");

  /** Hands out the stretches in order, until one is answered with false; whether all were. */
  static boolean split(String text, Predicate<Stretch> each) {
    int start = 0;
    int line = 1;
    Matcher markers = MARKER.matcher(text);
    // Directives (%TAG) stand before the first marker and belong to the document behind it.
    boolean directives = true;
    while (markers.find()) {
      int at = markers.start();
      if (at > 0 && text.charAt(at - 1) != '\n' && text.charAt(at - 1) != '\r') {
        continue;
      }
      String stretch = text.substring(start, at);
      if (directives && stretch.lines().allMatch(Stretch::isPrologue)) {
        directives = false;
        continue;
      }
      directives = false;
      if (!each.test(new Stretch(start, at, line))) {
        return false;
      }
      line += ManifestText.line(stretch, stretch.length());
      start = at;
    }
    return each.test(new Stretch(start, text.length(), line));
  }

  private static boolean isPrologue(String line) {
    return line.isBlank() || line.startsWith("%") || line.stripLeading().startsWith("#");
  }

  /** Its part of the text. */
  String of(String text) {
    return text.substring(start, end);
  }
}
