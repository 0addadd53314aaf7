// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.manifest;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The characters of one document in a file: behind its {@code ---}, where it has one.
 *
 * @param text the whole file
 * @param marker where its marker starts, or {@code start} if it has none
 * @param start where it starts
 * @param end where it ends
 * @param last whether nothing comes behind it
 * @param json whether documents need no markers
 */
record DocumentText(String text, int marker, int start, int end, boolean last, boolean json) {
  private static final Pattern MARKER =
      Pattern.compile("^---(?=[ \\t\\r\\n]|\\z)", Pattern.MULTILINE);

  static DocumentText yaml(String text, Stretch stretch, boolean last) {
    Matcher marker = MARKER.matcher(text).region(stretch.start(), stretch.end());
    boolean marked = marker.useAnchoringBounds(false).find();
    int from = marked ? marker.start() : stretch.start();
    int start = marked ? marker.end() : stretch.start();
    return new DocumentText(text, from, start, stretch.end(), last, false);
  }

  static DocumentText json(String text, int start, int end) {
    return new DocumentText(text, start, start, end, text.substring(end).isBlank(), true);
  }

  private boolean marked() {
    return start > marker;
  }

  private String body() {
    return text.substring(start, end);
  }

  /** The file with another document in this place. */
  String replacedBy(DocumentText other) {
    String body = new Lines(text).broken(other.body());
    String lineBreak = new Lines(text).broken("\n");
    if (!json) {
      if (marked() && !other.marked()) {
        body = lineBreak + body;
      } else if (!marked() && other.marked()) {
        int content = new Lines(body).endOfLine(0);
        boolean bare = body.substring(0, content).isBlank();
        body = bare ? body.substring(content).replaceFirst("^\\R", "") : "---" + body;
      }
      if (!last && !body.endsWith("\n")) {
        body += lineBreak;
      }
    }
    return text.substring(0, start) + body + text.substring(end);
  }

  /** The file without it. */
  String removed() {
    int to = end;
    while (json && to < text.length() && Character.isWhitespace(text.charAt(to))) {
      to++;
    }
    return text.substring(0, marker) + text.substring(to);
  }

  /** Another file with this document behind all others. */
  String appendedTo(String file) {
    if (file.isBlank()) {
      String body = body();
      return (marked() || json ? body.replaceFirst("^[ \\t]*\\R", "") : body)
          + (json || !body.endsWith("\n") ? "\n" : "");
    }
    Lines lines = new Lines(file);
    String lineBreak = lines.broken("\n");
    String before = file.endsWith("\n") ? file : file + lineBreak;
    String body = lines.broken(body());
    if (!json) {
      body = marked() ? "---" + body : "---" + lineBreak + body;
    }
    return before + body + (body.endsWith("\n") ? "" : lineBreak);
  }
}
