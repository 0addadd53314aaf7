// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.policy;

import dev.gitops.core.model.Change;
import dev.gitops.core.spi.Gate;
import dev.gitops.core.spi.Review;
import java.time.Duration;
import java.util.List;

/**
 * Holds deletions and replacements when there are too many of them: those planned, together with
 * those made in the last hour (or another window). Above the limit all are held, not just the
 * surplus, since nobody can tell which of a mass of deletions were meant. A deletion that somebody
 * has confirmed by its digest passes, and is not counted before it is made. Immutable.
 */
public final class DeletionLimit implements Gate {
  /** As far back as the engine remembers deletions. */
  private static final Duration LONGEST = Duration.ofDays(30);

  private final int count;
  private final double share;
  private final Duration window;

  private DeletionLimit(int count, double share, Duration window) {
    this.count = count;
    this.share = share;
    this.window = window;
  }

  /**
   * At most so many in an hour; 0 holds every deletion until it is confirmed.
   *
   * @throws IllegalArgumentException for a negative count
   */
  public static DeletionLimit of(int count) {
    if (count < 0) {
      throw new IllegalArgumentException("A limit of " + count + " deletions");
    }
    return new DeletionLimit(count, 1, Duration.ofHours(1));
  }

  /**
   * The same count in another window.
   *
   * @throws IllegalArgumentException unless the window is positive and at most 30 days
   */
  public DeletionLimit per(Duration newWindow) {
    if (newWindow.isNegative() || newWindow.isZero() || newWindow.compareTo(LONGEST) > 0) {
      throw new IllegalArgumentException(
          "A window is longer than nothing and at most 30 days, not " + newWindow);
    }
    return new DeletionLimit(count, share, newWindow);
  }

  /**
   * Also at most this share of what is managed: those deleted in the window count as managed.
   *
   * @param newShare above 0, at most 1; rounded down to whole resources
   * @throws IllegalArgumentException for any other share
   */
  public DeletionLimit share(double newShare) {
    if (!(newShare > 0 && newShare <= 1)) {
      throw new IllegalArgumentException("A share is above 0 and at most 1, not " + newShare);
    }
    return new DeletionLimit(count, newShare, window);
  }

  @Override
  public void review(Review review) {
    List<Change> planned =
        review.changes().stream()
            .filter(Change::destructive)
            .filter(change -> !review.facts().confirmed().contains(change.digest()))
            .toList();
    int made = review.facts().deletionsWithin(window);
    int limit = limit(review.facts().managed() + made);
    if ((long) planned.size() + made <= limit) {
      return;
    }
    String message =
        planned.size()
            + (planned.size() == 1 ? " deletion is" : " deletions are")
            + " planned"
            + (made == 0 ? "" : " and " + made + " made")
            + " within "
            + words(window)
            + ", where "
            + limit
            + (limit == 1 ? " is" : " are")
            + " allowed";
    for (Change change : planned) {
      review.hold(change, message, "confirm deletes by digest, or raise allowDeletes");
    }
  }

  private int limit(int managed) {
    return share == 1 ? count : Math.min(count, (int) Math.floor(share * managed + 1e-9));
  }

  private static String words(Duration window) {
    String unit = window.toSeconds() % 3600 == 0 ? "hour" : "minute";
    long amount = unit.equals("hour") ? window.toHours() : Math.max(1, window.toMinutes());
    return amount == 1 ? "one " + unit : amount + " " + unit + "s";
  }
}
