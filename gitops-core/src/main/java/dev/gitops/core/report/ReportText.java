// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.report;

import dev.gitops.core.model.Change;
import dev.gitops.core.model.Health;
import dev.gitops.core.model.Outcome;
import dev.gitops.core.model.Outcome.Result;
import dev.gitops.core.model.Report;
import dev.gitops.core.model.ResourceId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What a cycle did and left, for people at a terminal; as inert as {@link PlanText}. */
public final class ReportText {
  private ReportText() {}

  /** Without colours. */
  public static String of(Report report) {
    return page(report).plain();
  }

  /** With colours, as ANSI escapes. */
  public static String colored(Report report) {
    return page(report).colored();
  }

  /** What it comes to, on one line. */
  public static String summary(Report report) {
    List<String> parts = new ArrayList<>();
    for (Result result : Result.values()) {
      long count = report.outcomes().stream().filter(o -> o.result() == result).count();
      if (count > 0) {
        parts.add(Changes.number(count) + " " + words(result));
      }
    }
    if (parts.isEmpty()) {
      parts.add("nothing applied");
    }
    if (!report.remaining().isEmpty()) {
      parts.add(Changes.number(report.remaining().size()) + " still to do");
    }
    if (!report.unhealthy().isEmpty()) {
      parts.add(Changes.number(report.unhealthy().size()) + " not healthy");
    }
    return report.status() + ": " + String.join(", ", parts) + " in " + words(report.took());
  }

  static Page page(Report report) {
    Page page = new Page();
    page.add(
        Page.Tone.TITLE,
        Inert.text(report.plan().reconciler())
            + " at "
            + Inert.text(report.plan().revision().shortId()));
    page.add(tone(report.status()), summary(report));
    if (report.failure() != null) {
      page.add(Page.Tone.REMOVED, "Failure: " + Inert.text(report.failure(), 600));
    }
    report.plan().notes().forEach(n -> page.add(Page.Tone.BLOCKED, "Note: " + Inert.text(n)));
    PlanText.problems(page, report.plan().problems());
    outcomes(page, report);
    unhealthy(page, report.unhealthy());
    if (!report.remaining().isEmpty()) {
      page.gap();
      page.add(Page.Tone.TITLE, "What still differs");
      Changes.write(page, report.remaining(), PlanText.MOST);
    }
    return page;
  }

  private static void outcomes(Page page, Report report) {
    List<Outcome> told =
        report.outcomes().stream().filter(o -> o.result() != Result.BLOCKED).toList();
    if (told.isEmpty()) {
      return;
    }
    page.gap();
    page.add(Page.Tone.TITLE, "What was done");
    // What went wrong must not drown in what went well.
    List<Outcome> wrong = told.stream().filter(o -> o.result() != Result.APPLIED).toList();
    List<Outcome> shown = told.size() > PlanText.MOST ? wrong : told;
    Map<ResourceId, Change> planned = new HashMap<>();
    report.plan().changes().forEach(change -> planned.put(change.id(), change));
    for (Outcome outcome : shown.subList(0, Math.min(PlanText.MOST, shown.size()))) {
      outcome(page, outcome, planned.get(outcome.id()));
    }
    int rest = told.size() - Math.min(PlanText.MOST, shown.size());
    if (rest > 0) {
      page.add(Page.Tone.FAINT, "  and " + Changes.number(rest) + " more");
    }
  }

  private static void outcome(Page page, Outcome outcome, @Nullable Change change) {
    boolean applied = outcome.result() == Result.APPLIED;
    String message = outcome.message().isEmpty() ? "" : ": " + Inert.text(outcome.message(), 600);
    page.add(
        applied ? Changes.tone(outcome.action()) : Page.Tone.REMOVED,
        (applied ? Changes.sign(outcome.action()) : "!")
            + " "
            + Inert.text(outcome.id().toString(), 120)
            + "  "
            + what(outcome, change)
            + (outcome.took().isZero() ? "" : " in " + words(outcome.took()))
            + (change == null ? "" : "  " + Changes.why(change))
            + message);
    if (change != null && applied) {
      Changes.fields(page, change);
    }
  }

  private static String what(Outcome outcome, @Nullable Change change) {
    boolean gone = change != null && change.cause() == Change.Cause.REMOVED;
    if (outcome.action() == Change.Action.RECORD && outcome.result() == Result.APPLIED && gone) {
      return "let go; it stays";
    }
    return Changes.verb(outcome.action()) + " " + words(outcome.result());
  }

  private static void unhealthy(Page page, Map<ResourceId, Health> unhealthy) {
    if (unhealthy.isEmpty()) {
      return;
    }
    page.gap();
    page.add(Page.Tone.TITLE, "Not healthy (" + Changes.number(unhealthy.size()) + ")");
    new TreeMap<>(unhealthy)
        .entrySet().stream()
            .limit(PlanText.MOST)
            .forEach(
                entry ->
                    page.add(
                        Page.Tone.BLOCKED,
                        "! "
                            + Inert.text(entry.getKey().toString(), 120)
                            + "  "
                            + entry.getValue().status()
                            + (entry.getValue().message().isEmpty() ? "" : ": ")
                            + Inert.text(entry.getValue().message())));
    if (unhealthy.size() > PlanText.MOST) {
      page.add(
          Page.Tone.FAINT, "  and " + Changes.number(unhealthy.size() - PlanText.MOST) + " more");
    }
  }

  private static Page.Tone tone(Report.Status status) {
    return switch (status) {
      case CONVERGED -> Page.Tone.ADDED;
      case FAILED -> Page.Tone.REMOVED;
      case HELD -> Page.Tone.BLOCKED;
      case DRIFTED, PROGRESSING, STANDBY -> Page.Tone.CHANGED;
    };
  }

  private static String words(Result result) {
    return result.name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }

  private static String words(Duration took) {
    return took.compareTo(Duration.ofSeconds(1)) < 0
        ? took.toMillis() + " ms"
        : String.format(Locale.ROOT, "%.1f s", took.toMillis() / 1000.0);
  }
}
