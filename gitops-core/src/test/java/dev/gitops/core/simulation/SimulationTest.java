// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Shrinkable;
import net.jqwik.api.ShrinkingDistance;

/**
 * Random histories against the real engine. {@code -Dsimulation.histories=N} runs more of them,
 * from the seed {@code -Dsimulation.first=N} on; {@code -Dsimulation.seed=N} replays one, and
 * {@code -Dsimulation.trace=true} tells what happens in it.
 */
final class SimulationTest {
  private static final int THREADS = 2;

  @Property(tries = 300, edgeCases = EdgeCasesMode.NONE, seed = "1")
  void noHistoryBreaksAnInvariant(@ForAll("histories") History history) {
    Simulation.run(history, RealEngine::new);
  }

  @Example
  void noHistoryOfARangeOfSeedsBreaksAnInvariant() throws Exception {
    Long only = Long.getLong("simulation.seed");
    long first = only == null ? Long.getLong("simulation.first", 1) : only;
    long end = first + (only == null ? Long.getLong("simulation.histories", 1200) : 1);
    AtomicLong next = new AtomicLong(first);
    ExecutorService threads = Executors.newFixedThreadPool(THREADS);
    try {
      List<Future<?>> all = new ArrayList<>();
      for (int i = 0; i < THREADS; i++) {
        all.add(
            threads.submit(
                () -> {
                  for (long seed = next.getAndIncrement();
                      seed < end;
                      seed = next.getAndIncrement()) {
                    check(History.of(seed));
                  }
                }));
      }
      for (Future<?> one : all) {
        one.get();
      }
    } finally {
      next.set(end);
      threads.shutdownNow();
    }
  }

  @Example
  void aSeedAlwaysTellsTheSameHistory() {
    for (long seed = 1; seed <= 40; seed++) {
      String once = Simulation.run(History.of(seed), RealEngine::new).toString();
      String again = Simulation.run(History.of(seed), RealEngine::new).toString();
      assertThat(again).as("seed " + seed).isEqualTo(once);
    }
  }

  private static void check(History history) {
    try {
      Simulation.run(history, RealEngine::new);
    } catch (AssertionError e) {
      Simulation.run(Simulation.shortest(history, RealEngine::new), RealEngine::new);
      throw e;
    }
  }

  @Provide
  Arbitrary<History> histories() {
    return Arbitraries.fromGenerator(
        random -> new Shrunk(History.of(random.nextInt(Integer.MAX_VALUE))));
  }

  /** Shrinks by leaving out steps. */
  private record Shrunk(History value) implements Shrinkable<History> {
    @Override
    public Stream<Shrinkable<History>> shrink() {
      return value.simpler().map(Shrunk::new);
    }

    @Override
    public ShrinkingDistance distance() {
      return ShrinkingDistance.of(value.steps().size());
    }
  }
}
