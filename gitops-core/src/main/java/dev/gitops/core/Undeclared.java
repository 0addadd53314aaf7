// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core;

import dev.gitops.core.Owned.State;
import dev.gitops.core.model.Block.Reason;
import dev.gitops.core.model.Change.Action;
import dev.gitops.core.model.Change.Cause;
import dev.gitops.core.model.Metadata.OnRemoval;
import dev.gitops.core.model.Observed;
import dev.gitops.core.model.Problem;
import dev.gitops.core.model.ResourceId;
import java.util.List;
import java.util.Map;
import java.util.function.BiPredicate;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Plans what is owned and no longer declared: deleted, kept, released, or nothing as long as there
 * is doubt.
 */
final class Undeclared {
  private final Settings settings;
  private final Ledger ledger;
  private final Patience patience;
  private final Readings readings;
  private final Desired desired;
  private final BiPredicate<ResourceId, Map<String, String>> adopting;
  private final @Nullable String noDeletes;
  private final Predicate<ResourceId> inDoubt;
  private final Evidence evidence;
  private final Findings findings;
  private final Draft draft;

  Undeclared(Planner.Circumstances now, Evidence evidence, Findings findings) {
    this.settings = now.settings();
    this.ledger = now.ledger();
    this.patience = now.patience();
    this.readings = now.readings();
    this.desired = now.desired();
    this.adopting = now.adopting();
    this.noDeletes = now.noDeletes();
    this.inDoubt = now.inDoubt();
    this.evidence = evidence;
    this.findings = findings;
    this.draft = findings.draft;
  }

  void plan(Owned owned) {
    Route<?> route = settings.route(owned.id().kind());
    if (route == null) {
      draft.notes.add(
          "Owned, but its kind has no route any more, so it is left alone: " + owned.id());
    } else if (owned.released() && !adopting.test(owned.id(), owned.labels())) {
      released(route, owned);
    } else {
      undeclared(route, owned);
    }
  }

  /** Not ours any more; remembered as long as it stands and needs something that is ours. */
  private void released(Route<?> route, Owned owned) {
    ResourceId id = owned.id();
    boolean gone =
        readings.found(route, id) == null
            && readings.unknown(route, id) == null
            && !findings.unsettled(route, owned);
    if (gone || owned.edges().stream().noneMatch(edge -> ledger.owned(edge) != null)) {
      draft.forgotten.add(id);
    }
  }

  /** Holds the deletion of what is needed by something that is kept, or was given up and stands. */
  void holdWhatIsNeeded(List<Owned> others) {
    for (Owned owned : others) {
      ResourceId id = owned.id();
      Item<?> item = draft.items.get(id);
      boolean kept = owned.released() || owned.onRemoval() == OnRemoval.KEEP;
      boolean stays =
          item == null
              ? kept && !draft.forgotten.contains(id)
              : item.change().action() == Action.RECORD;
      for (ResourceId edge : stays ? owned.edges() : List.<ResourceId>of()) {
        Item<?> needed = draft.items.get(edge);
        if (needed != null && needed.change().action() == Action.DELETE) {
          needed.block(
              patience.block(
                  edge,
                  Reason.HELD,
                  id + " depends on it and stays",
                  "remove " + id + " there, or release " + edge));
        }
      }
    }
  }

  private <T> void undeclared(Route<T> route, Owned recorded) {
    ResourceId id = recorded.id();
    Observed<T> live = readings.found(route, id);
    boolean markedOurs = live != null && !recorded.state().mayUpdate() && evidence.marked(live);
    Owned owned = markedOurs ? recorded.withState(State.CREATED) : recorded;
    boolean adopts = adopting.test(id, owned.labels());
    Exception unknown = live == null ? readings.unknown(route, id) : null;
    Problem hiding = desired.mayHide(id, owned.file());
    boolean replaced = live != null && Evidence.another(owned, live);
    if (unknown != null) {
      findings.blocked(
          route,
          null,
          owned,
          null,
          Reason.UNKNOWN,
          "could not be read: " + findings.message(unknown),
          "");
    } else if (inDoubt.test(id)) {
      findings.blocked(
          route, null, owned, live, Reason.IN_DOUBT, "an earlier call may still take effect", "");
    } else if (live == null) {
      if (findings.unsettled(route, owned)) {
        findings.blocked(
            route,
            null,
            owned,
            null,
            Reason.IN_DOUBT,
            "was written a moment ago and can't be seen yet",
            "");
      } else if (hiding == null && noDeletes == null) {
        draft.forgotten.add(id);
      }
    } else if (hiding != null) {
      Item<T> item =
          findings.item(route, null, owned, live, List.of(), Action.DELETE, Cause.REMOVED);
      String message = "may be declared behind a problem: " + hiding;
      item.block(patience.block(id, Reason.UNKNOWN, message, "correct that problem"));
    } else if (replaced && findings.unsettled(route, owned)) {
      findings.predecessor(route, null, owned, live);
    } else if (replaced) {
      draft.forgotten.add(id);
    } else if (owned.onRemoval() == OnRemoval.KEEP && (adopts || owned.state().mayUpdate())) {
      if (adopts && owned.state() != State.ADOPTED) {
        draft.records.add(owned.withState(State.ADOPTED));
      }
      draft.notes.add("No longer declared, kept as told: " + id);
    } else if (owned.onRemoval() == OnRemoval.ORPHAN && (adopts || owned.state().mayUpdate())) {
      findings.item(route, null, owned, live, List.of(), Action.RECORD, Cause.REMOVED);
    } else if (adopts) {
      Owned adopted = owned.withState(State.ADOPTED);
      draft.records.add(adopted); // also when its deletion is held for now
      delete(route, adopted, live);
    } else if (owned.state() == State.MATCHED || owned.state() == State.PRESUMED) {
      findings.item(route, null, owned, live, List.of(), Action.RECORD, Cause.REMOVED);
    } else {
      deletable(route, owned, live);
    }
  }

  private <T> void deletable(Route<T> route, Owned owned, Observed<T> live) {
    boolean marked = evidence.marked(live);
    boolean untouched = owned.doomed() == null || marked || evidence.survivor(route, owned, live);
    if (!owned.state().mayDelete() || !untouched) {
      findings.ambiguous(route, null, owned, live);
    } else {
      delete(route, owned, live);
    }
  }

  private <T> void delete(Route<T> route, Owned owned, Observed<T> live) {
    Item<T> item = findings.item(route, null, owned, live, List.of(), Action.DELETE, Cause.REMOVED);
    if (noDeletes != null) {
      item.block(patience.block(owned.id(), Reason.UNKNOWN, noDeletes, ""));
    } else if (owned.doomed() != null && owned.at() != null && findings.unsettled(route, owned)) {
      item.block(
          patience.block(
              owned.id(), Reason.IN_DOUBT, "was deleted a moment ago and can still be seen", ""));
    }
  }
}
