// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.simulation;

import dev.gitops.core.contract.WriteLog.Entry;
import dev.gitops.core.model.Change.Action;
import dev.gitops.core.model.Document;
import dev.gitops.core.model.Metadata.OnChange;
import dev.gitops.core.model.Phase;
import dev.gitops.core.model.Resource;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.model.Snapshot;
import dev.gitops.core.simulation.Process.Shown;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Judges every write when it starts, by what its process was shown and by who really created what.
 * It never asks the engine. Where a target gives a process no way to know better (a successor
 * without a handle), it is judged by what the process could know.
 */
final class Oracle {
  private final World world;
  private final Ownership ownership;
  private final Removals removals;
  private final HookWatch hooks;
  private final Map<ResourceId, Set<Thing>> specs = new HashMap<>();
  private final Map<String, String> systems = new HashMap<>();

  Oracle(World world) {
    this.world = world;
    this.ownership = new Ownership(world);
    this.removals = new Removals(world, ownership);
    this.hooks = new HookWatch(world);
  }

  /** A process fetched a snapshot. */
  void fetched(Process process, Snapshot snapshot) {
    for (Document document : snapshot.documents()) {
      ResourceId id = world.memory.canonical(document.resource().id());
      specs.computeIfAbsent(id, key -> new HashSet<>()).add(Thing.of(document.resource().spec()));
      removals.declared(process, id, document);
    }
  }

  /** A cycle of this process has remembered how this is declared. */
  void remembered(Process process, ResourceId id) {
    Document document = declared(process.fetched, id);
    if (document != null) {
      removals.remembered(process, id, document);
      hooks.remembered(process, id, document);
    }
  }

  /** A cycle of this process has come to the end of all that it had to do. */
  void converged(Process process) {
    if (process.fetched != null) {
      hooks.converged(process, process.fetched);
    }
  }

  /** A process was shown a resource, or its absence. */
  void showed(Process process, ResourceId id, @Nullable Entry<Thing> entry) {
    ownership.catchUp();
    process.shown.put(id, shown(entry));
    if (entry == null) {
      return;
    }
    if (specs.getOrDefault(id, Set.of()).stream().anyMatch(entry.value()::satisfies)) {
      ownership.match(process, entry.handle()); // as declared, or as intended before a crash
    }
    Document document = declared(process.verified, id);
    if (document != null
        && (document.resource().metadata().onChange() == OnChange.IGNORE
            || entry.value().satisfies(Thing.of(document.resource().spec())))) {
      hooks.matched(process, id, document);
    }
    boolean known = document != null || world.store.peek(process.name(), "owned", "" + id) != null;
    if (known && world.adopts(process.member, id)) {
      ownership.adopt(process, entry.handle());
    }
  }

  /** What a process was shown last of this is judged to be healthy. */
  void healthy(Process process, ResourceId id) {
    Shown shown = process.shown.get(id);
    if (shown != null && shown.value() != null && world.isHook(id)) {
      boolean intended = record(process, "control", "hook/" + id) != null;
      Document document = declared(process.verified, id);
      hooks.healthy(process, id, shown, document, intended, ownership.lied(id));
    }
  }

  /** A write of a process took effect, and it was told so. */
  void wrote(Process process, ResourceId id, @Nullable Entry<Thing> entry) {
    ownership.catchUp();
    process.shown.put(id, shown(entry));
    if (entry == null) {
      process.deleted.put(id, process.nanos());
    } else {
      process.deleted.remove(id);
      process.refused.remove(id);
    }
  }

  /** A process was told that a write took effect, which it did not. */
  void believes(Process process, Resource<Thing> desired) {
    hooks.believes(process, world.memory.canonical(desired.id()), desired.spec());
  }

  void lied(ResourceId id) {
    ownership.lie(id);
  }

  /** People took what exists out of a reconciler's hands, and it has heard so. */
  void released(int member, ResourceId id) {
    ownership.release(member, id);
  }

  /** A reconciler hands a resource to a sibling. */
  void gives(Process process, ResourceId id, int to) {
    ownership.catchUp();
    String what = process.actor + " gives " + id + " away: ";
    check(3, declared(process.fetched, id) == null, what + "it declares it itself");
    ownership.give(process.member, to, id);
    removals.given(process.member, to, id);
  }

  /** The store is not what it was, so whatever the reconciler knew it may know no more. */
  void storeChanged() {
    ownership.storeChanged();
    removals.storeChanged();
    hooks.storeChanged();
    systems.clear();
  }

  /** A process starts a write. */
  void writes(Process process, Action action, ResourceId id, @Nullable Resource<Thing> desired) {
    ownership.catchUp();
    String what = process.actor + " " + action + " " + id + ": ";
    boolean hook = world.isHook(id);
    if (action == Action.CREATE) {
      String record = hook ? record(process, "control", "hook/" + id) : owned(process, id);
      check(2, record != null || world.outdated(process), what + "the store knows nothing");
    } else {
      mayTouch(process, action, id, what);
    }
    Snapshot snapshot = process.verified;
    Document document = declared(snapshot, id);
    if (snapshot != null) {
      hooks.rollsOut(process, snapshot);
    }
    if (hook) {
      hook(process, action, document, what);
    } else {
      state(process, action, id, document, what);
      if (world.traits.guarded() && id.kind().equals("Lid")) {
        check(8, world.decisions.approved(id, action, desired), what + "nobody approved that");
      }
      check(8, process.selection.matches(id, Map.of()), what + "it was not selected");
      boolean traced = traceable(process, id) || world.outdated(process);
      check(10, traced, what + "the store has no trail of that");
    }
    check(11, !world.overtaken(process), what + "another process has taken over");
    if (!process.system.isEmpty()) {
      String known = systems.putIfAbsent(process.member + id.kind(), process.system);
      boolean same = known == null || known.equals(process.system);
      check(1, same || world.confirmedSystem, what + "that is another system");
    }
    process.wrote = true;
  }

  private void state(
      Process process, Action action, ResourceId id, @Nullable Document document, String what) {
    if (action == Action.DELETE) {
      removals.check(process, id, document, what);
    } else {
      inOrder(process, document, what);
      check(
          1,
          action == Action.CREATE
              || document == null
              || document.resource().metadata().onChange() != OnChange.IGNORE,
          what + "it is declared as to be created only");
    }
    if (process.verified != null) {
      String early = hooks.tooEarly(process, process.verified, id, document);
      check(5, early == null, what + early);
    }
  }

  private void hook(Process process, Action action, @Nullable Document document, String what) {
    Snapshot snapshot = process.verified;
    if (snapshot == null
        || document == null
        || document.resource().metadata().phase() == Phase.SYNC) {
      check(3, false, what + "it is no hook that is declared");
      return;
    }
    if (action == Action.CREATE) {
      String wrong = hooks.starts(process, snapshot, document);
      check(5, wrong == null, what + wrong);
      if (document.resource().metadata().phase() == Phase.POST_SYNC) {
        for (Document other : snapshot.documents()) {
          if (other.resource().metadata().phase() == Phase.SYNC) {
            comesFirst(process, other, what);
          }
        }
      }
    }
  }

  private void mayTouch(Process process, Action action, ResourceId id, String what) {
    Shown shown = process.shown.get(id);
    if (shown == null || shown.value() == null) {
      check(1, false, what + "it was never shown to exist");
      return;
    }
    Long deleted = process.deleted.get(id);
    boolean ghost = deleted != null && process.nanos() - deleted < world.traits.settle().toNanos();
    check(1, !ghost, what + "it was deleted a moment ago, so what is shown may be its ghost");
    check(
        1,
        ownership.mayTouch(process, action, id, shown.handle()),
        what + "created by " + ownership.creatorOf(shown.handle()) + ", never adopted");
  }

  private void inOrder(Process process, @Nullable Document document, String what) {
    Snapshot snapshot = process.verified;
    if (snapshot == null || document == null) {
      check(3, false, what + "it is declared nowhere");
      return;
    }
    Set<ResourceId> needs = world.needs(document);
    for (Document other : snapshot.documents()) {
      ResourceId otherId = world.memory.canonical(other.resource().id());
      boolean state = other.resource().metadata().phase() == Phase.SYNC;
      boolean earlier =
          other.resource().metadata().wave() < document.resource().metadata().wave()
              && valid(snapshot, other);
      if (state && (needs.contains(otherId) || earlier)) {
        comesFirst(process, other, what);
      }
    }
  }

  private void comesFirst(Process process, Document other, String what) {
    ResourceId id = world.memory.canonical(other.resource().id());
    Shown shown = process.shown.get(id);
    boolean there = shown != null && shown.value() != null;
    check(
        5,
        there
            && (other.resource().metadata().onChange() == OnChange.IGNORE
                || shown.value().satisfies(Thing.of(other.resource().spec()))),
        what + id + " comes first and is not as declared: " + shown);
    check(5, world.warm(id), what + id + " comes first and is not healthy");
  }

  /** Whether it depends on nothing that is certainly declared nowhere, or in a later wave. */
  private boolean valid(Snapshot snapshot, Document document) {
    for (ResourceId id : world.needs(document)) {
      Document other = declared(snapshot, id);
      boolean explicit =
          document.resource().dependsOn().stream()
              .anyMatch(need -> world.memory.canonical(need).equals(id));
      if (other == null
          ? explicit && snapshot.problems().stream().noneMatch(p -> p.hides().test(id, ""))
          : other.resource().metadata().wave() > document.resource().metadata().wave()) {
        return false;
      }
    }
    return true;
  }

  private boolean traceable(Process process, ResourceId id) {
    String head = record(process, "control", "run/open");
    return head != null
        && process.verified != null
        && head.contains("\"revision\":\"" + process.verified.revision().id() + "\"")
        && world.store.peek(process.name(), "trail").entrySet().stream()
            .anyMatch(
                part ->
                    part.getKey().startsWith("open/")
                        && part.getValue().value().contains("\"id\":\"" + id + "\""));
  }

  private @Nullable String owned(Process process, ResourceId id) {
    return record(process, "owned", id.toString());
  }

  private @Nullable String record(Process process, String table, String key) {
    return world.store.peek(process.name(), table, key);
  }

  @Nullable Document declared(@Nullable Snapshot snapshot, ResourceId id) {
    if (snapshot != null) {
      for (Document document : snapshot.documents()) {
        if (world.memory.canonical(document.resource().id()).equals(id)) {
          return document;
        }
      }
    }
    return null;
  }

  private static Shown shown(@Nullable Entry<Thing> entry) {
    return entry == null
        ? new Shown(null, 0, 0)
        : new Shown(entry.value(), entry.handle(), entry.tick());
  }

  private void check(int invariant, boolean holds, String message) {
    if (!holds) {
      world.sim.fail(new Violation(invariant, message));
    }
  }
}
