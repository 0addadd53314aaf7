// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import dev.gitops.core.model.Document;
import dev.gitops.core.model.Kind;
import dev.gitops.core.model.Problem;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.model.Snapshot;
import dev.gitops.git.HistoryFiles.Memory;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import org.eclipse.jgit.revwalk.RevWalk;
import org.jspecify.annotations.Nullable;

/**
 * Who declared what, when and why: the history of resources, not of files. A resource is followed
 * by its id, into whatever file it is moved; a commit that changes only the format of a file, or
 * other resources in it, has not changed it.
 *
 * <pre>{@code
 * GitHistory history = git.history().kinds(Topic.KIND);
 * history.lastChange(ResourceId.of("Topic", "orders")).ifPresent(entry -> ...);
 * }</pre>
 *
 * <p>Each question asks the remote where the branch is, unless {@link #at} names a full commit id,
 * and may fetch the history that a clone does not have yet; then it reads the repository, without
 * keeping the source from fetching meanwhile. What the source can't see (other paths, ignored
 * files) has no history. Names in commits are for display ({@link Contribution}).
 *
 * <p>Thread-safe; one question is answered at a time. Closing the source ends it, too.
 */
public final class GitHistory {
  private final GitStateSource source;
  private final @Nullable String revision;
  private final Map<String, Kind<?>> kinds;
  private final Differences differences;
  private final Memory memory;

  GitHistory(
      GitStateSource source,
      @Nullable String revision,
      Map<String, Kind<?>> kinds,
      Differences differences,
      Memory memory) {
    this.source = source;
    this.revision = revision;
    this.kinds = kinds;
    this.differences = differences;
    this.memory = memory;
  }

  /** The history that led to what the source follows; no kind is known. */
  static GitHistory of(GitStateSource source) {
    return new GitHistory(source, null, Map.of(), new Differences(Map.of()), new Memory());
  }

  /** The history that led to another branch, tag or commit, such as that of a plan. */
  public GitHistory at(String branchTagOrCommit) {
    return new GitHistory(source, branchTagOrCommit, kinds, differences, memory);
  }

  /**
   * The same, with what is known of these kinds: their secret fields are masked, their lists
   * compared as maps or sets, fields left to others not at all. Of other kinds everything is
   * compared and shown. A declaration that does not fit its type is compared as a plain tree,
   * secrets masked all the same.
   */
  public GitHistory kinds(Kind<?>... known) {
    Map<String, Kind<?>> all = new HashMap<>(kinds);
    for (Kind<?> kind : known) {
      all.put(kind.name(), kind);
    }
    return new GitHistory(source, revision, Map.copyOf(all), new Differences(all), memory);
  }

  /**
   * Every commit that changed a resource, newest first, back to its first declaration and beyond,
   * should it have been removed and added again. The whole history is walked: see {@link
   * #of(ResourceId, int)}.
   *
   * @param id as in the manifests
   * @return empty for what was never declared
   * @throws IOException when the history can't be read, or a shallow repository does not have it
   */
  public List<HistoryEntry> of(ResourceId id) throws IOException {
    return of(id, Integer.MAX_VALUE);
  }

  /** The same, but the walk ends as soon as it has found so many commits. */
  public List<HistoryEntry> of(ResourceId id, int atMost) throws IOException {
    synchronized (memory) {
      try (HistoryFiles files = source.files(revision, true, memory);
          ResourceWalk walk = new ResourceWalk(files, id, differences)) {
        return walk.list(atMost);
      }
    }
  }

  /** The commit that changed a resource last; empty for what was never declared. */
  public Optional<HistoryEntry> lastChange(ResourceId id) throws IOException {
    return of(id, 1).stream().findFirst();
  }

  /**
   * How what is declared differs between two revisions.
   *
   * @param from a branch, tag or commit; one need not be an ancestor of the other
   * @throws IOException when one of them can't be found or read
   */
  public RevisionDiff between(String from, String to) throws IOException {
    synchronized (memory) {
      Snapshot before = snapshot(from);
      Snapshot after = snapshot(to);
      Map<ResourceId, Document> old = byId(before);
      Map<ResourceId, Document> now = byId(after);
      TreeSet<ResourceId> ids = new TreeSet<>(old.keySet());
      ids.addAll(now.keySet());
      List<ResourceDiff> diffs = new ArrayList<>();
      for (ResourceId id : ids) {
        ResourceDiff diff = diff(id, old.get(id), now.get(id), before, after);
        if (diff != null) {
          diffs.add(diff);
        }
      }
      return new RevisionDiff(
          before.revision(), after.revision(), diffs, before.problems(), after.problems());
    }
  }

  private @Nullable ResourceDiff diff(
      ResourceId id,
      @Nullable Document from,
      @Nullable Document to,
      Snapshot before,
      Snapshot after) {
    Document only = from == null ? to : from;
    if ((from == null || to == null) && only != null) {
      String file = only.resource().origin().file();
      for (Problem problem : (from == null ? before : after).problems()) {
        if (problem.hides().test(id, file)) {
          return Differences.unreadable(id, from, to, problem);
        }
      }
    }
    return differences.between(id, from, to);
  }

  private Snapshot snapshot(String wanted) throws IOException {
    try (HistoryFiles files = source.files(wanted, false, memory);
        RevWalk walk = new RevWalk(files.reader)) {
      return files.snapshot(walk.parseCommit(files.head));
    }
  }

  /** Of what is declared twice the first counts; the engine applies neither. */
  private static Map<ResourceId, Document> byId(Snapshot snapshot) {
    Map<ResourceId, Document> documents = new TreeMap<>();
    snapshot.documents().forEach(d -> documents.putIfAbsent(d.resource().id(), d));
    return documents;
  }
}
