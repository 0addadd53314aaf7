// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import dev.gitops.core.model.ResourceId;
import dev.gitops.core.model.Revision;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Set;
import org.eclipse.jgit.lib.ObjectId;
import org.eclipse.jgit.revwalk.RevCommit;
import org.eclipse.jgit.revwalk.RevFlag;
import org.eclipse.jgit.revwalk.RevWalk;
import org.jspecify.annotations.Nullable;

/**
 * Walks from a commit back through history and lists the commits that changed one resource, newest
 * first. At a merge it goes on with the parent that declares the resource as the merge does, as
 * {@code git log} does with a file; a merge that declares it as none of its parents is listed
 * itself, and all parents are followed.
 */
final class ResourceWalk implements AutoCloseable {
  private static final int MAX_UNREADABLE = 1_000;
  private static final int FORGET_AFTER = 50_000;

  private final HistoryFiles files;
  private final ResourceId id;
  private final Differences differences;
  private final Lookup lookup;
  private final List<HistoryEntry> entries = new ArrayList<>();
  private final Set<ObjectId> listed = new HashSet<>();
  private RevWalk walk;
  private RevFlag seen;

  /** One commit to look at, what it declares, and the merge on the branch that brought it. */
  private record Line(RevCommit commit, Declared declared, @Nullable ObjectId via) {}

  ResourceWalk(HistoryFiles files, ResourceId id, Differences differences) {
    this.files = files;
    this.id = id;
    this.differences = differences;
    this.lookup = new Lookup(files, id);
    this.walk = new RevWalk(files.reader);
    this.seen = walk.newFlag("seen");
  }

  /** At most so many entries. */
  List<HistoryEntry> list(int atMost) throws IOException {
    PriorityQueue<Line> queue =
        new PriorityQueue<>(
            Comparator.comparingInt((Line line) -> line.commit().getCommitTime()).reversed());
    RevCommit head = parse(files.head);
    queue.add(new Line(head, lookup.at(head), null));
    int visited = 0;
    while (!queue.isEmpty() && entries.size() < atMost) {
      Line line = queue.remove();
      if (Thread.interrupted()) {
        throw new InterruptedIOException("Interrupted while the history of " + id + " was read");
      }
      if (++visited > FORGET_AFTER && queue.isEmpty()) {
        // Only one way on: nothing that was seen can come again, but for skewed clocks.
        visited = 0;
        walk.close();
        walk = new RevWalk(files.reader);
        seen = walk.newFlag("seen");
        line = new Line(parse(line.commit()), line.declared(), line.via());
      }
      for (Line next : step(line)) {
        if (!next.commit().has(seen)) {
          next.commit().add(seen);
          queue.add(next);
        }
      }
    }
    return List.copyOf(entries);
  }

  private RevCommit parse(ObjectId commit) throws IOException {
    RevCommit parsed = walk.lookupCommit(commit);
    walk.parseHeaders(parsed);
    parsed.disposeBody();
    return parsed;
  }

  /** Lists a commit if it changed the resource, and says where to go on. */
  private List<Line> step(Line line) throws IOException {
    RevCommit commit = line.commit();
    List<Line> parents = new ArrayList<>();
    for (int i = 0; i < commit.getParentCount(); i++) {
      RevCommit parent = parse(commit.getParent(i));
      Declared before = lookup.before(commit, line.declared(), parent);
      ObjectId via = line.via() == null && i > 0 ? commit.copy() : line.via();
      Line next = new Line(parent, before, via);
      if (isSame(before, line.declared())) {
        return List.of(next);
      }
      parents.add(next);
    }
    if (parents.isEmpty()) {
      list(line, Declared.NOWHERE);
    } else {
      list(line, parents.get(0).declared());
    }
    return parents;
  }

  private boolean isSame(Declared before, Declared after) {
    if (before.document() == null || after.document() == null) {
      boolean bothHidden = before.problem() != null && after.problem() != null;
      return bothHidden || (before.isNowhere() && after.isNowhere());
    }
    return differences.between(id, before.document(), after.document()) == null;
  }

  private void list(Line line, Declared before) throws IOException {
    Declared after = line.declared();
    Declared known = before;
    if (after.problem() == null && before.problem() != null) {
      known = lastReadable(line.commit(), before);
    }
    ResourceDiff diff;
    if (after.problem() != null) {
      diff =
          known.document() == null
              ? null
              : Differences.unreadable(id, known.document(), null, after.problem());
    } else if (known.problem() != null) {
      diff = Differences.unreadable(id, null, after.document(), known.problem());
    } else {
      diff = differences.between(id, known.document(), after.document());
    }
    if (diff != null && listed.add(line.commit().copy())) {
      entries.add(new HistoryEntry(contribution(line), diff));
    }
  }

  /** What was declared before a file could not be read for some commits. */
  private Declared lastReadable(RevCommit commit, Declared before) throws IOException {
    RevCommit at = parse(commit.getParent(0));
    Declared declared = before;
    for (int i = 0; i < MAX_UNREADABLE && declared.problem() != null; i++) {
      if (at.getParentCount() == 0) {
        return Declared.NOWHERE;
      }
      RevCommit parent = parse(at.getParent(0));
      declared = lookup.before(at, declared, parent);
      at = parent;
    }
    return declared;
  }

  private Contribution contribution(Line line) throws IOException {
    ObjectId via = line.via();
    ObjectId merge = via == null ? null : merge(line.commit().copy(), via);
    Revision by = merge == null ? null : files.revision(merge);
    return Contribution.of(files.revision(line.commit()), by, files.signer(line.commit()));
  }

  /**
   * The merge by which a commit came to the branch: the oldest on the branch that has it. Usually
   * the one that led here, unless the branch merged there had taken the commit from ours before.
   */
  private @Nullable ObjectId merge(ObjectId commit, ObjectId via) throws IOException {
    try (RevWalk ancestry = new RevWalk(files.reader)) {
      ancestry.setRetainBody(false);
      List<ObjectId> branch = new ArrayList<>();
      RevCommit wanted = ancestry.parseCommit(commit);
      RevCommit at = ancestry.parseCommit(via);
      branch.add(at.copy());
      while (at.getParentCount() > 0 && isIn(ancestry, commit, at.getParent(0).copy())) {
        // Twice as far each time, then back.
        for (int step = branch.size(); step > 0 && at.getParentCount() > 0; step--) {
          at = ancestry.parseCommit(at.getParent(0));
          branch.add(at.copy());
          if (at.equals(wanted)) {
            return null;
          }
        }
      }
      int has = 0;
      int lacks = branch.size();
      while (lacks - has > 1) {
        int middle = (has + lacks) >>> 1;
        if (isIn(ancestry, commit, branch.get(middle))) {
          has = middle;
        } else {
          lacks = middle;
        }
      }
      return branch.get(has);
    }
  }

  private static boolean isIn(RevWalk walk, ObjectId commit, ObjectId branch) throws IOException {
    walk.reset();
    return walk.isMergedInto(walk.parseCommit(commit), walk.parseCommit(branch));
  }

  @Override
  public void close() {
    walk.close();
  }
}
