// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.simulation;

import java.io.PrintStream;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Runs a range of seeds on several threads, and tells how far it is. It ends at the first history
 * that breaks an invariant, unless told to go on and list them all.
 */
final class Marathon {
  private static final long TELL_EVERY_SECONDS = 10;

  private final Engine.Factory factory;
  private final long first;
  private final long end;
  private final boolean goOn;
  private final AtomicLong next;
  private final AtomicLong done = new AtomicLong();
  private final ConcurrentSkipListMap<Long, AssertionError> violations =
      new ConcurrentSkipListMap<>();

  Marathon(Engine.Factory factory, long first, long histories, boolean goOn) {
    this.factory = factory;
    this.first = first;
    this.end = first + histories;
    this.goOn = goOn;
    this.next = new AtomicLong(first);
  }

  /** Runs them all, or until one fails. */
  void run(int threads, PrintStream out) throws InterruptedException {
    long began = System.nanoTime();
    CountDownLatch running = new CountDownLatch(threads);
    for (int i = 0; i < threads; i++) {
      Thread thread =
          new Thread(
              () -> {
                try {
                  work(out);
                } finally {
                  running.countDown();
                }
              },
              "marathon-" + i);
      thread.setDaemon(true);
      thread.start();
    }
    try {
      while (!running.await(TELL_EVERY_SECONDS, TimeUnit.SECONDS)) {
        out.println(progress(began));
      }
    } finally {
      next.set(end); // nobody takes another one when this thread is interrupted
    }
    if (System.nanoTime() - began > TimeUnit.SECONDS.toNanos(TELL_EVERY_SECONDS)) {
      out.println(progress(began));
    }
  }

  private void work(PrintStream out) {
    for (long seed = next.getAndIncrement(); seed < end; seed = next.getAndIncrement()) {
      try {
        Simulation.run(History.of(seed), factory);
      } catch (AssertionError e) {
        violations.put(seed, e);
        out.println("simulation: seed " + seed + ": " + brief(e));
        if (!goOn) {
          next.set(end);
        }
      }
      done.incrementAndGet();
    }
  }

  private static String brief(AssertionError violation) {
    return String.valueOf(violation.getMessage()).lines().findFirst().orElse("");
  }

  private String progress(long began) {
    double seconds = (System.nanoTime() - began) / 1e9;
    return String.format(
        "simulation: %,d of %,d histories from seed %d on, %.0f s, %.0f per second, %d violations",
        done.get(), end - first, first, seconds, done.get() / seconds, violations.size());
  }

  /** What was found: nothing, or the lowest seed's shortest history and the list of all. */
  Optional<AssertionError> verdict() {
    Map.Entry<Long, AssertionError> worst = violations.firstEntry();
    if (worst == null) {
      return Optional.empty();
    }
    Map<Long, String> all = new TreeMap<>();
    violations.forEach((seed, e) -> all.put(seed, brief(e)));
    StringBuilder text = new StringBuilder();
    all.forEach(
        (seed, what) -> text.append("seed ").append(seed).append(": ").append(what).append('\n'));
    History shortest = Simulation.shortest(History.of(worst.getKey()), factory);
    text.append("The shortest history of seed ")
        .append(worst.getKey())
        .append(" that breaks it:\n");
    text.append(shortest).append('\n');
    text.append("-Dsimulation.seed=").append(worst.getKey());
    text.append(" -Dsimulation.trace=true tells what happens in it.");
    return Optional.of(new AssertionError(text.toString(), worst.getValue()));
  }
}
