// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.simulation;

import dev.gitops.core.model.ResourceId;
import dev.gitops.core.model.Selection;
import dev.gitops.core.model.Snapshot;
import dev.gitops.core.spi.Timing;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * One process that embeds the library, as the simulation sees it: its clock, its executor, and what
 * it has been shown. It can end at any moment; then nothing that it still tries has any effect.
 */
@SuppressWarnings("JavaLangClash")
final class Process implements Timing, Executor {
  final String actor;
  final Sim sim;

  /** Which of the reconcilers that share the repository runs in it. */
  final int member;

  /** Whether it is of the embedder's later release. */
  final boolean upgraded;

  /** What it was last shown of each id, or wrote itself; null when that was its absence. */
  final Map<ResourceId, Shown> shown = new HashMap<>();

  /** What it has deleted, as the target confirmed, and when. */
  final Map<ResourceId, Long> deleted = new HashMap<>();

  /** What the target said, when it refused a change of these for good. */
  final Set<ResourceId> refused = new HashSet<>();

  /** What the target said last of its identity, before the first write of the cycle. */
  String system = "";

  /** Whether it has written to a target in its cycle. */
  boolean wrote;

  /** The repository that it is configured for in its cycle. */
  int repository;

  /** What its cycle is about. */
  Selection selection = Selection.all();

  /** Whether its source holds the head back. */
  boolean held;

  /** The snapshot that it fetched last; null when the last fetch failed. */
  @Nullable Snapshot fetched;

  /** The last snapshot that it could fetch; null before. */
  @Nullable Snapshot verified;

  /** The identity of its source when it last fetched. */
  String sourceIdentity = "";

  /** After how many hooks it ends; negative for never. */
  int crashIn = -1;

  /** One call in so many stands still for a while; 0 for none. */
  int stallOneIn;

  /** One hook in so many, the process stands still as a whole; 0 for never. */
  int pauseOneIn;

  /** When its cycle began. */
  long cycleStart;

  /** When it last took, or kept, the right to write. */
  long leased;

  /** When the store last confirmed a commit to it. */
  long lastCommit;

  /** How many writes to a target it has begun. */
  int writes;

  /** When it last began to write to a target. */
  long lastWrite;

  /** The thread of its cycle, where that can stand still. */
  @Nullable Baton main;

  private final Set<Baton> stalling = new HashSet<>();
  private final List<Runnable> tasks = new ArrayList<>();
  private boolean dead;

  Process(Sim sim, String actor, int member, boolean upgraded) {
    this.sim = sim;
    this.actor = actor;
    this.member = member;
    this.upgraded = upgraded;
  }

  /**
   * What a process was shown.
   *
   * @param value null for absence
   * @param handle which incarnation it really was; 0 for absence
   * @param at when
   */
  record Shown(@Nullable Thing value, long handle, long at) {}

  /** Under which its reconciler remembers. */
  String name() {
    return name(member);
  }

  static String name(int member) {
    return member == 0 ? "sim" : "sim-" + member;
  }

  boolean dead() {
    return dead;
  }

  void kill() {
    dead = true;
    tasks.clear();
  }

  /** Everything that the process does to the world outside goes through here first. */
  void hook() {
    if (dead) {
      throw new Crash();
    }
    if (crashIn >= 0 && crashIn-- == 0) {
      kill();
      throw new Crash();
    }
    if (main != null && Baton.current() == main && sim.chance(pauseOneIn)) {
      sim.park(
          sim.nanos() + Duration.ofSeconds(1 + sim.random().nextInt(90)).toNanos(), () -> false);
      if (dead) {
        throw new Crash();
      }
    }
  }

  @Override
  public Instant now() {
    return sim.wall();
  }

  @Override
  public long nanos() {
    return sim.nanos();
  }

  @Override
  public void execute(Runnable task) {
    hook();
    tasks.add(task);
  }

  @Override
  public <E> @Nullable E await(BlockingQueue<E> queue, Duration atMost)
      throws InterruptedException {
    long deadline = sim.nanos() + atMost.toNanos();
    while (true) {
      hook();
      E element = queue.poll();
      if (element != null) {
        return element;
      } else if (!tasks.isEmpty()) {
        run(tasks.remove(sim.random().nextInt(tasks.size())));
      } else if (sim.nanos() >= deadline) {
        return null;
      } else if (Baton.current() != null) {
        sim.park(deadline, () -> dead || !queue.isEmpty());
      } else {
        sim.turn(deadline);
      }
    }
  }

  private void run(Runnable task) {
    if (sim.chance(stallOneIn)) {
      sim.spawn(
          () -> {
            stalling.add(Baton.current());
            task.run();
            takeStall();
          });
    } else {
      task.run();
    }
  }

  /** Whether the call that is running now is one that stands still; asked once for each. */
  boolean takeStall() {
    Baton self = Baton.current();
    return self != null && stalling.remove(self);
  }
}
