// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import dev.gitops.git.GitConflictException.Conflict;
import dev.gitops.git.GitConflictException.Stage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.eclipse.jgit.lib.Config;
import org.eclipse.jgit.lib.ObjectId;
import org.eclipse.jgit.lib.ObjectInserter;
import org.eclipse.jgit.lib.ObjectReader;
import org.eclipse.jgit.lib.TreeFormatter;
import org.eclipse.jgit.merge.MergeStrategy;
import org.eclipse.jgit.merge.ResolveMerger;
import org.eclipse.jgit.revwalk.RevCommit;
import org.eclipse.jgit.revwalk.RevSort;
import org.eclipse.jgit.revwalk.RevWalk;
import org.eclipse.jgit.treewalk.TreeWalk;
import org.jspecify.annotations.Nullable;

/**
 * Makes commits that undo commits, as {@code git revert} does: a three-way merge of the branch with
 * the state before the commit, whose common base is the state after it. Nothing of the repository's
 * or a user's configuration takes part in it (attributes, filters, line ends).
 *
 * @param from undone are the commits that lead to {@code to} and not to this one; null for {@code
 *     to} alone
 * @param mainline which parent of a merge it is undone against, counted from 1; 0 if it must not be
 *     a merge
 * @param squashed whether one commit undoes all
 * @param style who commits it, and in which words
 */
record Reverting(
    @Nullable ObjectId from, ObjectId to, int mainline, boolean squashed, CommitStyle style)
    implements Upstream.Work {
  private static final int MAX_COMMITS = 1_000;
  private static final int MAX_LISTED = 100;

  @Override
  public List<ObjectId> on(ObjectId head, ObjectInserter inserter) throws IOException {
    try (ObjectReader reader = inserter.newReader();
        RevWalk walk = new RevWalk(reader)) {
      List<RevCommit> undo = commits(walk, head);
      List<ObjectId> made = new ArrayList<>();
      ObjectId parent = head;
      ObjectId before = walk.parseCommit(head).getTree().copy();
      ObjectId tree = before;
      for (RevCommit commit : undo) {
        ObjectId result = merge(walk, inserter, commit, tree);
        if (!squashed && !result.equals(tree)) {
          parent = style.commit(inserter, parent, result, message(commit));
          made.add(parent);
        }
        tree = result;
      }
      if (squashed && !tree.equals(before)) {
        made.add(style.commit(inserter, head, tree, message(undo)));
      }
      return made;
    }
  }

  /** What is to be undone, the newest first. */
  private List<RevCommit> commits(RevWalk walk, ObjectId head) throws IOException {
    RevCommit last = walk.parseCommit(to);
    if (!walk.isMergedInto(last, walk.parseCommit(head))) {
      throw new IOException(
          "Commit %s is not in the history of the branch, so there is nothing to revert on it"
              .formatted(to.name()));
    }
    walk.reset();
    if (from == null) {
      return List.of(last);
    }
    walk.sort(RevSort.TOPO);
    walk.markStart(last);
    walk.markUninteresting(walk.parseCommit(from));
    List<RevCommit> commits = new ArrayList<>();
    for (RevCommit commit = walk.next(); commit != null; commit = walk.next()) {
      if (commits.size() == MAX_COMMITS) {
        throw new IOException(
            "The range has more than %,d commits; go back to a revision instead"
                .formatted(MAX_COMMITS));
      }
      commits.add(commit);
    }
    if (commits.isEmpty()) {
      throw new IOException(
          "No commit leads to %s that does not lead to %s; write the older one first"
              .formatted(to.name(), from.name()));
    }
    walk.reset();
    walk.sort(RevSort.NONE);
    return commits;
  }

  private ObjectId merge(RevWalk walk, ObjectInserter inserter, RevCommit commit, ObjectId tree)
      throws IOException {
    ObjectId theirs = parentTree(walk, inserter, commit);
    ResolveMerger merger =
        (ResolveMerger) MergeStrategy.RECURSIVE.newMerger(inserter, new Config());
    merger.setBase(commit.getTree());
    if (merger.merge(false, tree, theirs)) {
      return merger.getResultTreeId();
    }
    Set<String> paths = new TreeSet<>(merger.getUnmergedPaths());
    if (merger.getFailingPaths() != null) {
      paths.addAll(merger.getFailingPaths().keySet());
    }
    List<Conflict> conflicts = new ArrayList<>();
    for (String path : paths) {
      Set<Stage> stages = EnumSet.noneOf(Stage.class);
      addIfThere(stages, Stage.BASE, walk, path, commit.getTree());
      addIfThere(stages, Stage.OURS, walk, path, tree);
      addIfThere(stages, Stage.THEIRS, walk, path, theirs);
      conflicts.add(new Conflict(path, stages));
    }
    throw new GitConflictException(
        "Commit %s (\"%s\") can't be reverted as it is".formatted(commit.name(), subject(commit)),
        conflicts);
  }

  private static void addIfThere(
      Set<Stage> stages, Stage stage, RevWalk walk, String path, ObjectId tree) throws IOException {
    try (TreeWalk found = TreeWalk.forPath(walk.getObjectReader(), path, tree)) {
      if (found != null) {
        stages.add(stage);
      }
    }
  }

  private ObjectId parentTree(RevWalk walk, ObjectInserter inserter, RevCommit commit)
      throws IOException {
    int parents = commit.getParentCount();
    if (parents > 1 && mainline == 0) {
      throw new IOException(
          "Commit %s is a merge of %d parents. Say against which it is to be reverted: revertMerge, with 1 for the branch that it was merged into"
              .formatted(commit.name(), parents));
    }
    if (mainline > Math.max(1, parents)) {
      throw new IOException(
          "Commit %s has no parent %d, only %d".formatted(commit.name(), mainline, parents));
    }
    if (parents == 0) {
      return inserter.insert(new TreeFormatter());
    }
    RevCommit parent = commit.getParent(Math.max(1, mainline) - 1);
    walk.parseHeaders(parent);
    return parent.getTree().copy();
  }

  private String message(RevCommit commit) {
    String subject = subject(commit);
    // As Git itself says it since 2.43.
    boolean again = subject.startsWith("Revert \"") && !subject.startsWith("Revert \"Revert \"");
    String first =
        again ? "Reapply " + subject.substring("Revert ".length()) : "Revert \"" + subject + "\"";
    String reversing =
        commit.getParentCount() > 1
            ? ", reversing\nchanges made to " + commit.getParent(mainline - 1).name()
            : "";
    return first + "\n\nThis reverts commit " + commit.name() + reversing + ".";
  }

  private String message(List<RevCommit> commits) {
    if (commits.size() == 1) {
      return message(commits.get(0));
    }
    StringBuilder text = new StringBuilder("Revert " + commits.size() + " commits\n");
    commits.stream()
        .limit(MAX_LISTED)
        .forEach(
            c -> text.append("\nThis reverts commit %s (\"%s\").".formatted(c.name(), subject(c))));
    if (commits.size() > MAX_LISTED) {
      text.append("\nAnd all between that and ").append(commits.get(commits.size() - 1).name());
    }
    return text.toString();
  }

  /** Others wrote it, and it goes into messages. */
  private static String subject(RevCommit commit) {
    String subject = commit.getShortMessage().replaceAll("[\\p{C}\\p{Zl}\\p{Zp}]+", " ").strip();
    return subject.length() <= 200 ? subject : subject.substring(0, 200) + "…";
  }
}
