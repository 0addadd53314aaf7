// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** An oracle that finds nothing wrong with a wrong engine would be worth nothing. */
final class OracleTest {
  private static final int HISTORIES = 4000;

  @ParameterizedTest
  @CsvSource({
    "1, NO_HANDLES",
    "2, FORGETFUL_STORE",
    "3, UNREADABLE_IS_EMPTY",
    "4, NO_LIMIT",
    "5, ALWAYS_HEALTHY",
    "6, ONE_CONNECTION",
    "7, NEVER_EQUAL",
    "8, NO_APPROVAL",
    "9, NO_SECRETS",
    "10, NO_TRAIL",
    "11, OWN_LEASE"
  })
  void theRealEngineWithoutOneOfItsGuardsIsFoundOut(int invariant, Flaw flaw) {
    Engine.Factory flawed = (world, process) -> new RealEngine(world, process, flaw);
    boolean found = false;
    for (long seed = 1; !found && seed <= HISTORIES; seed++) {
      found = Simulation.broken(History.of(seed), flawed).contains("Invariant " + invariant);
    }
    assertThat(found).as("invariant " + invariant + " is broken by " + flaw).isTrue();
  }

  @Test
  void anEngineThatTakesNoCareIsFoundOutInEveryRespect() {
    Set<String> found = new TreeSet<>();
    for (long seed = 1; seed <= 120; seed++) {
      found.addAll(Simulation.broken(History.of(seed), CarelessEngine::new));
    }
    assertThat(found)
        .contains(
            "Invariant 1",
            "Invariant 10",
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
