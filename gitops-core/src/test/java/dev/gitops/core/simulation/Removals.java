// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.simulation;

import dev.gitops.core.model.Change.Action;
import dev.gitops.core.model.Document;
import dev.gitops.core.model.Metadata.OnChange;
import dev.gitops.core.model.Metadata.OnRemoval;
import dev.gitops.core.model.Problem;
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

/** Judges deletions: proven undeclared, wanted, bounded in number, and in reverse order. */
final class Removals {
  private final World world;
  private final Ownership ownership;
  private final Map<Key, List<Declaration>> declarations = new HashMap<>();
  private final Map<Deletion, Instant> deletions = new HashMap<>();
  private final Set<Long> forgotten = new HashSet<>();

  Removals(World world, Ownership ownership) {
    this.world = world;
    this.ownership = ownership;
  }

  private record Key(int member, ResourceId id) {}

  private record Deletion(int member, long handle) {}

  /** How something was declared when a process fetched it; all that may have been remembered. */
  private record Declaration(OnRemoval onRemoval, Set<ResourceId> needs, String source) {}

  private List<Declaration> known(int member, ResourceId id) {
    return declarations.computeIfAbsent(new Key(member, id), key -> new ArrayList<>());
  }

  void declared(Process process, ResourceId id, Document document) {
    Declaration now =
        new Declaration(
            document.resource().metadata().onRemoval(),
            world.needs(document),
            process.sourceIdentity);
    List<Declaration> all = known(process.member, id);
    if (!all.contains(now)) {
      all.add(now);
    }
  }

  void remembered(Process process, ResourceId id, Document document) {
    known(process.member, id).clear();
    declared(process, id, document);
  }

  /** What is given away comes in the order that the other one declares. */
  void given(int from, int to, ResourceId id) {
    for (Declaration one :
        known(from, id)) { // from now on it is the other one's source that counts
      known(to, id).add(new Declaration(one.onRemoval(), one.needs(), ""));
    }
    declarations.remove(new Key(from, id));
  }

  void storeChanged() {
    world.memory.log().live().values().forEach(entry -> forgotten.add(entry.handle()));
    deletions.clear();
    declarations.clear();
  }

  /** A process starts to delete something. */
  void check(Process process, ResourceId id, @Nullable Document document, String what) {
    boolean replaced =
        document != null
            && document.resource().metadata().onChange() == OnChange.REPLACE
            && process.refused.contains(id);
    if (!replaced) {
      undeclared(process, id, what);
      reversed(process, id, what);
    }
    if (world.decisions.confirmed.contains(id)) {
      return;
    }
    Shown shown = process.shown.get(id);
    deletions.put(new Deletion(process.member, shown == null ? 0 : shown.handle()), process.now());
    Instant hourAgo = process.now().minus(Duration.ofHours(1));
    long recent =
        deletions.entrySet().stream()
            .filter(made -> made.getKey().member == process.member)
            .filter(made -> made.getValue().isAfter(hourAgo))
            .count();
    check(4, recent <= world.traits.deletes(), what + recent + " deletions within an hour");
  }

  private void undeclared(Process process, ResourceId id, String what) {
    Snapshot fetched = process.fetched;
    List<Declaration> known = known(process.member, id);
    check(
        3,
        known.isEmpty() || known.stream().anyMatch(d -> d.onRemoval() == OnRemoval.DELETE),
        what + "its declaration said that it stays");
    if (fetched == null) {
      check(3, false, what + "the source could not be read");
      return;
    }
    check(3, !process.held, what + "the head is held back, and may declare it");
    check(
        3,
        world.oracle.declared(fetched, id) == null,
        what + "it is declared at " + fetched.revision().id());
    if (world.decisions.confirmed.contains(id)) {
      return;
    }
    check(
        3,
        world.source.declares(fetched.revision().id(), id, world.memory::canonical).stream()
            .map(world.store.published::get)
            .noneMatch(
                told -> // of one that joins later, nobody could know
                told != null
                        && told.since() <= process.cycleStart
                        && told.system().equals(process.system)),
        what + "a sibling declares it");
    for (Problem problem : fetched.problems()) {
      check(
          3,
          !problem.hides().test(id, SimSource.file(id, process.member)),
          what + "it may be declared behind: " + problem);
    }
    check(
        3,
        known.isEmpty()
            || known.stream()
                .anyMatch(d -> Set.of("", process.sourceIdentity).contains(d.source())),
        what + "the source is another one since");
  }

  private void reversed(Process process, ResourceId id, String what) {
    declarations.forEach(
        (other, declaration) -> {
          Shown dependent = process.shown.get(other.id);
          boolean needs =
              other.member == process.member
                  && !declaration.isEmpty()
                  && declaration.stream().allMatch(d -> d.needs().contains(id));
          check(
              5,
              !needs
                  || dependent == null
                  || dependent.value() == null
                  || !ownership.ours(process.member, Action.DELETE, dependent.handle())
                  || forgotten.contains(dependent.handle())
                  || world.oracle.declared(process.fetched, other.id) != null
                  || declaration.stream().anyMatch(d -> d.onRemoval() != OnRemoval.DELETE)
                  || world.memory.log().live(other.id).isEmpty(),
              what + other.id + " depends on it and still exists");
        });
  }

  private void check(int invariant, boolean holds, String message) {
    if (!holds) {
      world.sim.fail(new Violation(invariant, message));
    }
  }
}
