// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core;

import dev.gitops.core.model.Block;
import dev.gitops.core.model.Block.Reason;
import dev.gitops.core.model.Change;
import dev.gitops.core.model.Health;
import dev.gitops.core.model.Outcome;
import dev.gitops.core.model.Outcome.Result;
import dev.gitops.core.model.Plan;
import dev.gitops.core.model.ReconcileEvent;
import dev.gitops.core.model.Report;
import dev.gitops.core.model.Report.Status;
import dev.gitops.core.model.ResourceId;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What became of each change of one cycle, and in the end its report. */
final class Account {
  private final Settings settings;
  private final Patience patience;
  private final Events events;
  private final long started;
  private final Map<ResourceId, Outcome> outcomes = new LinkedHashMap<>();

  Account(Opened parts) {
    this.settings = parts.settings();
    this.patience = parts.patience();
    this.events = parts.events();
    this.started = settings.timing().nanos();
  }

  Map<ResourceId, Outcome> outcomes() {
    return outcomes;
  }

  boolean anyFailed() {
    return outcomes.values().stream().anyMatch(outcome -> outcome.result() == Result.FAILED);
  }

  /** What became of a change that is not part of the rollout's graph. */
  void ended(Item<?> item, Result result, String message, Duration took) {
    Outcome outcome = new Outcome(item.id, item.change().action(), result, message, took);
    outcomes.put(item.id, outcome);
    events.tell(now -> new ReconcileEvent.Applied(settings.name(), now, item.change(), outcome));
  }

  /** What is remembered without a call to a target. */
  void recorded(Item<?> item) {
    outcomes.put(item.id, outcome(item, Result.APPLIED, ""));
  }

  /** None of these was tried, unless there is an outcome already. */
  void skipped(List<Item<?>> items, String why) {
    items.forEach(item -> outcomes.putIfAbsent(item.id, outcome(item, Result.SKIPPED, why)));
  }

  /** Gives every change that was not tried its outcome. */
  void close(Draft draft) {
    for (Item<?> item : draft.items.values()) {
      Block block = item.change().block();
      if (block != null) {
        outcomes.putIfAbsent(item.id, outcome(item, Result.BLOCKED, block.toString()));
      }
    }
  }

  private static Outcome outcome(Item<?> item, Result result, String message) {
    return new Outcome(item.id, item.change().action(), result, message, Duration.ZERO);
  }

  /** What is blocked, and what still differed when it was read again. */
  List<Change> remaining(Draft draft, List<Change> afterwards) {
    Map<ResourceId, Change> remaining = new LinkedHashMap<>();
    for (Item<?> item : draft.items.values()) {
      if (item.change().block() != null) {
        remaining.put(item.id, item.change());
      }
    }
    for (Change change : afterwards) {
      remaining.put(change.id(), explained(change));
    }
    return List.copyOf(remaining.values());
  }

  /** What still differs without being blocked says what became of it. */
  private Change explained(Change change) {
    Outcome outcome = outcomes.get(change.id());
    if (change.block() != null || outcome == null) {
      return change;
    }
    ResourceId id = change.id();
    String message = outcome.message();
    return switch (outcome.result()) {
      case SKIPPED ->
          change.withBlock(patience.block(id, Reason.WAITING, message, "it goes on from there"));
      case CONFLICT ->
          change.withBlock(
              patience.block(
                  id,
                  Reason.WAITING,
                  "conflict: " + message,
                  "it was read again and is tried in the next cycle"));
      case APPLIED ->
          change.withBlock(
              patience.block(
                  id,
                  Reason.WAITING,
                  "was applied, and still differs when read again",
                  "it is compared again in the next cycle"));
      case FAILED ->
          change.withBlock(
              patience.block(id, Reason.BACKOFF, message, "it is tried again in the next cycle"));
      case IN_DOUBT ->
          change.withBlock(
              patience.block(id, Reason.IN_DOUBT, message, "it is read again in the next cycle"));
      case HANDED_OVER, BLOCKED -> change;
    };
  }

  /** The report, also told to the listeners; {@code fixed} is its status where that is settled. */
  Report report(
      @Nullable Status fixed, Plan plan, List<Change> remaining, Map<ResourceId, Health> health) {
    Map<ResourceId, Health> unhealthy = new TreeMap<>(health);
    Status status =
        fixed != null ? fixed : Judgement.of(plan, outcomes.values(), remaining, unhealthy);
    Duration took = Duration.ofNanos(settings.timing().nanos() - started);
    Report report =
        new Report(status, plan, List.copyOf(outcomes.values()), remaining, unhealthy, took, null);
    events.tell(now -> new ReconcileEvent.CycleEnded(settings.name(), now, report));
    return report;
  }
}
