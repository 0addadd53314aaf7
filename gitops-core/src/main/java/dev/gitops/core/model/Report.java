// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.model;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What one cycle found, did and left.
 *
 * @param status the cycle in one word
 * @param plan what was planned, with what blocked each change
 * @param outcomes what became of each planned change
 * @param remaining what still differs after reading again; it includes what is blocked
 * @param unhealthy every managed resource that is not healthy
 * @param took how long the cycle took
 * @param failure why the cycle as a whole failed; null unless {@link Status#FAILED}
 */
public record Report(
    Status status,
    Plan plan,
    List<Outcome> outcomes,
    List<Change> remaining,
    Map<ResourceId, Health> unhealthy,
    Duration took,
    @Nullable String failure) {

  /** Copies the collections. */
  public Report {
    outcomes = List.copyOf(outcomes);
    remaining = List.copyOf(remaining);
    unhealthy = Map.copyOf(unhealthy);
  }

  /** A cycle in one word; the first that is true, from the bottom up. */
  public enum Status {
    /** Live is as declared and healthy. */
    CONVERGED,
    /** It differs, and this reconciler only observes. */
    DRIFTED,
    /** Nothing failed, but something is not there yet; coming back soon may help. */
    PROGRESSING,
    /**
     * Something waits for a person or for time: held, refused, in conflict, ambiguous, invalid,
     * unknown.
     */
    HELD,
    /**
     * Something failed and is tried again or can't succeed as declared, something that was applied
     * is {@link Health.Status#DEGRADED}, or the cycle as a whole failed.
     */
    FAILED,
    /** Another writer is active; nothing was written. */
    STANDBY
  }

  /** What became of this resource in this cycle; empty if nothing was to be done. */
  public Optional<Outcome> outcome(ResourceId id) {
    return outcomes.stream().filter(outcome -> outcome.id().equals(id)).findFirst();
  }
}
