// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import java.io.IOException;
import org.eclipse.jgit.errors.MissingObjectException;
import org.eclipse.jgit.lib.ObjectId;
import org.eclipse.jgit.lib.Repository;
import org.eclipse.jgit.revwalk.RevCommit;
import org.eclipse.jgit.revwalk.RevWalk;
import org.eclipse.jgit.revwalk.filter.RevFilter;
import org.jspecify.annotations.Nullable;

/**
 * How a commit stands to an earlier one.
 *
 * @param relation of the later one to the earlier
 * @param base the last commit that both descend from; null if there is none or it is not known
 * @param lost how many commits the earlier one has that the later has not, counted up to {@link
 *     #MAX_COUNT}
 */
record Ancestry(Relation relation, @Nullable ObjectId base, int lost) {
  static final int MAX_COUNT = 10_000;

  /** Where the later commit is, seen from the earlier one. */
  enum Relation {
    /** It descends from it, or is it. */
    FORWARD,
    /** It is one of its ancestors. */
    BACKWARD,
    /** Neither descends from the other. */
    DIVERGED,
    /** The earlier commit, or the history between them, is not in the repository. */
    UNKNOWN
  }

  static Ancestry of(Repository repository, ObjectId earlier, ObjectId later) throws IOException {
    try (RevWalk walk = new RevWalk(repository)) {
      walk.setRetainBody(false);
      RevCommit to = walk.parseCommit(later);
      RevCommit from;
      try {
        from = walk.parseCommit(earlier);
      } catch (MissingObjectException e) {
        return new Ancestry(Relation.UNKNOWN, null, 0);
      }
      if (walk.isMergedInto(from, to)) {
        return new Ancestry(Relation.FORWARD, earlier, 0);
      }
      walk.reset();
      walk.setRevFilter(RevFilter.MERGE_BASE);
      walk.markStart(from);
      walk.markStart(to);
      RevCommit base = walk.next();
      int lost = count(repository, from, to);
      return base != null && base.equals(to)
          ? new Ancestry(Relation.BACKWARD, later, lost)
          : new Ancestry(Relation.DIVERGED, base == null ? null : base.copy(), lost);
    }
  }

  /** What is known of it where a part of the history is cut off: a descent, or nothing. */
  Ancestry orUnknown() {
    return relation == Relation.FORWARD ? this : new Ancestry(Relation.UNKNOWN, null, 0);
  }

  private static int count(Repository repository, ObjectId from, ObjectId without)
      throws IOException {
    try (RevWalk walk = new RevWalk(repository)) {
      walk.setRetainBody(false);
      walk.markStart(walk.parseCommit(from));
      walk.markUninteresting(walk.parseCommit(without));
      int commits = 0;
      while (commits < MAX_COUNT && walk.next() != null) {
        commits++;
      }
      return commits;
    }
  }
}
