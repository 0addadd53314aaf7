// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core;

import dev.gitops.core.Calls.Call;
import java.io.IOException;

/**
 * Another look at what was written, which does not wait: the calls that it needs are under way, and
 * whoever waits for calls hands them over.
 */
final class Verification {
  private final Readings readings;
  private final Comparisons comparisons;
  private final Planner planner;
  private final Iterable<Item<?>> items;
  private boolean planned;

  Verification(
      Readings readings, Comparisons comparisons, Planner planner, Iterable<Item<?>> items) {
    this.readings = readings;
    this.comparisons = comparisons;
    this.planner = planner;
    this.items = items;
  }

  /** Takes over a call that has ended; false when it is not one of these. */
  boolean accept(Call<?> call) {
    return readings.accept(call) || comparisons.accept(call);
  }

  /** Goes on as far as it can; whether everything is read and compared. */
  boolean complete() throws IOException {
    if (!readings.complete()) {
      return false;
    }
    if (!planned) {
      planned = true;
      planner.plan(items);
    }
    return planner.settled();
  }

  /** What it found, once it is complete. */
  Draft draft() {
    return planner.draft();
  }
}
