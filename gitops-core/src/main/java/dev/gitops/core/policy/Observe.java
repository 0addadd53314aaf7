// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.policy;

import dev.gitops.core.model.Change;
import dev.gitops.core.spi.Gate;
import dev.gitops.core.spi.Review;
import java.util.function.Predicate;

/** Shows changes without applying them: to watch a system before taking charge of it. Immutable. */
public final class Observe implements Gate {
  private final Predicate<Change> which;

  private Observe(Predicate<Change> which) {
    this.which = which;
  }

  /** Nothing is applied. */
  public static Observe everything() {
    return new Observe(change -> true);
  }

  /**
   * These changes are not applied.
   *
   * @param which must be pure; if it throws, every change is held
   */
  public static Observe changes(Predicate<Change> which) {
    return new Observe(which);
  }

  @Override
  public void review(Review review) {
    for (Change change : review.changes()) {
      if (which.test(change)) {
        review.observe(change, "Observed only, by configuration");
      }
    }
  }
}
