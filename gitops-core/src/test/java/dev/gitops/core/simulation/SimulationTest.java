// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.simulation;

import java.util.Random;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.RandomGenerator;
import net.jqwik.api.Shrinkable;
import net.jqwik.api.ShrinkingDistance;

/**
 * Random histories. {@code -Dsimulation.seed=N} replays one; {@code -Dsimulation.histories=N} runs
 * so many, from {@code -Dsimulation.first} on, on two threads.
 */
final class SimulationTest {
  @Property(tries = 1500, edgeCases = net.jqwik.api.EdgeCasesMode.NONE)
  void noHistoryBreaksAnInvariant(@ForAll("histories") History history) {
    Simulation.run(history, RealEngine::new);
  }

  @Provide
  Arbitrary<History> histories() {
    Long seed = Long.getLong("simulation.seed");
    RandomGenerator<History> generator =
        random -> new Shrunk(History.of(seed == null ? seed(random) : seed));
    return Arbitraries.fromGenerator(generator);
  }

  private static long seed(Random random) {
    return random.nextInt(Integer.MAX_VALUE);
  }

  /** Leaves out steps. */
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
