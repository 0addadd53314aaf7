// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.report;

import dev.gitops.core.model.Plan;

/**
 * A plan as a Markdown comment, for a review. Whatever others wrote stands inside one code block,
 * whose fence none of it can end: no markup, link, mention or reference in it comes to life.
 */
public final class PlanMarkdown {
  private PlanMarkdown() {}

  /**
   * At most 60,000 characters; plans of more than {@value PlanText#MOST} changes are summarised.
   */
  public static String of(Plan plan) {
    return Markdown.page("Plan: " + PlanText.summary(plan), PlanText.page(plan, PlanText.MOST));
  }
}
