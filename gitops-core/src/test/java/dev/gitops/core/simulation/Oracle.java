// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.simulation;

import dev.gitops.core.contract.WriteLog.Entry;
import dev.gitops.core.model.Change.Action;
import dev.gitops.core.model.Document;
import dev.gitops.core.model.Metadata.OnRemoval;
import dev.gitops.core.model.Problem;
import dev.gitops.core.model.Resource;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.model.Snapshot;
import dev.gitops.core.simulation.Process.Shown;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
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
  private final Map<Long, String> creators = new HashMap<>();
  private final Map<ResourceId, Set<Long>> incarnations = new HashMap<>();
  private final Set<Long> adopted = new HashSet<>();
  private final Set<Long> matched = new HashSet<>();
  private final Set<Long> released = new HashSet<>();
  private final Set<Long> everOurs = new HashSet<>();
  private final Map<Long, Instant> deletions = new HashMap<>();
  private final Map<ResourceId, List<Declaration>> declarations = new HashMap<>();
  private final Set<Long> forgotten = new HashSet<>();
  private final Map<ResourceId, Set<Thing>> specs = new HashMap<>();
  private final Set<ResourceId> lied = new HashSet<>();
  private long seen;

  Oracle(World world) {
    this.world = world;
  }

  /** How something was declared when a process fetched it; all that may have been remembered. */
  private record Declaration(OnRemoval onRemoval, List<ResourceId> needs, String source) {}

  /** A process fetched a snapshot. */
  void fetched(Process process, Snapshot snapshot) {
    for (Document document : snapshot.documents()) {
      Resource<?> resource = document.resource();
      Declaration now =
          new Declaration(
              resource.metadata().onRemoval(),
              resource.dependsOn().stream().map(world.memory::canonical).toList(),
              process.sourceIdentity);
      ResourceId id = world.memory.canonical(resource.id());
      specs.computeIfAbsent(id, key -> new HashSet<>()).add(Thing.of(document.resource().spec()));
      List<Declaration> all = declarations.computeIfAbsent(id, key -> new ArrayList<>());
      if (!all.contains(now)) {
        all.add(now);
      }
    }
  }

  /** A cycle of this process has remembered how these ids are declared. */
  void remembered(Process process, ResourceId id) {
    Document document = declared(process.fetched, id);
    if (document != null && declarations.containsKey(id)) {
      declarations.get(id).clear();
      fetched(process, new Snapshot(process.fetched.revision(), List.of(document), List.of()));
    }
  }

  /** A process was shown a resource, or its absence. */
  void showed(Process process, ResourceId id, @Nullable Entry<Thing> entry) {
    catchUp();
    process.shown.put(id, shown(entry));
    if (entry == null) {
      return;
    }
    if (specs.getOrDefault(id, Set.of()).stream().anyMatch(entry.value()::satisfies)) {
      matched.add(entry.handle()); // found as declared, or as intended before a crash
      everOurs.add(entry.handle());
    }
    boolean known =
        declared(process.verified, id) != null || world.store.peek("owned", "" + id) != null;
    if (world.adopting.contains(id) && known) {
      adopted.add(entry.handle());
      everOurs.add(entry.handle());
      released.remove(entry.handle());
    }
  }

  /** A write of a process took effect, and it was told so. */
  void wrote(Process process, ResourceId id, @Nullable Entry<Thing> entry) {
    catchUp();
    process.shown.put(id, shown(entry));
    if (entry == null) {
      process.deleted.put(id, process.nanos());
    } else {
      process.deleted.remove(id);
    }
  }

  /**
   * The target confirmed a creation that did not happen, so whatever is called so next passes for
   * that.
   */
  void lied(ResourceId id) {
    lied.add(id);
  }

  /** People took what exists out of the reconciler's hands, and it has heard so. */
  void released(ResourceId id) {
    catchUp();
    world.memory.log().live(id).ifPresent(entry -> released.add(entry.handle()));
    world.memory.log().live(id).ifPresent(entry -> adopted.remove(entry.handle()));
    world.memory.log().live(id).ifPresent(entry -> matched.remove(entry.handle()));
  }

  /** The store is not what it was, so whatever the reconciler knew it may know no more. */
  void storeChanged() {
    world.memory.log().live().values().forEach(entry -> forgotten.add(entry.handle()));
    released.clear();
    deletions.clear();
    declarations.clear();
  }

  /** A process starts a write. */
  void writes(Process process, Action action, ResourceId id, @Nullable Resource<Thing> desired) {
    catchUp();
    String what = process.actor + " " + action + " " + id + ": ";
    if (action == Action.CREATE) {
      check(2, world.store.peek("owned", id.toString()) != null, what + "the store knows nothing");
    } else {
      mayTouch(process, action, id, what);
    }
    if (action == Action.DELETE) {
      mayDelete(process, id, what);
    } else {
      inOrder(process, id, what);
    }
    if (world.traits.guarded() && id.kind().equals("Lid")) {
      check(8, world.approved(id, action, desired), what + "nobody approved that");
    }
    check(11, !world.overtaken(process), what + "another process has taken over");
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
    Set<Long> those =
        world.traits.handles()
            ? Set.of(shown.handle())
            : incarnations.getOrDefault(id, Set.of(shown.handle()));
    check(
        1,
        lied.contains(id) || those.stream().anyMatch(handle -> ours(action, handle)),
        what + "created by " + creators.get(shown.handle()) + ", never adopted");
  }

  private boolean ours(Action action, long handle) {
    return adopted.contains(handle)
        || (action == Action.UPDATE && matched.contains(handle))
        || (creators.getOrDefault(handle, "").startsWith("engine") && !released.contains(handle));
  }

  private void mayDelete(Process process, ResourceId id, String what) {
    Snapshot fetched = process.fetched;
    List<Declaration> known = declarations.getOrDefault(id, List.of());
    check(
        3,
        known.isEmpty() || known.stream().anyMatch(d -> d.onRemoval() == OnRemoval.DELETE),
        what + "its declaration said that it stays");
    if (fetched == null) {
      check(3, false, what + "the source could not be read");
      return;
    }
    check(3, declared(fetched, id) == null, what + "it is declared");
    if (world.confirmed.contains(id)) {
      return;
    }
    for (Problem problem : fetched.problems()) {
      check(
          3,
          !problem.hides().test(id, SimSource.file(id)),
          what + "it may be declared behind: " + problem);
    }
    check(
        3,
        known.isEmpty() || known.stream().anyMatch(d -> d.source().equals(process.sourceIdentity)),
        what + "the source is another one since");
    Shown shown = process.shown.get(id);
    deletions.put(shown == null ? 0 : shown.handle(), process.now());
    Instant hourAgo = process.now().minus(Duration.ofHours(1));
    long recent = deletions.values().stream().filter(at -> at.isAfter(hourAgo)).count();
    check(4, recent <= world.traits.deletes(), what + recent + " deletions within an hour");
    declarations.forEach(
        (other, declaration) -> {
          boolean needs = declaration.stream().allMatch(d -> d.needs().contains(id));
          Shown dependent = process.shown.get(other);
          check(
              5,
              !needs
                  || dependent == null
                  || dependent.value() == null
                  || !ours(Action.DELETE, dependent.handle())
                  || forgotten.contains(dependent.handle())
                  || declared(fetched, other) != null
                  || declaration.stream().anyMatch(d -> d.onRemoval() != OnRemoval.DELETE)
                  || world.memory.log().live(other).isEmpty(),
              what + other + " depends on it and still exists");
        });
  }

  private void inOrder(Process process, ResourceId id, String what) {
    Snapshot snapshot = process.verified;
    Document document = declared(snapshot, id);
    if (snapshot == null || document == null) {
      check(3, false, what + "it is declared nowhere");
      return;
    }
    for (Document other : snapshot.documents()) {
      ResourceId otherId = world.memory.canonical(other.resource().id());
      boolean needed =
          document.resource().dependsOn().stream()
              .anyMatch(need -> world.memory.canonical(need).equals(otherId));
      boolean earlier =
          other.resource().metadata().wave() < document.resource().metadata().wave()
              && valid(snapshot, other);
      if (needed || earlier) {
        Shown shown = process.shown.get(otherId);
        check(
            5,
            shown != null
                && shown.value() != null
                && shown.value().satisfies(Thing.of(other.resource().spec())),
            what + otherId + " comes first and is not as declared: " + shown);
        check(5, world.warm(otherId), what + otherId + " comes first and is not healthy");
      }
    }
  }

  /** Whether it depends on nothing that is certainly declared nowhere, or in a later wave. */
  private boolean valid(Snapshot snapshot, Document document) {
    for (ResourceId need : document.resource().dependsOn()) {
      ResourceId id = world.memory.canonical(need);
      Document other = declared(snapshot, id);
      if (other == null
          ? snapshot.problems().stream().noneMatch(p -> p.hides().test(id, ""))
          : other.resource().metadata().wave() > document.resource().metadata().wave()) {
        return false;
      }
    }
    return true;
  }

  private @Nullable Document declared(@Nullable Snapshot snapshot, ResourceId id) {
    if (snapshot != null) {
      for (Document document : snapshot.documents()) {
        if (world.memory.canonical(document.resource().id()).equals(id)) {
          return document;
        }
      }
    }
    return null;
  }

  private void catchUp() {
    for (Entry<Thing> entry : world.memory.log().since(seen)) {
      seen = entry.tick();
      if (entry.action() == Action.CREATE) {
        creators.put(entry.handle(), entry.actor());
        incarnations.computeIfAbsent(entry.id(), id -> new HashSet<>()).add(entry.handle());
      }
      boolean certain = world.traits.handles() && world.traits.preconditions();
      if (certain && entry.actor().startsWith("engine") && entry.action() != Action.CREATE) {
        check(
            1,
            lied.contains(entry.id())
                || everOurs.contains(entry.handle()) // by a call that may have begun long ago
                || creators.getOrDefault(entry.handle(), "").startsWith("engine"),
            "changed what is foreign: " + entry);
      }
    }
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
