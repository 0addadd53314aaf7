// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.report;

import dev.gitops.core.model.Plan;
import java.util.List;

/**
 * A plan as a Markdown comment, for a review. Whatever others wrote stands inside one code block,
 * whose fence none of it can end: no markup, link, mention or reference in it comes to life.
 */
public final class PlanMarkdown {
  /** What the forges accept in one comment, with some to spare. */
  private static final int LONGEST = 60_000;

  private PlanMarkdown() {}

  /**
   * At most 60,000 characters; plans of more than {@value PlanText#MOST} changes are summarised.
   */
  public static String of(Plan plan) {
    List<Page.Line> lines = PlanText.page(plan, PlanText.MOST).lines();
    StringBuilder body = new StringBuilder();
    int written = 0;
    for (Page.Line line : lines) {
      if (body.length() + line.text().length() > LONGEST) {
        body.append("… and ").append(lines.size() - written).append(" more lines\n");
        break;
      }
      body.append(line.text()).append('\n');
      written++;
    }
    String fence = "`".repeat(Math.max(3, longestRun(body) + 1));
    return "**Plan: " + PlanText.summary(plan) + "**\n\n" + fence + "diff\n" + body + fence + "\n";
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
