// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.simulation;

import static org.assertj.core.api.Assertions.assertThat;

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
 * from the seed {@code -Dsimulation.first=N} on, on {@code -Dsimulation.threads=N} threads; {@code
 * -Dsimulation.goOn=true} does not stop at the first that breaks something. {@code
 * -Dsimulation.seed=N} replays one, shortened if it breaks something, and {@code
 * -Dsimulation.trace=true} tells what happens in it.
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
    if (only != null) {
      replay(only);
      return;
    }
    Marathon marathon =
        new Marathon(
            RealEngine::new,
            Long.getLong("simulation.first", 1),
            Long.getLong("simulation.histories", 1200),
            Boolean.getBoolean("simulation.goOn"));
    marathon.run(Integer.getInteger("simulation.threads", THREADS), System.out);
    if (marathon.verdict().isPresent()) {
      throw marathon.verdict().get();
    }
  }

  /** The shortest that breaks what the history of this seed breaks; the whole if it breaks none. */
  private static void replay(long seed) {
    boolean trace = Sim.trace;
    Sim.trace = false;
    History shortest = Simulation.shortest(History.of(seed), RealEngine::new);
    Sim.trace = trace;
    Simulation.run(shortest, RealEngine::new);
  }

  @Example
  void aSeedAlwaysTellsTheSameHistory() {
    for (long seed = 1; seed <= 40; seed++) {
      String once = Simulation.run(History.of(seed), RealEngine::new).toString();
      String again = Simulation.run(History.of(seed), RealEngine::new).toString();
      assertThat(again).as("seed " + seed).isEqualTo(once);
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
