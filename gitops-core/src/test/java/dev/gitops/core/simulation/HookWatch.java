// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.simulation;

import dev.gitops.core.contract.WriteLog.Entry;
import dev.gitops.core.model.Change.Action;
import dev.gitops.core.model.Document;
import dev.gitops.core.model.Phase;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.model.Snapshot;
import dev.gitops.core.simulation.Process.Shown;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Judges hooks: that what comes before a phase is done before it, and that what is done is not done
 * again.
 */
final class HookWatch {
  private final World world;
  private final Map<Key, Started> started = new HashMap<>();
  private final Set<Turn> ready = new HashSet<>();
  private final Map<Key, Turn> complete = new HashMap<>();
  private final Map<Key, Set<Thing>> applied = new HashMap<>();
  private final Map<Key, Set<Thing>> everApplied = new HashMap<>();
  private long seen;

  HookWatch(World world) {
    this.world = world;
  }

  private record Key(int member, ResourceId id) {}

  /** A hook's turn: once for each revision and declaration. */
  private record Turn(Key key, String revision, String declaration) {}

  private record Started(Turn turn, long tick) {}

  private Turn turn(Process process, Snapshot snapshot, Document document) {
    return new Turn(
        new Key(process.member, world.memory.canonical(document.resource().id())),
        snapshot.revision().id(),
        document.resource().spec() + " " + document.resource().metadata());
  }

  /** A process begins to write; coming back to an earlier revision is a new roll-out then. */
  void rollsOut(Process process, Snapshot snapshot) {
    complete
        .values()
        .removeIf(
            turn ->
                turn.key.member == process.member
                    && !turn.revision.equals(snapshot.revision().id()));
  }

  /** A process begins to run a hook; what is wrong with that, or null. */
  @Nullable String starts(Process process, Snapshot snapshot, Document document) {
    Turn turn = turn(process, snapshot, document);
    if (turn.equals(complete.get(turn.key))) {
      return "it was done already at this revision";
    }
    complete.remove(turn.key);
    started.put(turn.key, new Started(turn, world.memory.log().tick()));
    return null;
  }

  /**
   * What a process was shown of a hook is judged to be done. What is as declared may be what a run
   * left whose call got lost, even one that never took effect: nobody can tell.
   *
   * @param intended whether the store has it that a run was about to begin
   * @param lied whether the target has ever confirmed a run that did not take effect
   */
  void healthy(
      Process process,
      ResourceId id,
      Shown shown,
      @Nullable Document declared,
      boolean intended,
      boolean lied) {
    Started last = started.get(new Key(process.member, id));
    if (last != null && (shown.at() > last.tick || !world.traits.handles())) {
      ready.add(last.turn);
    }
    if (intended
        && process.verified != null
        && declared != null
        && shown.value() != null
        && (lied || shown.value().satisfies(Thing.of(declared.resource().spec())))) {
      ready.add(turn(process, process.verified, declared));
    }
  }

  /** What has been written since the last time may be remembered as what was last applied. */
  private void catchUp() {
    for (Entry<Thing> entry : world.memory.log().since(seen)) {
      seen = entry.tick();
      Integer member = world.member(entry.actor());
      if (member != null && entry.action() != Action.DELETE) {
        applied(new Key(member, entry.id()), entry.value());
      }
    }
  }

  private void applied(Key key, Thing value) {
    applied.computeIfAbsent(key, k -> new HashSet<>()).add(value);
    everApplied.computeIfAbsent(key, k -> new HashSet<>()).add(value);
  }

  /** A process was shown something that is as it has to be, and may remember that it is. */
  void matched(Process process, ResourceId id, Document document) {
    applied(new Key(process.member, id), Thing.of(document.resource().spec()));
  }

  /** What a process was told falsely that it is so passes for what was last applied, too. */
  void believes(Process process, ResourceId id, Thing value) {
    applied(new Key(process.member, id), value);
  }

  /** A process has certainly remembered what was last applied. */
  void remembered(Process process, ResourceId id, Document document) {
    catchUp();
    applied.remove(new Key(process.member, id));
    matched(process, id, document);
  }

  /**
   * Whether a write only restores what was there: it is no part of a roll-out then, and hooks run
   * for roll-outs only.
   */
  private boolean drift(Process process, ResourceId id, @Nullable Document document) {
    catchUp();
    Shown shown = process.shown.get(id);
    Thing live = shown == null ? null : shown.value();
    return document != null
        && applied.getOrDefault(new Key(process.member, id), Set.of()).stream()
            .anyMatch(b -> Thing.of(document.resource().spec()).restores(b, live));
  }

  /** A process begins to change the state: why it is too early for that, or null. */
  @Nullable String tooEarly(
      Process process, Snapshot snapshot, ResourceId id, @Nullable Document declared) {
    if (drift(process, id, declared)) {
      return null;
    }
    for (Document document : snapshot.documents()) {
      if (document.resource().metadata().phase() == Phase.PRE_SYNC
          && !ready.contains(turn(process, snapshot, document))) {
        return document.resource().id() + " comes before, and is not done";
      }
    }
    return null;
  }

  /** A cycle of this process has come to the end of a roll-out. */
  void converged(Process process, Snapshot snapshot) {
    for (Document document : snapshot.documents()) {
      Phase phase = document.resource().metadata().phase();
      Turn turn = turn(process, snapshot, document);
      if ((phase == Phase.PRE_SYNC || phase == Phase.POST_SYNC) && ready.contains(turn)) {
        complete.put(turn.key, turn);
      }
    }
  }

  /** The store is not what it was: what was done may be done again. */
  void storeChanged() {
    complete.clear();
    applied.clear(); // a backup remembers what was applied before it was taken
    everApplied.forEach((key, values) -> applied.put(key, new HashSet<>(values)));
  }
}
