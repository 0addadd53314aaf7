// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import dev.gitops.core.manifest.DocumentFormat;
import dev.gitops.core.manifest.FileTree;
import dev.gitops.core.manifest.SnapshotReader;
import dev.gitops.core.model.Revision;
import dev.gitops.core.model.Snapshot;
import dev.gitops.core.spi.HeldRevisionException;
import dev.gitops.core.spi.StateSource;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.eclipse.jgit.lib.ObjectId;
import org.eclipse.jgit.lib.Repository;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The files of a commit in a Git repository, as desired state. A remote repository is cloned bare
 * into a cache directory and from then on fetched incrementally, and only when the remote's ref has
 * moved; a {@linkplain #local(Path) local} one is read where it is. There is never a work tree.
 *
 * <pre>{@code
 * var git = GitStateSource.of("https://git.example.com/kafka.git").branch("main").path("topics/").build();
 * }</pre>
 *
 * <p>A revision handed to {@link #fetch} is a branch, a tag, a full ref name, or a commit by its
 * full id or at least 7 digits of it. A commit is given out only if a branch, tag or other ref that
 * was fetched leads to it. The full id of a commit that the cache has is answered without asking
 * the remote.
 *
 * <p>A submodule (unless {@linkplain GitStateSourceBuilder#submodules opted in}), a pointer of Git
 * LFS, and a name that is not the same on every system (not UTF-8, differing from another only in
 * case, {@code .git}) become problems that hide anything; symbolic links are followed inside the
 * repository only.
 *
 * <p>Thread-safe; one fetch runs at a time. JGit reads the user's and the system's Git
 * configuration whenever it opens a repository, and keeps a file of its own in the user's
 * configuration directory. What could change a fetch is overridden in each clone; to keep JGit away
 * from these files altogether see {@link JGitIsolation}.
 */
public final class GitStateSource implements StateSource {
  private static final Logger LOG = LoggerFactory.getLogger(GitStateSource.class);

  private final String name;
  private final Selector head;
  private final List<String> paths;
  private final String ignoreFile;
  private final Map<String, String> ignoreFiles = new HashMap<>();
  private final String identity;
  private final Store store;
  private final @Nullable Path temporary;
  private final DocumentFormat format;
  private final SnapshotReader snapshots;
  private final List<RevisionRule> rules;
  private final @Nullable SubmoduleClones submodules;
  private @Nullable Snapshot last;
  private boolean closed;

  GitStateSource(GitStateSourceBuilder builder) {
    this.head = builder.head;
    this.paths = builder.paths;
    this.ignoreFile = builder.ignoreFile;
    this.name = builder.url == null ? builder.local.toString() : builder.url.toString();
    GitUrl url = builder.url;
    if (url == null && builder.submodules != null) {
      url = GitUrl.parse(builder.local.toString());
    }
    this.temporary = url != null && builder.cache == null ? temporaryDirectory() : null;
    Path cache = temporary == null ? builder.cache : temporary;
    Route route =
        url == null
            ? null
            : Route.to(url, builder.access, builder.transport, builder.timeout, builder.timing);
    this.store =
        builder.url == null || route == null || cache == null
            ? new LocalRepository(builder.local, Reach.of(head))
            : new Clone(route, cache, head, builder.clock, false);
    this.submodules =
        builder.submodules == null || route == null || cache == null
            ? null
            : new SubmoduleClones(builder.submodules, route, cache, builder.clock);
    this.identity =
        "git "
            + name
            + paths.stream().sorted().map(p -> " path '" + p + "'").collect(Collectors.joining())
            + (ignoreFile.equals(GitStateSourceBuilder.IGNORE_FILE)
                ? ""
                : " ignore file '" + ignoreFile + "'")
            + (submodules == null ? "" : " with submodules")
            + " "
            + builder.format.identity();
    this.format = builder.format;
    this.snapshots = new SnapshotReader(format);
    this.rules = builder.rules();
  }

  private static Path temporaryDirectory() {
    try {
      return Files.createTempDirectory("gitops-git");
    } catch (IOException e) {
      throw new UncheckedIOException("No temporary directory; give this source a cache(Path)", e);
    }
  }

  /**
   * A source of what is declared in a repository elsewhere.
   *
   * @param url {@code https://}, {@code http://}, {@code ssh://} or {@code user@host:path} (user
   *     {@code git} if none is named), {@code file://}, or an absolute path. User and password or
   *     token in an HTTP URL go to that repository only, and into no message or file; better give
   *     them by {@link GitStateSourceBuilder#access}
   * @throws IllegalArgumentException for any other URL
   */
  public static GitStateSourceBuilder of(String url) {
    return new GitStateSourceBuilder(GitUrl.parse(url), Path.of(""));
  }

  /**
   * A source of what is declared in a repository on this machine, which others keep up to date:
   * nothing is fetched into it and nothing written.
   *
   * @param repository a bare repository, or the directory that holds {@code .git}; of the latter
   *     the commits count, not the files that lie there
   */
  public static GitStateSourceBuilder local(Path repository) {
    return new GitStateSourceBuilder(null, repository.toAbsolutePath().normalize());
  }

  /**
   * {@inheritDoc} The rules of this source are not asked.
   *
   * @param revision a branch, a tag, a full ref name ({@code refs/pull/42/head}), or a commit; null
   *     for what the source was built for
   * @throws IllegalArgumentException when no ref or commit can be called that
   * @throws IOException when the remote can't be reached in time, there is no such branch, tag,
   *     commit or path, or what there is can't be read; the message says which and what to do
   */
  @Override
  public synchronized Snapshot fetch(@Nullable String revision) throws IOException {
    return fetch(revision, null, (wanted, found) -> {});
  }

  /**
   * {@inheritDoc}
   *
   * @param accepted the full id of a commit: it is kept, and may be asked for whatever leads to it
   * @throws IllegalArgumentException as {@link #fetch(String)} does
   * @throws IOException as {@link #fetch(String)} does
   */
  @Override
  public synchronized Snapshot fetch(@Nullable String revision, @Nullable String accepted)
      throws IOException, HeldRevisionException {
    ObjectId before =
        accepted == null || !ObjectId.isId(accepted) ? null : ObjectId.fromString(accepted);
    return fetch(revision, before, (wanted, found) -> check(wanted, found, accepted));
  }

  /** What has to be well with a commit before it is read. */
  @FunctionalInterface
  private interface Condition<E extends Exception> {
    void check(Selector wanted, Store.Found found) throws IOException, E;
  }

  private <E extends Exception> Snapshot fetch(
      @Nullable String revision, @Nullable ObjectId accepted, Condition<E> condition)
      throws IOException, E {
    if (closed) {
      throw new IllegalStateException("This source is closed: " + name);
    }
    Selector wanted = revision == null ? head : Selector.parse(revision);
    Store.Found found = store.find(wanted, accepted);
    Snapshot snapshot;
    try {
      condition.check(wanted, found);
      snapshot = read(found.commit());
    } catch (IOException e) {
      if (!Damage.causes(e)) {
        throw e;
      }
      store.repair(found.commit(), e);
      found = store.find(wanted, accepted);
      condition.check(wanted, found);
      snapshot = read(found.commit());
    }
    last = snapshot;
    return snapshot;
  }

  private void check(Selector wanted, Store.Found found, @Nullable String accepted)
      throws IOException, HeldRevisionException {
    if (rules.isEmpty() || found.commit().name().equals(accepted)) {
      return;
    }
    Revision revision = commits().read(found.commit()).revision();
    for (RevisionRule rule : rules) {
      rule.check(new Candidate(store, wanted, found, revision, accepted));
    }
  }

  private Commits commits() {
    return new Commits(store.repository(), name, Reach.PUBLISHED);
  }

  private Snapshot read(ObjectId commit) throws IOException {
    Snapshot known = last;
    if (known != null && known.revision().id().equals(commit.name())) {
      return known;
    }
    Commits.Read read = commits().read(commit);
    try (GitTree root = new GitTree(store.repository().newObjectReader(), read.tree());
        SubmoduleTree whole = submodules == null ? null : new SubmoduleTree(root, submodules)) {
      FileTree tree = whole == null ? root : whole;
      if (ignoreFile.isEmpty()) {
        return snapshots.read(tree, paths, read.revision());
      }
      IgnoredTree seen = new IgnoredTree(tree, ignoreFile, ignoreFiles);
      Snapshot all = snapshots.read(seen, paths, read.revision());
      return new Snapshot(all.revision(), all.documents(), all.problems(), seen.extent(paths));
    } catch (NoSuchFileException e) {
      throw missing(e, commit);
    }
  }

  /**
   * Not given as the cause: a file that a clone lacks is damage, a directory of a commit is not.
   */
  private IOException missing(NoSuchFileException e, ObjectId commit) {
    String path = e.getFile();
    if (path.startsWith(store.repository().getDirectory().getPath())) {
      return e;
    }
    return new IOException(
        "There is no directory '%s' in %s at commit %s%s. Check the path of the source"
            .formatted(
                path,
                name,
                commit.name(),
                e.getReason() == null ? "" : " (" + e.getReason() + ")"));
  }

  /**
   * Who declared what, when and why, up to what this source follows. Its rules are not asked: it
   * shows what is there, also what is held.
   */
  public GitHistory history() {
    return GitHistory.of(this);
  }

  /** A commit and its history to read in; to be closed. */
  synchronized HistoryFiles files(
      @Nullable String revision, boolean history, HistoryFiles.Memory memory) throws IOException {
    if (closed) {
      throw new IllegalStateException("This source is closed: " + name);
    }
    ObjectId commit = store.find(revision == null ? head : Selector.parse(revision));
    boolean shallow = !store.repository().getObjectDatabase().getShallowCommits().isEmpty();
    if (history && shallow && !store.complete(commit, null)) {
      throw new IOException(
          "The history of %s is cut off in %s. Run git fetch --unshallow there"
              .formatted(commit.name(), name));
    }
    Repository repository = store.repository();
    return new HistoryFiles(repository, commit, name, paths, ignoreFile, format, rules, memory);
  }

  @Override
  public String identity() {
    return identity;
  }

  /** Where the clone is that is deleted on close; null if there is none. */
  @Nullable Path temporary() {
    return temporary;
  }

  /** {@inheritDoc} Deletes the temporary clone, if the source was given no cache. */
  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    store.close();
    if (submodules != null) {
      submodules.close();
    }
    if (temporary != null) {
      try {
        CloneDirectory.delete(temporary);
      } catch (IOException e) {
        LOG.warn("The temporary clone in {} stays behind", temporary, e);
      }
    }
  }
}
