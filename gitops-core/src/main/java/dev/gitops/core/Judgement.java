// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core;

import dev.gitops.core.model.Block;
import dev.gitops.core.model.Block.Reason;
import dev.gitops.core.model.Change;
import dev.gitops.core.model.Health;
import dev.gitops.core.model.Outcome;
import dev.gitops.core.model.Outcome.Result;
import dev.gitops.core.model.Plan;
import dev.gitops.core.model.Report;
import dev.gitops.core.model.Report.Status;
import dev.gitops.core.model.ResourceId;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A cycle in one word: the worst of what it found and left. */
final class Judgement {
  private Judgement() {}

  static Status of(
      Plan plan,
      Collection<Outcome> outcomes,
      List<Change> remaining,
      Map<ResourceId, Health> unhealthy) {
    Status worst = plan.problems().isEmpty() ? Status.CONVERGED : Status.HELD;
    for (Outcome outcome : outcomes) {
      worst = worse(worst, of(outcome.result()));
    }
    for (Change change : remaining) {
      worst = worse(worst, of(change.block()));
    }
    for (Health health : unhealthy.values()) {
      worst = worse(worst, of(health.status()));
    }
    return worst;
  }

  /** Whether coming back soon may help. */
  static boolean unsettled(Report report) {
    boolean open = report.status() == Status.PROGRESSING || report.status() == Status.FAILED;
    return (open && !onlyTerminal(report))
        || report.remaining().stream().anyMatch(change -> tried(report, change));
  }

  /** Whether the next cycle may end what this one has begun. */
  private static boolean tried(Report report, Change change) {
    return change.block() == null
        || (change.block().reason() == Reason.WAITING
            && report
                .outcome(change.id())
                .filter(o -> o.result() == Result.APPLIED || o.result() == Result.CONFLICT)
                .isPresent());
  }

  /** Whether it failed for good, and nothing else is under way but what waits for that. */
  private static boolean onlyTerminal(Report report) {
    Map<ResourceId, Change> remaining = new HashMap<>();
    report.remaining().forEach(change -> remaining.put(change.id(), change));
    Set<ResourceId> skipped = new HashSet<>();
    for (Outcome outcome : report.outcomes()) {
      switch (outcome.result()) {
        case SKIPPED -> skipped.add(outcome.id());
        case FAILED, CONFLICT, IN_DOUBT -> {
          if (!blocked(remaining.get(outcome.id()), Reason.TERMINAL)) {
            return false;
          }
        }
        case APPLIED, BLOCKED, HANDED_OVER -> {}
      }
    }
    return report.failure() == null
        && report.unhealthy().values().stream().allMatch(Health::ready)
        && remaining.values().stream().anyMatch(change -> blocked(change, Reason.TERMINAL))
        && remaining.values().stream()
            .noneMatch(
                change ->
                    blocked(change, Reason.BACKOFF)
                        || blocked(change, Reason.IN_DOUBT)
                        || (blocked(change, Reason.WAITING) && !skipped.contains(change.id())));
  }

  private static boolean blocked(@Nullable Change change, Reason reason) {
    return change != null && change.block() != null && change.block().reason() == reason;
  }

  private static Status worse(Status one, Status other) {
    return one.compareTo(other) >= 0 ? one : other;
  }

  private static Status of(Outcome.Result result) {
    return switch (result) {
      case APPLIED, BLOCKED, HANDED_OVER -> Status.CONVERGED;
      case SKIPPED, CONFLICT, IN_DOUBT -> Status.PROGRESSING;
      case FAILED -> Status.FAILED;
    };
  }

  private static Status of(@Nullable Block block) {
    if (block == null) {
      return Status.PROGRESSING;
    }
    return switch (block.reason()) {
      case OBSERVED -> Status.DRIFTED;
      case IN_DOUBT, WAITING -> Status.PROGRESSING;
      case CONFLICT, UNKNOWN, INVALID, AMBIGUOUS, HELD, REFUSED, FOUGHT -> Status.HELD;
      case BACKOFF, TERMINAL -> Status.FAILED;
    };
  }

  private static Status of(Health.Status health) {
    return switch (health) {
      case HEALTHY, SUSPENDED -> Status.CONVERGED;
      case PROGRESSING, MISSING -> Status.PROGRESSING;
      case UNKNOWN -> Status.HELD;
      case DEGRADED -> Status.FAILED;
    };
  }
}
