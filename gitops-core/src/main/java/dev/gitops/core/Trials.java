// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core;

import dev.gitops.core.model.Block;
import dev.gitops.core.model.Block.Reason;
import dev.gitops.core.model.Change;
import dev.gitops.core.model.Health;
import dev.gitops.core.model.Phase;
import dev.gitops.core.model.ReconcileEvent;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.model.Revision;
import dev.gitops.core.model.Tree;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Judges, at the end of a cycle at the head, the components of which something is declared
 * otherwise than when it last was good: all applied and healthy makes this revision the good one of
 * all of them; a terminal failure, or a health that does not come within the progress deadline,
 * sends them back. What is held, or can't be read, or is tried again, is on trial still.
 */
final class Trials {
  private static final String GOOD = "good/";
  private static final int CANDIDATES = 3;

  private final Settings settings;
  private final Ledger ledger;
  private final Patience patience;
  private final Events events;
  private final Rollback rollback;
  private final Map<ResourceId, Since> failing = new HashMap<>();

  Trials(Settings settings, Ledger ledger, Patience patience, Events events, Rollback rollback) {
    this.settings = settings;
    this.ledger = ledger;
    this.patience = patience;
    this.events = events;
    this.rollback = rollback;
  }

  /** How long something is not healthy with these declarations in its component. */
  private record Since(Set<String> digests, long nanos) {}

  /** What a cycle left, as far as it matters here. */
  private record Outcome(
      Desired desired, Map<ResourceId, Change> remaining, Map<ResourceId, Health> unhealthy) {}

  /**
   * Judges; what follows from it is durable when this returns.
   *
   * @return what the reader of the report must know
   */
  List<String> judge(
      Desired desired, List<Change> left, Map<ResourceId, Health> unhealthy, Writer writer)
      throws IOException, InterruptedException {
    Map<ResourceId, Change> remaining = new HashMap<>();
    left.forEach(change -> remaining.put(change.id(), change));
    Outcome outcome = new Outcome(desired, remaining, unhealthy);
    Set<ResourceId> onTrial = new LinkedHashSet<>();
    for (Declared<?> declared : desired.resources().values()) {
      if (declared.resource().metadata().phase() == Phase.SYNC
          && !good(declared.id()).equals(declared.digest())) {
        onTrial.add(declared.id());
      }
    }
    Set<ResourceId> stillFailing = new LinkedHashSet<>();
    List<String> notes = new ArrayList<>();
    Ledger.Batch batch = ledger.batch();
    for (Set<ResourceId> component :
        onTrial.isEmpty() ? List.<Set<ResourceId>>of() : Components.of(desired, onTrial)) {
      if (component.stream().allMatch(id -> isGood(id, outcome))) {
        component.stream().filter(onTrial::contains).forEach(id -> remember(id, outcome, batch));
        continue;
      }
      String why = verdict(component, onTrial, outcome, stillFailing);
      if (why != null) {
        notes.add(goBack(component, why, desired, batch));
      }
    }
    failing.keySet().retainAll(stillFailing);
    batch.commit(writer);
    return notes;
  }

  private String good(ResourceId id) {
    Tree record = ledger.control(GOOD + id);
    return record == null ? "" : record.at("/digest").map(Tree::text).orElse("");
  }

  private boolean applied(ResourceId id, Outcome outcome) {
    Owned owned = ledger.owned(id);
    Declared<?> declared = outcome.desired().resources().get(id);
    return owned != null && declared != null && owned.digest().equals(declared.digest());
  }

  private boolean isGood(ResourceId id, Outcome outcome) {
    Health health = outcome.unhealthy().get(id);
    return applied(id, outcome)
        && !outcome.remaining().containsKey(id)
        && (health == null || health.ready());
  }

  private void remember(ResourceId id, Outcome outcome, Ledger.Batch batch) {
    Declared<?> declared = outcome.desired().resources().get(id);
    if (declared != null) {
      batch.control(
          GOOD + id,
          Tree.of(
              Map.of(
                  "digest",
                  declared.digest(),
                  "revision",
                  outcome.desired().snapshot().revision().id(),
                  "at",
                  settings.timing().now().toEpochMilli())));
    }
  }

  /** Why it has failed; null while it may still become good. */
  private @Nullable String verdict(
      Set<ResourceId> component,
      Set<ResourceId> onTrial,
      Outcome outcome,
      Set<ResourceId> stillFailing) {
    Set<String> digests =
        component.stream()
            .map(id -> outcome.desired().resources().get(id))
            .map(declared -> declared == null ? "" : declared.digest())
            .collect(Collectors.toSet());
    boolean anyApplied =
        component.stream().anyMatch(id -> onTrial.contains(id) && applied(id, outcome));
    String why = null;
    for (ResourceId id : component) {
      Change change = outcome.remaining().get(id);
      Block block = change == null ? null : change.block();
      Health health = outcome.unhealthy().get(id);
      if (onTrial.contains(id) && block != null && block.reason() == Reason.TERMINAL) {
        return id + " failed for good: " + block.message();
      } else if (anyApplied && health != null && sick(health) && applied(id, outcome)) {
        stillFailing.add(id);
        Since since = failing.get(id);
        if (since == null || !since.digests().equals(digests)) {
          failing.put(id, new Since(digests, settings.timing().nanos()));
        } else if (late(since)) {
          why =
              id
                  + " was not healthy within "
                  + Words.of(settings.progressDeadline())
                  + ": "
                  + health.status();
          why += health.message().isEmpty() ? "" : ", " + health.message();
        }
      }
    }
    return why;
  }

  private static boolean sick(Health health) {
    return !health.ready() && health.status() != Health.Status.UNKNOWN;
  }

  private boolean late(Since since) {
    Duration passed = Duration.ofNanos(settings.timing().nanos() - since.nanos());
    return passed.compareTo(settings.progressDeadline()) >= 0;
  }

  private String goBack(Set<ResourceId> component, String why, Desired desired, Ledger.Batch batch)
      throws InterruptedException {
    Map<ResourceId, String> goods = new HashMap<>();
    Map<String, Long> candidates = new LinkedHashMap<>();
    ledger
        .controls(GOOD)
        .forEach(
            (id, record) -> {
              ResourceId key = ResourceId.parse(id);
              goods.put(key, good(key));
              if (component.contains(key)) {
                long at = record.at("/at").map(tree -> (Long) tree.value()).orElse(0L);
                candidates.merge(record.at("/revision").map(Tree::text).orElse(""), at, Math::max);
              }
            });
    if (candidates.isEmpty()) {
      return why + "; there is no earlier good state to go back to";
    }
    List<String> latestFirst =
        candidates.entrySet().stream()
            .sorted(Map.Entry.comparingByValue(Comparator.reverseOrder()))
            .limit(CANDIDATES)
            .map(Map.Entry::getKey)
            .toList();
    String obstacle = "";
    for (String revision : latestFirst) {
      try {
        Fallback fallback = rollback.to(revision, desired, component, goods, why);
        if (fallback != null) {
          rollback.remember(fallback, batch);
          batch.control(Hooks.OPEN, null); // this roll-out has failed: no hook comes after it
          patience.hurry();
          events.tell(
              now ->
                  new ReconcileEvent.WentBack(
                      settings.name(),
                      now,
                      Set.copyOf(fallback.members().keySet()),
                      fallback.from(),
                      fallback.to(),
                      why));
          return fallback.toString();
        }
        obstacle = " does not declare what was good";
      } catch (Sourcing.UnreadableException e) {
        obstacle = " can't be read: " + e.getMessage();
      }
    }
    String last = Revision.of(latestFirst.get(0)).shortId();
    return why + "; it can't go back: revision " + last + obstacle;
  }
}
