// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import dev.gitops.core.model.Revision;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.eclipse.jgit.errors.NoMergeBaseException;
import org.eclipse.jgit.lib.ObjectId;
import org.eclipse.jgit.lib.ObjectInserter;
import org.eclipse.jgit.lib.ObjectReader;
import org.eclipse.jgit.lib.Repository;
import org.eclipse.jgit.merge.MergeStrategy;
import org.eclipse.jgit.merge.ThreeWayMerger;
import org.eclipse.jgit.revwalk.RevCommit;
import org.eclipse.jgit.revwalk.RevWalk;
import org.eclipse.jgit.transport.PackParser;
import org.eclipse.jgit.treewalk.EmptyTreeIterator;
import org.eclipse.jgit.treewalk.TreeWalk;
import org.eclipse.jgit.treewalk.filter.TreeFilter;
import org.jspecify.annotations.Nullable;

/**
 * A commit that a source has found, what is known of the one accepted before it, and the history
 * between them, for a {@link RevisionRule}. Valid, and to be used by the calling thread only, as
 * long as the rule is asked.
 */
public final class Candidate {
  private final Store store;
  private final Selector wanted;
  private final Store.Found found;
  private final Revision revision;
  private final @Nullable String accepted;

  Candidate(
      Store store,
      Selector wanted,
      Store.Found found,
      Revision revision,
      @Nullable String accepted) {
    this.store = store;
    this.wanted = wanted;
    this.found = found;
    this.revision = revision;
    this.accepted = accepted;
  }

  /** The commit in question. */
  public Revision revision() {
    return revision;
  }

  /**
   * The id of the commit that was accepted last; null before the first, and when a person has named
   * the revision (a pin).
   */
  public @Nullable String accepted() {
    return accepted;
  }

  /** Where it lies. */
  Repository repository() {
    return store.repository();
  }

  /** What was asked for. */
  Selector wanted() {
    return wanted;
  }

  /** The commit, and the ref that led to it. */
  Store.Found found() {
    return found;
  }

  /** How the commit stands to an earlier one; the history that may say so is fetched if needed. */
  Ancestry ancestry(ObjectId earlier) throws IOException {
    Ancestry ancestry = Ancestry.of(repository(), earlier, found.commit());
    if (ancestry.relation() == Ancestry.Relation.FORWARD) {
      return ancestry;
    }
    boolean complete = store.complete(found.commit(), earlier);
    Ancestry again = Ancestry.of(repository(), earlier, found.commit());
    return complete ? again : again.orUnknown();
  }

  /** Whether all of the commit's history is here, after it was fetched if needed. */
  boolean isComplete() throws IOException {
    return repository().getObjectDatabase().getShallowCommits().isEmpty()
        || store.complete(found.commit(), null);
  }

  /** A clone begins with the newest commit: gets the rest if one of these is not there. */
  private boolean has(ObjectId commit) throws IOException {
    return repository().getObjectDatabase().has(commit)
        || (store.complete(found.commit(), commit) && repository().getObjectDatabase().has(commit));
  }

  /**
   * A commit on the way.
   *
   * @param revision its id, people and message
   * @param parents the ids of its parents, the one that it continues first
   */
  public record Step(Revision revision, List<String> parents) {
    /** Copies the list. */
    public Step {
      parents = List.copyOf(parents);
    }

    /** The commit's id. */
    public String id() {
      return revision.id();
    }
  }

  /**
   * The commits that brought the branch here, newest first: from the candidate along first parents,
   * as long as they are not part of the given ancestor's history. What was merged into them is not
   * listed.
   *
   * @param ancestor a commit's full id; null for the candidate alone
   * @param atMost how many commits, merged ones included, may have come since then
   * @throws IOException when there are more, or the ancestor is not known here
   */
  public List<Step> since(@Nullable String ancestor, int atMost) throws IOException {
    List<Step> steps = new ArrayList<>();
    if (repository().getObjectDatabase().getShallowCommits().contains(found.commit())) {
      // It would seem to have no parents.
      store.complete(found.commit(), null);
    }
    try (RevWalk walk = new RevWalk(repository())) {
      RevCommit head = walk.parseCommit(ObjectId.fromString(revision.id()));
      Set<ObjectId> news = ancestor == null ? Set.of(head.copy()) : news(head, ancestor, atMost);
      RevCommit at = head;
      while (news.contains(at)) {
        List<String> parents = new ArrayList<>();
        for (RevCommit parent : at.getParents()) {
          parents.add(parent.name());
        }
        steps.add(new Step(Commits.revision(at), parents));
        if (parents.isEmpty()) {
          break;
        }
        at = walk.parseCommit(at.getParent(0));
      }
    }
    return steps;
  }

  private Set<ObjectId> news(RevCommit head, String ancestor, int atMost) throws IOException {
    Set<ObjectId> news = new HashSet<>();
    if (!has(ObjectId.fromString(ancestor))) {
      throw new IOException("Commit %s is not known here".formatted(ancestor));
    }
    try (RevWalk walk = new RevWalk(repository())) {
      walk.setRetainBody(false);
      walk.markStart(walk.parseCommit(head));
      walk.markUninteresting(walk.parseCommit(ObjectId.fromString(ancestor)));
      for (RevCommit commit : walk) {
        if (news.size() == atMost) {
          throw new IOException(
              "More than %,d commits lie between %s and %s"
                  .formatted(atMost, ancestor, revision.id()));
        }
        news.add(commit.copy());
      }
    }
    return news;
  }

  /** Whether a commit is, or is part of the history of, another; false if it is not known here. */
  public boolean isAncestor(String commit, String of) throws IOException {
    ObjectId id = ObjectId.fromString(commit);
    if (!has(id)) {
      return false;
    }
    try (RevWalk walk = new RevWalk(repository())) {
      return walk.isMergedInto(walk.parseCommit(id), walk.parseCommit(ObjectId.fromString(of)));
    }
  }

  /**
   * The paths that differ between a commit and its first parent: all of its paths if it has none.
   *
   * @param atMost how many may differ
   * @throws IOException when more do
   */
  public Set<String> paths(Step step, int atMost) throws IOException {
    Set<String> paths = new HashSet<>();
    try (RevWalk walk = new RevWalk(repository());
        TreeWalk trees = new TreeWalk(walk.getObjectReader())) {
      trees.setRecursive(true);
      trees.setFilter(TreeFilter.ANY_DIFF);
      trees.addTree(walk.parseCommit(ObjectId.fromString(step.id())).getTree());
      if (step.parents().isEmpty()) {
        trees.addTree(new EmptyTreeIterator());
      } else {
        trees.addTree(walk.parseCommit(ObjectId.fromString(step.parents().get(0))).getTree());
      }
      while (trees.next()) {
        if (paths.size() == atMost) {
          throw new IOException(
              "Commit %s changes more than %,d files".formatted(step.id(), atMost));
        }
        paths.add(trees.getPathString());
      }
    }
    return paths;
  }

  /**
   * Whether a merge of two parents holds exactly what Git makes of them by itself: nothing was
   * added by hand, and there was nothing to resolve. Where they have several newest common
   * ancestors this can't be told, and the answer is no. Nothing is written.
   */
  public boolean isPlainMerge(Step step) throws IOException {
    if (step.parents().size() != 2) {
      return false;
    }
    try (RevWalk walk = new RevWalk(repository());
        ObjectInserter nowhere = new Nowhere(repository())) {
      RevCommit merge = walk.parseCommit(ObjectId.fromString(step.id()));
      ThreeWayMerger merger = MergeStrategy.RESOLVE.newMerger(repository(), true);
      merger.setObjectInserter(nowhere);
      return merger.merge(merge.getParent(0), merge.getParent(1))
          && merge.getTree().equals(merger.getResultTreeId());
    } catch (NoMergeBaseException e) {
      return false;
    }
  }

  /** Names objects and keeps none: a repository that is only looked at stays as it is. */
  private static final class Nowhere extends ObjectInserter {
    private final Repository repository;

    Nowhere(Repository repository) {
      this.repository = repository;
    }

    @Override
    public ObjectId insert(int type, long length, InputStream in) throws IOException {
      return idFor(type, length, in);
    }

    @Override
    public PackParser newPackParser(InputStream in) {
      throw new UnsupportedOperationException();
    }

    @Override
    public ObjectReader newReader() {
      return repository.newObjectReader();
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
  }
}
