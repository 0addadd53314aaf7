// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.simulation;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Virtual time, and who runs when. Everything that stands still is listed here with the time, or
 * the condition, at which it goes on; the thread that drives the history picks among those that
 * may.
 */
final class Sim {
  /** Long before the real now, so that what people say by the real clock does not expire. */
  private static final Instant START = Instant.parse("2000-01-01T00:00:00Z");

  private static final int ENOUGH = 20_000;
  static boolean trace = Boolean.getBoolean("simulation.trace");

  private final List<Parked> parked = new ArrayList<>();
  private final ArrayDeque<Baton> idle = Baton.pool();
  private long nanos = 1;
  private Duration jump = Duration.ZERO;
  private SplittableRandom random;
  private int turns;
  private @Nullable AssertionError failure;
  private boolean goesOn;
  private final Set<String> broken = new TreeSet<>();
  private Runnable meanwhile = () -> {};

  Sim(long seed) {
    random = new SplittableRandom(seed);
  }

  private record Parked(Baton baton, long wakeAt, BooleanSupplier ready) {
    boolean mayGoOn(long now) {
      return now >= wakeAt || ready.getAsBoolean();
    }
  }

  /** All randomness from here on follows from this. */
  void reseed(long seed) {
    random = new SplittableRandom(seed);
  }

  SplittableRandom random() {
    return random;
  }

  boolean chance(int oneIn) {
    return oneIn > 0 && random.nextInt(oneIn) == 0;
  }

  long nanos() {
    return nanos;
  }

  Instant wall() {
    return START.plusNanos(nanos).plus(jump);
  }

  void jumpWall(Duration by) {
    jump = jump.plus(by);
  }

  void pass(Duration time) {
    nanos += time.toNanos();
  }

  /** What others do between any two things that happen. */
  void meanwhile(Runnable others) {
    meanwhile = others;
  }

  /** Tells what happens, when somebody replays a history to understand it. */
  void trace(Supplier<String> what) {
    if (trace) {
      System.out.println(wall() + " " + what.get());
    }
  }

  /** The first thing found wrong counts. */
  void fail(AssertionError violation) {
    String message = String.valueOf(violation.getMessage());
    broken.add(message.substring(0, Math.max(0, message.indexOf(':'))));
    if (failure == null) {
      failure = violation;
    }
  }

  /** Goes on after something was found wrong, to find what else is. */
  void goOn() {
    goesOn = true;
  }

  /** Everything found wrong, in short. */
  Set<String> broken() {
    return broken;
  }

  void rethrow() {
    if (failure != null && !goesOn) {
      throw failure;
    }
  }

  /** Runs a job on a thread of its own until it ends or stands still. */
  Baton spawn(Runnable job) {
    Baton baton = Baton.take(idle);
    baton.start(job);
    settle(baton);
    return baton;
  }

  /** Stands still, on a baton's thread, until a time or a condition. */
  void park(long until, BooleanSupplier ready) {
    Baton self = Baton.current();
    if (self == null) {
      throw new IllegalStateException("Only what was spawned can stand still");
    }
    parked.add(new Parked(self, until, ready));
    self.park();
  }

  /** One small thing: somebody who may go on does, or time goes on, but not beyond a limit. */
  void turn(long limit) {
    if (++turns > ENOUGH) {
      fail(new Violation(7, "nothing comes to an end"));
      throw new Crash();
    }
    meanwhile.run();
    nanos += random.nextInt(5_000_000);
    List<Parked> able = new ArrayList<>();
    long next = limit;
    for (Parked one : parked) {
      if (one.mayGoOn(nanos)) {
        able.add(one);
      }
      next = Math.min(next, one.wakeAt);
    }
    if (able.isEmpty()) {
      nanos = Math.max(nanos, next);
    } else {
      resume(able.get(random.nextInt(able.size())));
    }
  }

  /** Lets everybody go on whose time has come, at the end of a history. */
  void wake() {
    for (Parked one : List.copyOf(parked)) {
      if (parked.contains(one)) {
        resume(one);
      }
    }
  }

  boolean anyoneAsleep() {
    return !parked.isEmpty();
  }

  private void resume(Parked one) {
    parked.remove(one);
    one.baton.resume();
    settle(one.baton);
  }

  private void settle(Baton baton) {
    if (baton.finished()) {
      idle.add(baton);
    }
  }
}
