// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.report;

import java.util.List;

/** A page as a Markdown comment: a bold title, and a code block whose fence nothing in it ends. */
final class Markdown {
  /** What the forges accept in one comment, with some to spare. */
  private static final int LONGEST = 60_000;

  private Markdown() {}

  /** With a title of the library's own making. */
  static String page(String title, Page page) {
    List<Page.Line> lines = page.lines();
    StringBuilder body = new StringBuilder();
    int written = 0;
    for (Page.Line line : lines) {
      if (body.length() + line.text().length() > LONGEST) {
        int rest = lines.size() - written;
        body.append("… and ").append(Changes.number(rest, "more line")).append('\n');
        break;
      }
      body.append(line.text()).append('\n');
      written++;
    }
    String fence = "`".repeat(Math.max(3, longestRun(body) + 1));
    return "**" + title + "**\n\n" + fence + "diff\n" + body + fence + "\n";
  }

  private static int longestRun(CharSequence text) {
    int longest = 0;
    int run = 0;
    for (int i = 0; i < text.length(); i++) {
      run = text.charAt(i) == '`' ? run + 1 : 0;
      longest = Math.max(longest, run);
    }
    return longest;
  }
}
