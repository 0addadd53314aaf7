// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.report;

import java.util.ArrayList;
import java.util.List;

/** Lines with a tone, which each sink puts into its own words. Their text is inert already. */
final class Page {
  private static final String ESC = "\u001b[";

  private final List<Line> lines = new ArrayList<>();

  /** How a line is meant. */
  enum Tone {
    PLAIN(""),
    TITLE("1m"),
    ADDED("32m"),
    CHANGED("33m"),
    REMOVED("31m"),
    BLOCKED("35m"),
    FAINT("2m");

    private final String code;

    Tone(String code) {
      this.code = code;
    }
  }

  /** One line. */
  record Line(Tone tone, String text) {}

  void add(Tone tone, String text) {
    lines.add(new Line(tone, text));
  }

  void gap() {
    if (!lines.isEmpty() && !lines.get(lines.size() - 1).text().isEmpty()) {
      add(Tone.PLAIN, "");
    }
  }

  List<Line> lines() {
    return lines;
  }

  String plain() {
    StringBuilder out = new StringBuilder();
    lines.forEach(line -> out.append(line.text()).append('\n'));
    return out.toString();
  }

  String colored() {
    StringBuilder out = new StringBuilder();
    for (Line line : lines) {
      if (line.tone() == Tone.PLAIN || line.text().isEmpty()) {
        out.append(line.text());
      } else {
        out.append(ESC).append(line.tone().code).append(line.text()).append(ESC).append("0m");
      }
      out.append('\n');
    }
    return out.toString();
  }
}
