// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.simulation;

import dev.gitops.core.model.Plan;
import dev.gitops.core.model.Report;
import dev.gitops.core.model.Selection;
import org.jspecify.annotations.Nullable;

/** A place where processes run, one after the other, each with an engine. */
final class Replica {
  private final World world;
  private final int member;
  private boolean upgraded;
  private Process process;
  private @Nullable Engine engine;
  private boolean busy;
  private int writesBefore;
  private @Nullable Report report;
  private @Nullable Plan plan;

  Replica(World world, int member) {
    this.world = world;
    this.member = member;
    this.process = world.newProcess(member, false);
    this.process.pauseOneIn = world.traits.engines() > 1 ? 20 : 0; // that is what two are for
  }

  int member() {
    return member;
  }

  /** The next process is of another release, later or earlier. */
  void upgrade() {
    stop();
    upgraded = !upgraded;
  }

  Process process() {
    return process;
  }

  /** The running engine; started if there is none. */
  Engine engine() {
    if (process.dead() || engine == null) {
      restart();
    }
    return engine;
  }

  /** The report of the last cycle that came to its end; null before. */
  @Nullable Report report() {
    return report;
  }

  /** The plan that people saw last; null before. */
  @Nullable Plan plan() {
    return plan;
  }

  /** How many writes its processes have begun. */
  int engineWrites() {
    return writesBefore + process.writes;
  }

  boolean busy() {
    return busy;
  }

  /** The power goes off, now. */
  void crash() {
    process.kill();
    engine = null;
    busy = false;
  }

  /** An orderly end; the next cycle is another process's. */
  void stop() {
    if (engine != null && !process.dead() && !busy) {
      try {
        engine.close();
      } catch (Crash e) {
        // it was about to end anyway
      } catch (Exception e) {
        // a store that can't be reached does not keep a process alive
      }
    }
    crash();
  }

  private void restart() {
    Process before = process;
    writesBefore += before.writes;
    process = world.newProcess(member, upgraded);
    process.stallOneIn = before.stallOneIn;
    process.pauseOneIn = before.pauseOneIn;
    engine = world.start(process);
  }

  /** One cycle over everything, as far as it gets in this step. */
  void cycle() {
    cycle(Selection.all());
  }

  /** One cycle over a part, as far as it gets in this step. */
  void cycle(Selection selection) {
    if (busy) {
      world.sim.turn(world.sim.nanos() + 1_000_000_000L);
      return;
    }
    Engine now = engine();
    Process mine = process;
    mine.selection = selection;
    mine.wrote = false;
    mine.repository = world.source.repository();
    Runnable cycle =
        () -> {
          try {
            mine.main = Baton.current();
            mine.cycleStart = mine.nanos();
            Report done = now.reconcile();
            if (!mine.dead()) {
              report = done;
              plan = done.plan();
              world.ended(mine, done);
            }
          } catch (Crash e) {
            mine.kill();
          } catch (Exception | AssertionError e) {
            if (!mine.dead()) {
              world.sim.fail(new AssertionError("reconcile() threw " + e, e));
            }
          } finally {
            if (mine == process) {
              busy = false;
            }
          }
        };
    busy = true;
    if (world.traits.processes() == 1) {
      cycle.run();
    } else {
      world.sim.spawn(cycle);
      int turns = world.sim.chance(2) ? 3 : 400; // others may begin while it stands still
      for (int i = 0; busy && i < turns; i++) {
        world.sim.turn(world.sim.nanos() + 1_000_000_000L);
      }
    }
  }

  /** A dry run; it must not write to anything. */
  void dryRun() {
    if (busy) {
      return;
    }
    Engine now = engine();
    process.repository = world.source.repository();
    int before = process.writes;
    try {
      plan = now.plan();
      world.keepsSecret("the plan", plan.toString());
    } catch (Crash e) {
      process.kill();
    } catch (Exception e) {
      // the source or the store could not be read: that is what it says
    }
    if (process.writes != before) {
      world.sim.fail(new Violation(7, "a dry run wrote to the target"));
    }
  }
}
