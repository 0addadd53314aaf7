// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.policy;

import dev.gitops.core.model.Change;
import dev.gitops.core.spi.Gate;
import dev.gitops.core.spi.Review;
import java.util.function.Predicate;

/**
 * Holds changes until somebody approves them by their digests. An approved plan may shrink, but a
 * change that grows or alters has another digest and is held again. Immutable.
 */
public final class Approval implements Gate {
  private final Predicate<Change> which;

  private Approval(Predicate<Change> which) {
    this.which = which;
  }

  /** Every change needs approval. */
  public static Approval required() {
    return new Approval(change -> true);
  }

  /**
   * These changes need approval.
   *
   * @param which must be pure; if it throws, every change is held
   */
  public static Approval forChanges(Predicate<Change> which) {
    return new Approval(which);
  }

  @Override
  public void review(Review review) {
    for (Change change : review.changes()) {
      if (which.test(change) && !review.facts().approved().contains(change.digest())) {
        review.hold(change, "It needs approval", "approve it by its digest");
      }
    }
  }
}
