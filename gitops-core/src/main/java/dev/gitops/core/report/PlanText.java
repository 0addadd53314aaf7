// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.report;

import dev.gitops.core.model.Block;
import dev.gitops.core.model.Change;
import dev.gitops.core.model.Change.Action;
import dev.gitops.core.model.Plan;
import dev.gitops.core.model.Problem;
import java.util.ArrayList;
import java.util.List;

/**
 * A plan for people at a terminal. Whatever others wrote (ids, authors, messages, values) is shown
 * on one line each, without anything that a terminal would act on.
 */
public final class PlanText {
  /** Above so many changes, groups are summarised by kind unless told otherwise. */
  public static final int MOST = 100;

  private static final int MOST_PROBLEMS = 50;

  private PlanText() {}

  /** Without colours; plans of more than {@value #MOST} changes are summarised. */
  public static String of(Plan plan) {
    return of(plan, MOST);
  }

  /**
   * Without colours.
   *
   * @param most above so many changes, groups of more than ten are summarised by kind
   */
  public static String of(Plan plan, int most) {
    return page(plan, most).plain();
  }

  /** With colours, as ANSI escapes. */
  public static String colored(Plan plan) {
    return page(plan, MOST).colored();
  }

  /** What it comes to, on one line. */
  public static String summary(Plan plan) {
    List<String> parts = new ArrayList<>();
    parts.add(Changes.number(ready(plan, Action.CREATE)) + " to create");
    parts.add(Changes.number(ready(plan, Action.UPDATE)) + " to change");
    other(parts, ready(plan, Action.REPLACE), "to replace");
    parts.add(Changes.number(ready(plan, Action.DELETE)) + " to delete");
    other(parts, ready(plan, Action.RUN), "to run");
    other(parts, ready(plan, Action.RECORD), "to record");
    other(parts, blocked(plan, Block.Reason.HELD), "held");
    other(parts, blocked(plan, Block.Reason.REFUSED), "refused");
    other(parts, blocked(plan, Block.Reason.OBSERVED), "only observed");
    long told = plan.changes().stream().filter(c -> told(c.block())).count();
    other(parts, plan.changes().size() - plan.ready().size() - told, "blocked");
    int wrong = plan.problems().size();
    if (wrong > 0) {
      parts.add(Changes.number(wrong, "problem"));
    }
    return String.join(", ", parts) + "; " + Changes.number(plan.unchanged()) + " in sync";
  }

  static Page page(Plan plan, int most) {
    Page page = new Page();
    page.add(Page.Tone.TITLE, heading(plan));
    page.add(Page.Tone.PLAIN, summary(plan));
    plan.notes().forEach(note -> page.add(Page.Tone.BLOCKED, "Note: " + Inert.text(note)));
    problems(page, plan.problems());
    Changes.write(page, plan.changes(), most);
    return page;
  }

  private static String heading(Plan plan) {
    StringBuilder line = new StringBuilder(Inert.text(plan.reconciler()));
    line.append(" at ").append(Inert.text(plan.revision().shortId()));
    if (!plan.revision().author().isEmpty()) {
      line.append(" by ").append(Inert.text(plan.revision().author(), 80));
    }
    if (plan.revision().time() != null) {
      line.append(", ").append(plan.revision().time());
    }
    if (!plan.revision().subject().isEmpty()) {
      line.append(": ").append(Inert.text(plan.revision().subject(), 120));
    }
    return line.toString();
  }

  static void problems(Page page, List<Problem> problems) {
    if (problems.isEmpty()) {
      return;
    }
    page.gap();
    page.add(Page.Tone.TITLE, "Problems (" + Changes.number(problems.size()) + ")");
    for (Problem problem : problems.subList(0, Math.min(MOST_PROBLEMS, problems.size()))) {
      String id = problem.id() == null ? "" : " [" + problem.id() + "]";
      page.add(Page.Tone.REMOVED, "! " + Inert.text(problem + id, 600));
    }
    if (problems.size() > MOST_PROBLEMS) {
      page.add(
          Page.Tone.REMOVED,
          "! and " + Changes.number(problems.size() - MOST_PROBLEMS, "more problem"));
    }
  }

  private static boolean told(@org.jspecify.annotations.Nullable Block block) {
    return block != null
        && (block.reason() == Block.Reason.HELD
            || block.reason() == Block.Reason.REFUSED
            || block.reason() == Block.Reason.OBSERVED);
  }

  private static void other(List<String> parts, long count, String what) {
    if (count > 0) {
      parts.add(Changes.number(count) + " " + what);
    }
  }

  private static long ready(Plan plan, Action action) {
    return plan.changes().stream().filter(c -> c.block() == null && c.action() == action).count();
  }

  private static long blocked(Plan plan, Block.Reason reason) {
    return plan.changes().stream()
        .map(Change::block)
        .filter(block -> block != null && block.reason() == reason)
        .count();
  }
}
