// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import dev.gitops.core.spi.HeldRevisionException;
import java.io.IOException;
import org.eclipse.jgit.lib.ObjectId;
import org.jspecify.annotations.Nullable;

/** Holds a head that does not descend from what was accepted before, and says what happened. */
final class RewriteRule implements RevisionRule {
  private static final int DIGITS = 12;

  @Override
  public void check(Candidate candidate) throws HeldRevisionException, IOException {
    String accepted = candidate.accepted();
    if (accepted == null || !ObjectId.isId(accepted)) {
      return;
    }
    ObjectId before = ObjectId.fromString(accepted);
    ObjectId now = candidate.found().commit();
    if (candidate.found().others().contains(before)) {
      return;
    }
    Ancestry ancestry = candidate.ancestry(before);
    if (ancestry.relation() == Ancestry.Relation.FORWARD) {
      return;
    }
    String confirm = "confirm revision:" + now.name() + " if that is intended";
    String from = "%s is at %s, and %s".formatted(candidate.wanted(), shortly(now), "%s");
    switch (ancestry.relation()) {
      case BACKWARD ->
          throw held(
              candidate,
              "%s went back: it was at %s and is at %s, which is %s before it (a mirror that lags, or a reset)"
                  .formatted(
                      candidate.wanted(), shortly(before), shortly(now), count(ancestry.lost())),
              "wait until the mirror has caught up, or " + confirm);
      case DIVERGED ->
          throw held(
              candidate,
              "%s was rewritten: it was at %s and is at %s, which does not descend from it; %s, and %s it had are gone"
                  .formatted(
                      candidate.wanted(),
                      shortly(before),
                      shortly(now),
                      base(ancestry.base()),
                      count(ancestry.lost())),
              confirm + ", or push a commit that descends from " + shortly(before));
      default ->
          throw held(
              candidate,
              from.formatted(
                  "whether that descends from "
                      + shortly(before)
                      + ", where it was, can't be told: that commit is nowhere to be had any more"
                      + " (rewritten, or another branch or repository than before)"),
              confirm);
    }
  }

  private static String base(@Nullable ObjectId base) {
    return base == null
        ? "the two have no commit in common"
        : "the last commit that both have is " + shortly(base);
  }

  private static String count(int commits) {
    return commits >= Ancestry.MAX_COUNT
        ? "%,d commits or more".formatted(Ancestry.MAX_COUNT)
        : commits == 1 ? "1 commit" : "%,d commits".formatted(commits);
  }

  private static String shortly(ObjectId id) {
    return id.name().substring(0, DIGITS);
  }

  private static HeldRevisionException held(Candidate candidate, String message, String unblock) {
    return new HeldRevisionException(candidate.revision(), message, unblock);
  }
}
