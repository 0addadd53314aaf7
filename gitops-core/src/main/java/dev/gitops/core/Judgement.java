// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core;

import dev.gitops.core.model.Block;
import dev.gitops.core.model.Change;
import dev.gitops.core.model.Health;
import dev.gitops.core.model.Outcome;
import dev.gitops.core.model.Plan;
import dev.gitops.core.model.Report.Status;
import dev.gitops.core.model.ResourceId;
import java.util.Collection;
import java.util.List;
import java.util.Map;
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
