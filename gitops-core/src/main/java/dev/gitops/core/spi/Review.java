// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.spi;

import dev.gitops.core.model.Change;
import dev.gitops.core.model.Plan;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** A plan before the gates, and what they say about it. Used by one thread during one cycle. */
public final class Review {
  private final Plan plan;
  private final Facts facts;
  private final List<Verdict> verdicts = new ArrayList<>();

  /** A review of a plan to which no gate has spoken yet. */
  public Review(Plan plan, Facts facts) {
    this.plan = plan;
    this.facts = facts;
  }

  /** The plan, whose blocked changes are blocked by what the engine itself found. */
  public Plan plan() {
    return plan;
  }

  /** The changes that would be applied if no gate spoke. */
  public List<Change> changes() {
    return plan.ready();
  }

  /** What the reconciler knows beyond the plan. */
  public Facts facts() {
    return facts;
  }

  /** Lets a change through, with a remark. */
  public void warn(Change change, String message) {
    verdicts.add(new Verdict(change, Severity.WARN, message, ""));
  }

  /**
   * Holds a change until somebody acts or time passes.
   *
   * @param message what is in the way
   * @param unblock what gets it out of the way
   */
  public void hold(Change change, String message, String unblock) {
    verdicts.add(new Verdict(change, Severity.HOLD, message, unblock));
  }

  /**
   * Only shows a change: it is not applied in this mode, and nobody has to do anything about it.
   */
  public void observe(Change change, String message) {
    verdicts.add(new Verdict(change, Severity.OBSERVE, message, ""));
  }

  /** Refuses a change as long as declaration and rules are what they are. */
  public void refuse(Change change, String message, String unblock) {
    verdicts.add(new Verdict(change, Severity.REFUSE, message, unblock));
  }

  /** Everything said so far, in order. */
  public List<Verdict> verdicts() {
    return List.copyOf(verdicts);
  }

  /**
   * How strong a verdict is, from the weakest to the strongest. Of several about one change the
   * strongest counts; a change that is only observed and would be held is observed, with the hold
   * as a remark, since there is nothing to be done about the hold as long as nothing is written.
   */
  public enum Severity {
    /** A remark. */
    WARN,
    /** Not now. */
    HOLD,
    /** Only shown. */
    OBSERVE,
    /** Not so. */
    REFUSE
  }

  /** What a gate said about a change. */
  public record Verdict(Change change, Severity severity, String message, String unblock) {}

  /**
   * What the reconciler knows beyond the plan.
   *
   * @param now its wall clock
   * @param managed how many resources it owns
   * @param deletions when it deleted or replaced something, across restarts, the last 30 days
   * @param approved the digests of changes that people have approved, and that have not expired
   * @param confirmed the digests of deletions that people have confirmed
   */
  public record Facts(
      Instant now,
      int managed,
      List<Instant> deletions,
      Set<String> approved,
      Set<String> confirmed) {
    /** How many deletions and replacements it has made in the last so much time. */
    public int deletionsWithin(Duration window) {
      Instant from = now.minus(window);
      return (int) deletions.stream().filter(at -> at.isAfter(from)).count();
    }
  }
}
