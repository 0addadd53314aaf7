// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import dev.gitops.core.manifest.ManifestExport;
import dev.gitops.core.manifest.ManifestReader;
import dev.gitops.core.manifest.SnapshotReader;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.spi.Timing;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.eclipse.jgit.lib.ObjectId;
import org.jspecify.annotations.Nullable;

/**
 * Writes into a Git repository elsewhere: commits are made in a bare clone, without a work tree,
 * and pushed to a branch, which is a rollback that everybody sees.
 *
 * <pre>{@code
 * try (var repo = GitWriter.of("https://git.example.com/kafka.git").branch("main").author("Ann <ann@example.com>").build()) {
 *   repo.revert("3f9a2c1");
 *   repo.on("rollback/orders").trailer("Incident", "INC-42").revert("3f9a2c1..7c1d0e5");
 * }
 * }</pre>
 *
 * <p>Every method that writes returns when the remote has confirmed, and has either done all that
 * it says or nothing. What others push meanwhile is never overwritten: the commits are made again
 * on the new head, up to ten times. Where there is nothing to do, nothing is committed. Calling
 * again after a failure is safe.
 *
 * <p>Of all of them: {@link GitRejectedException} when the remote refuses (a protected branch, a
 * hook), {@link IOException} when it can't be reached, a revision is not there, or the branch moves
 * all the time. The message says which and what to do, without credentials.
 *
 * <p>The hooks of a repository on this machine, given by its path, are not run; those of a server
 * are. Immutable, but for the clone that it shares with the variants that its methods return;
 * thread-safe: one write at a time.
 */
public final class GitWriter implements AutoCloseable {
  private final Upstream upstream;
  private final Manifests manifests;
  private final String branch;
  private final String onto;
  private final CommitStyle style;

  private GitWriter(
      Upstream upstream, Manifests manifests, String branch, String onto, CommitStyle style) {
    this.upstream = upstream;
    this.manifests = manifests;
    this.branch = branch;
    this.onto = onto;
    this.style = style;
  }

  /**
   * A writer into this repository.
   *
   * @param url as {@link GitStateSource#of} takes it; its credentials must be allowed to push
   * @throws IllegalArgumentException for any other URL
   */
  public static Builder of(String url) {
    return new Builder(GitUrl.parse(url));
  }

  /**
   * The same, but it leaves the branch alone and puts its commits on a new one that starts there,
   * for a pull request. It is an error if that exists already.
   *
   * @throws IllegalArgumentException for a name that Git does not allow
   */
  public GitWriter on(String newBranch) {
    Selector.branch(newBranch);
    return new GitWriter(upstream, manifests, branch, newBranch, style);
  }

  /** The same in somebody's name, written {@code Ann Example <ann@example.com>}. */
  public GitWriter author(String person) {
    return new GitWriter(upstream, manifests, branch, onto, style.author(person));
  }

  /** The same with this commit message instead of what would be said. */
  public GitWriter message(String text) {
    return message(standard -> text);
  }

  /**
   * The same with commit messages made of what would be said: {@code m -> "INC-42: " + m}.
   *
   * @param function called once for each commit, and again when the branch has moved
   */
  public GitWriter message(UnaryOperator<String> function) {
    return new GitWriter(upstream, manifests, branch, onto, style.message(function));
  }

  /**
   * The same with one more trailer at the end of each commit message.
   *
   * @param key letters, digits and hyphens: {@code Reviewed-by}
   * @param value one line
   */
  public GitWriter trailer(String key, String value) {
    return new GitWriter(upstream, manifests, branch, onto, style.trailer(key, value));
  }

  /**
   * Undoes a commit by a new one, or a range of commits by one new commit each, the newest first.
   *
   * @param commits a commit (id, at least 7 digits of it, branch or tag), or two with {@code ..}
   *     between: all that lead to the second and not to the first. They must be in the branch's
   *     history
   * @return no commits, if all that they did has been undone already
   * @throws GitConflictException when later commits changed the same lines
   * @throws IOException also when one of them is a merge: see {@link #revertMerge}
   */
  public Pushed revert(String commits) throws IOException {
    return revert(commits, 0, false);
  }

  /** Undoes a range of commits as {@link #revert} does, but by one commit. */
  public Pushed revertSquashed(String commits) throws IOException {
    return revert(commits, 0, true);
  }

  /**
   * Undoes a merge.
   *
   * @param mainline what to go back to: 1 for the branch that was merged into, as it was before; 2
   *     for the one that was merged
   * @throws GitConflictException when later commits changed the same lines
   */
  public Pushed revertMerge(String commit, int mainline) throws IOException {
    if (mainline < 1) {
      throw new IllegalArgumentException("Parents are counted from 1, not " + mainline);
    }
    return revert(commit, mainline, false);
  }

  private Pushed revert(String commits, int mainline, boolean squashed) throws IOException {
    List<String> ends = List.of(commits.split("\\.\\.", -1));
    if (ends.size() > 2 || ends.stream().anyMatch(end -> end.isBlank() || end.startsWith("."))) {
      throw new IllegalArgumentException(
          "Commits are given as one, or as two with '..' between, not '" + commits + "'");
    }
    ObjectId from = ends.size() == 2 ? upstream.find(ends.get(0)) : null;
    ObjectId to = upstream.find(ends.get(ends.size() - 1));
    return push(new Reverting(from, to, mainline, squashed, style));
  }

  /**
   * Makes all files below a path, or one file, what they were at a revision, whatever happened in
   * between.
   *
   * @param revision a commit, branch or tag
   * @param path of a directory or file; empty for all of the repository
   * @throws IOException also when there is nothing at that path, neither then nor now
   */
  public Pushed backTo(String revision, String path) throws IOException {
    String normal = SnapshotReader.normal(path);
    return push(GoingBack.path(upstream.find(revision), normal));
  }

  /**
   * Makes resources what they were declared to be at a revision, with their comments. Other
   * resources of the same files stay; what was not declared then is removed, what has been removed
   * since comes back where it was.
   *
   * @throws IOException also when one of them is declared neither then nor now, can't be told from
   *     something that can't be read, or shares a document with others
   */
  public Pushed backTo(String revision, ResourceId... resources) throws IOException {
    if (resources.length == 0) {
      throw new IllegalArgumentException("Say which resources, or which path");
    }
    return push(GoingBack.resources(upstream.find(revision), List.of(resources)));
  }

  /**
   * Changes one field of a resource; everything else in its file stays as it is, comments and
   * spaces included.
   *
   * @param pointer a JSON Pointer into its manifest: {@code /spec/partitions}
   * @param value what {@link dev.gitops.core.model.Tree#of} takes; fields and objects that are
   *     missing are added
   * @return no commits, if it has that value already
   * @throws dev.gitops.core.manifest.ManifestEditException when that would change something else,
   *     too: an alias, a merge key
   */
  public Pushed edit(ResourceId id, String pointer, @Nullable Object value) throws IOException {
    return edit(id, Collections.singletonMap(pointer, value));
  }

  /** Changes several fields, by pointer, as {@link #edit(ResourceId, String, Object)} does one. */
  public Pushed edit(ResourceId id, Map<String, ?> fields) throws IOException {
    return push(Editing.set(id, fields));
  }

  /**
   * Adds what exists already, a file for each resource, below the writer's path: so that Git can be
   * adopted for a system that runs. Files that are there with the same content stay.
   *
   * @return no commits, if all of it is there already
   * @throws IOException naming the resources that other files declare, or may, and the files that
   *     say something else; then nothing was pushed
   */
  public Pushed add(ManifestExport export) throws IOException {
    return push(Editing.add(export));
  }

  private Pushed push(Editing.Change change) throws IOException {
    return push(Editing.commit(manifests, style, change));
  }

  private Pushed push(Upstream.Work work) throws IOException {
    return upstream.push(branch, onto, work);
  }

  /** Where the clone is that is deleted on close; null if there is none. */
  @Nullable Path temporary() {
    return upstream.temporary();
  }

  /** Closes it and all its variants; deletes the temporary clone, if it was given no cache. */
  @Override
  public void close() {
    upstream.close();
  }

  /** Which repository, which branch, and in whose name. Not thread-safe. */
  public static final class Builder {
    private final GitUrl url;
    private @Nullable String branch;
    private @Nullable String author;
    private @Nullable String committer;
    private @Nullable Path cache;
    private GitAccess access = GitAccess.NONE;
    private GitTransport transport = GitTransport.defaults();
    private Duration timeout = Duration.ofMinutes(10);
    private Clock clock = Clock.systemUTC();
    private String path = "";
    private ManifestReader format = ManifestReader.create();

    private Builder(GitUrl url) {
      this.url = url;
    }

    /** The branch that commits are made on; required. */
    public Builder branch(String name) {
      Selector.branch(name);
      branch = name;
      return this;
    }

    /** In whose name, written {@code Ann Example <ann@example.com>}; required. */
    public Builder author(String person) {
      author = CommitStyle.person(person);
      return this;
    }

    /** Who commits it, if not the author: the service that this runs in. */
    public Builder committer(String person) {
      committer = CommitStyle.person(person);
      return this;
    }

    /**
     * Resources are looked for below this directory only; by default everywhere. The same as the
     * source's.
     */
    public Builder path(String directory) {
      path = SnapshotReader.normal(directory);
      return this;
    }

    /** How manifests are read; the same as the source's, and by default plain. */
    public Builder format(ManifestReader reader) {
      format = reader;
      return this;
    }

    /** Where the clone is kept, as in {@link GitStateSourceBuilder#cache}, and with it. */
    public Builder cache(Path directory) {
      cache = directory.toAbsolutePath().normalize();
      return this;
    }

    /** As whom, as in {@link GitStateSourceBuilder#access}; it must be allowed to push. */
    public Builder access(GitAccess newAccess) {
      access = newAccess;
      return this;
    }

    /** How the remote is reached, as in {@link GitStateSourceBuilder#transport}. */
    public Builder transport(GitTransport newTransport) {
      transport = newTransport;
      return this;
    }

    /** As in {@link GitStateSourceBuilder#timeout}; 10 minutes by default. */
    public Builder timeout(Duration atMost) {
      if (atMost.compareTo(Duration.ofSeconds(1)) < 0) {
        throw new IllegalArgumentException("A timeout is a second or more, not " + atMost);
      }
      timeout = atMost;
      return this;
    }

    /** Another clock and time zone for the commits. */
    public Builder clock(Clock newClock) {
      clock = newClock;
      return this;
    }

    /**
     * The writer; it has not touched the remote yet.
     *
     * @throws IllegalStateException without a branch or an author
     * @throws IllegalArgumentException when the access is not one for the URL
     */
    public GitWriter build() {
      if (branch == null || author == null) {
        throw new IllegalStateException(
            "A writer needs a branch and an author: call branch(...) and author(...)");
      }
      Route route = Route.to(url, access, transport, timeout, Timing.system());
      CommitStyle style =
          new CommitStyle(author, committer, UnaryOperator.identity(), List.of(), clock);
      Upstream upstream = new Upstream(route, cache);
      return new GitWriter(upstream, Manifests.of(format, path), branch, branch, style);
    }
  }
}
