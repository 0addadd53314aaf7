// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** An oracle that finds nothing wrong with a wrong engine would be worth nothing. */
final class OracleTest {
  @Test
  void anEngineThatTakesNoCareIsFoundOutInEveryRespect() {
    Set<String> found = new TreeSet<>();
    for (long seed = 1; seed <= 120; seed++) {
      found.addAll(Simulation.broken(History.of(seed), CarelessEngine::new));
    }
    assertThat(found)
        .containsExactly(
            "Invariant 1",
            "Invariant 2",
            "Invariant 3",
            "Invariant 4",
            "Invariant 5",
            "Invariant 8",
            "Invariant 9");
  }

  @Test
  void aShrunkHistoryBreaksTheSameInvariantInFewerSteps() {
    History history = History.of(7);
    History shortest = Simulation.shortest(history, CarelessEngine::new);
    assertThat(shortest.steps()).hasSizeLessThan(history.steps().size());
    assertThat(Simulation.broken(shortest, CarelessEngine::new)).isNotEmpty();
  }
}
