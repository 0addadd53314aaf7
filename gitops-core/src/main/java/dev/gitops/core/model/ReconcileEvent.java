// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.model;

import java.time.Instant;
import java.util.Set;

/** Something that happened in a reconciler, as it happens. Secrets are masked. */
public sealed interface ReconcileEvent {
  /** Whose event it is. */
  String reconciler();

  /** When, by the reconciler's wall clock. */
  Instant at();

  /**
   * A cycle starts. A {@link CycleEnded} follows, unless its thread is interrupted; where the store
   * can't be opened there is an end without a start.
   */
  record CycleStarted(String reconciler, Instant at, Run run) implements ReconcileEvent {}

  /**
   * Both sides are read and the gates have spoken; nothing is written yet. A call of plan makes
   * one, too: then there is no {@link CycleStarted} before it.
   */
  record Planned(String reconciler, Instant at, Plan plan) implements ReconcileEvent {}

  /** A target is about to be called. */
  record Applying(String reconciler, Instant at, Change change) implements ReconcileEvent {}

  /**
   * A change came to its end in this cycle, whatever that was: the outcome says whether it was
   * applied, failed or was skipped. What is only remembered, without a call to a target, is told by
   * the report alone.
   */
  record Applied(String reconciler, Instant at, Change change, Outcome outcome)
      implements ReconcileEvent {}

  /** How far a long cycle is: so many of so many changes have come to their end. */
  record Progress(String reconciler, Instant at, int done, int of) implements ReconcileEvent {}

  /** A cycle ended. */
  record CycleEnded(String reconciler, Instant at, Report report) implements ReconcileEvent {}

  /**
   * The declarations of these resources failed at one revision; from the next cycle on those of an
   * earlier one are applied instead.
   */
  record WentBack(
      String reconciler, Instant at, Set<ResourceId> ids, String from, String to, String why)
      implements ReconcileEvent {}

  /** A person's command was carried out, or refused with the reason. */
  record CommandHandled(String reconciler, Instant at, Command command, String result)
      implements ReconcileEvent {}
}
