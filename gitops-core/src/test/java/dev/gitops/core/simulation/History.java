// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.simulation;

import dev.gitops.core.simulation.Step.What;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;

/**
 * What happens, from the first commit on. It follows from its seed; a shrunk one is the same with
 * some steps left out.
 *
 * @param seed decides everything that the steps don't
 * @param traits of target and reconciler
 * @param steps what happens, in order
 */
record History(long seed, Traits traits, List<Step> steps) {
  private static final int LONGEST = 24;
  private static final What[] URN = urn();

  static History of(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    Traits traits = Traits.of(random.split());
    int length = 4 + random.nextInt(LONGEST - 3);
    List<Step> steps = new ArrayList<>(length + 2);
    steps.add(new Step(What.COMMIT, random.nextInt(1 << 20)));
    steps.add(new Step(What.CYCLE, random.nextInt(1 << 20)));
    while (steps.size() < length + 2) {
      steps.add(new Step(URN[random.nextInt(URN.length)], random.nextInt(1 << 20)));
    }
    return new History(seed, traits, List.copyOf(steps));
  }

  /** Simpler histories, the simplest first: halves, then quarters, then single steps left out. */
  Stream<History> simpler() {
    List<History> all = new ArrayList<>();
    for (int size = steps.size() / 2; size >= 1; size = size == 1 ? 0 : size / 2) {
      for (int from = steps.size() - size; from >= 0; from -= size) {
        List<Step> rest = new ArrayList<>(steps);
        rest.subList(from, from + size).clear();
        all.add(new History(seed, traits, List.copyOf(rest)));
      }
    }
    return all.stream();
  }

  @Override
  public String toString() {
    return "-Dsimulation.seed=" + seed + " " + traits + " " + steps;
  }

  private static What[] urn() {
    List<What> urn = new ArrayList<>();
    for (What what : What.values()) {
      for (int i = 0; i < what.weight; i++) {
        urn.add(what);
      }
    }
    return urn.toArray(What[]::new);
  }
}
