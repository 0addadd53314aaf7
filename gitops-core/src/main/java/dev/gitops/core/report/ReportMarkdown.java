// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.report;

import dev.gitops.core.model.Report;

/**
 * What a cycle did and left, as a Markdown comment, for a pull request or a chat; as inert as
 * {@link PlanMarkdown}.
 */
public final class ReportMarkdown {
  private ReportMarkdown() {}

  /**
   * At most 60,000 characters; reports of more than {@value PlanText#MOST} changes are summarised.
   */
  public static String of(Report report) {
    return Markdown.page("Report: " + ReportText.summary(report), ReportText.page(report));
  }
}
