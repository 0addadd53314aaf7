// SPDX-License-Identifier: Apache-2.0
package dev.gitops.examples.tour;

import dev.gitops.core.ReconcileListener;
import dev.gitops.core.model.Block;
import dev.gitops.core.model.Change;
import dev.gitops.core.model.Outcome.Result;
import dev.gitops.core.model.ReconcileEvent;
import dev.gitops.core.model.Report;
import dev.gitops.core.model.ResourceId;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;

/** What came of each commit, as the reconciler told it. */
final class AuditTrail implements ReconcileListener {
  private final List<Report> reports = new CopyOnWriteArrayList<>();
  private final List<ResourceId> applied = new CopyOnWriteArrayList<>();

  @Override
  public void on(ReconcileEvent event) {
    if (event instanceof ReconcileEvent.CycleEnded ended) {
      reports.add(ended.report());
    } else if (event instanceof ReconcileEvent.Applied end
        && end.outcome().result() == Result.APPLIED) {
      applied.add(end.change().id());
    }
  }

  /** Everything written so far, in the order in which it was written. */
  List<ResourceId> applied() {
    return List.copyOf(applied);
  }

  int cycles() {
    return reports.size();
  }

  /** Whether a cycle ran at this commit. */
  boolean seen(String revision) {
    return reports.stream().anyMatch(r -> r.plan().revision().id().equals(revision));
  }

  /** What became of one commit, in all cycles that ran at it. */
  String of(String revision) {
    List<String> lines = new ArrayList<>();
    for (Report report : reports) {
      if (report.plan().revision().id().equals(revision)) {
        String line = line(report);
        if (!line.isEmpty() && !lines.contains(line)) {
          lines.add(line);
        }
      }
    }
    return lines.isEmpty() ? "nothing to do" : String.join("; then ", lines);
  }

  private static String line(Report report) {
    Map<String, Integer> counts = new LinkedHashMap<>();
    for (Change change : report.plan().changes()) {
      boolean written =
          report.outcome(change.id()).filter(o -> o.result() == Result.APPLIED).isPresent();
      counts.merge(written ? done(change) : left(change), 1, Integer::sum);
    }
    List<String> parts = new ArrayList<>();
    counts.forEach((what, count) -> parts.add(count + " " + what));
    report.plan().problems().forEach(problem -> parts.add("refused at " + problem.origin()));
    return String.join(", ", parts);
  }

  private static String done(Change change) {
    if (change.cause() == Change.Cause.DRIFT) {
      return "corrected after a change by hand";
    }
    return switch (change.action()) {
      case CREATE -> "created";
      case UPDATE -> "changed";
      case REPLACE -> "replaced";
      case DELETE -> "deleted";
      default -> lower(change.action());
    };
  }

  private static String left(Change change) {
    Block block = change.block();
    String what = change.action() == Change.Action.NONE ? "" : " (" + lower(change.action()) + ")";
    return (block == null ? "not done" : lower(block.reason())) + what;
  }

  private static String lower(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }
}
