// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import dev.gitops.core.manifest.DocumentFormat;
import dev.gitops.core.manifest.ManifestReader;
import dev.gitops.core.manifest.SnapshotReader;
import dev.gitops.core.spi.Timing;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Which repository, which of its commits, and what of them; begins at {@link GitStateSource#of} or
 * {@link GitStateSource#local}. Not thread-safe.
 */
public final class GitStateSourceBuilder {
  static final String IGNORE_FILE = ".gitopsignore";

  final @Nullable GitUrl url;
  final Path local;
  Selector head = Selector.HEAD;
  List<String> paths = List.of("");
  String ignoreFile = IGNORE_FILE;
  @Nullable Path cache;
  @Nullable Submodules submodules;
  GitAccess access = GitAccess.NONE;
  GitTransport transport = GitTransport.defaults();
  Timing timing = Timing.system();
  Duration timeout = Duration.ofMinutes(10);
  DocumentFormat format = ManifestReader.create();
  OnRewrite onRewrite = OnRewrite.HOLD;
  private final List<RevisionRule> more = new ArrayList<>();
  InstantSource clock = InstantSource.system();

  GitStateSourceBuilder(@Nullable GitUrl url, Path local) {
    this.url = url;
    this.local = local;
  }

  /**
   * Follows a branch. By default it is the one that the repository itself calls its head.
   *
   * @throws IllegalStateException if another branch, tag or commit is set already
   */
  public GitStateSourceBuilder branch(String branch) {
    return head(Selector.branch(branch));
  }

  /** Follows a tag, wherever it is moved to. */
  public GitStateSourceBuilder tag(String tag) {
    return head(Selector.tag(tag));
  }

  /**
   * Follows the tag of the highest semantic version in a range: {@code >=1.2 <2.0}, {@code ^1.2},
   * {@code 1.x}, {@code 1.2 - 1.4 || 2.x}. Tags are called {@code 1.2.3} or {@code v1.2.3}; others
   * are passed over. A pre-release ({@code 2.0.0-rc.1}) counts only if the range names one of the
   * same version ({@code >=2.0.0-rc.0}).
   *
   * @throws IllegalArgumentException for what is no such range
   */
  public GitStateSourceBuilder tags(String range) {
    return head(Selector.tags(range, ""));
  }

  /**
   * The same, among the tags that begin with a prefix: {@code kafka-v} for {@code kafka-v1.2.3}.
   *
   * @throws IllegalArgumentException for what is no such range or prefix
   */
  public GitStateSourceBuilder tags(String range, String prefix) {
    return head(Selector.tags(range, prefix));
  }

  /**
   * Follows any ref by its full name, such as {@code refs/pull/42/head}. What only such a ref leads
   * to is given out to a source that follows it, or when a person names the ref.
   */
  public GitStateSourceBuilder ref(String ref) {
    return head(Selector.fullRef(ref));
  }

  /** Stays at one commit, given by its full id or at least 7 digits of it. */
  public GitStateSourceBuilder commit(String commit) {
    return head(Selector.commit(commit));
  }

  private GitStateSourceBuilder head(Selector selector) {
    if (!head.equals(Selector.HEAD)) {
      throw new IllegalStateException(
          "A source follows one of branch, tag, tags, ref, commit; " + head + " is set already");
    }
    head = selector;
    return this;
  }

  /** What to do when the head does not descend from what was accepted; by default hold it. */
  public GitStateSourceBuilder onRewrite(OnRewrite policy) {
    onRewrite = policy;
    return this;
  }

  /**
   * Reads only what is below these directories of the repository; by default everything. One that
   * is missing is an error.
   *
   * @throws IllegalArgumentException for none, one with {@code ..} or a backslash, or one that is
   *     inside another
   */
  public GitStateSourceBuilder path(String... directories) {
    List<String> normal = Stream.of(directories).map(SnapshotReader::normal).toList();
    for (int i = 0; i < normal.size(); i++) {
      for (int k = 0; k < normal.size(); k++) {
        if (i != k && (normal.get(i) + "/").startsWith(prefix(normal.get(k)))) {
          throw new IllegalArgumentException(
              "The path '%s' is inside '%s'".formatted(directories[i], directories[k]));
        }
      }
    }
    if (normal.isEmpty()) {
      throw new IllegalArgumentException("Give at least one path");
    }
    paths = normal;
    return this;
  }

  private static String prefix(String directory) {
    return directory.isEmpty() ? "" : directory + "/";
  }

  /**
   * How files are called that say, in the syntax of {@code .gitignore}, what in their directory and
   * below is not read; {@code .gitopsignore} by default. What is ignored is as if it were not
   * there; but when these files change, what is missing is not deleted before a person confirms it.
   *
   * @param name without a slash; empty for none
   */
  public GitStateSourceBuilder ignoreFile(String name) {
    if (name.indexOf('/') >= 0) {
      throw new IllegalArgumentException("A file name has no slash: '" + name + "'");
    }
    ignoreFile = name;
    return this;
  }

  /**
   * Reads submodules as directories; by default they are unread, so that nothing is deleted. One
   * that can't be read fails the fetch. The history does not follow resources into them.
   */
  public GitStateSourceBuilder submodules(Submodules allowed) {
    submodules = allowed;
    return this;
  }

  /**
   * Where clones are kept from one run to the next; created, for this user only, if absent. Any
   * number of sources, also of other processes, may share it; whoever can read the directory can
   * read what is in the repositories. By default a temporary directory, deleted on close, so that
   * every start clones anew. Of no effect for a local repository without submodules.
   */
  public GitStateSourceBuilder cache(Path directory) {
    cache = directory.toAbsolutePath().normalize();
    return this;
  }

  /**
   * How long one conversation with the remote may take, and how long to wait for others who use the
   * same clone; 10 minutes by default. A remote that is silent for a minute is given up before
   * that.
   *
   * @throws IllegalArgumentException for less than a second
   */
  public GitStateSourceBuilder timeout(Duration atMost) {
    if (atMost.compareTo(Duration.ofSeconds(1)) < 0) {
      throw new IllegalArgumentException("A timeout is a second or more, not " + atMost);
    }
    timeout = atMost;
    return this;
  }

  /**
   * As whom the remote is read; by default anonymously, or with the user and password that stand in
   * an HTTP URL. Of no effect for a local repository and for a file URL.
   */
  public GitStateSourceBuilder access(GitAccess newAccess) {
    access = newAccess;
    return this;
  }

  /** How the remote is reached. Of no effect for a local repository and for a file URL. */
  public GitStateSourceBuilder transport(GitTransport newTransport) {
    transport = newTransport;
    return this;
  }

  /** The clock for timeouts, pauses and the lifetime of tokens; the system's by default. */
  public GitStateSourceBuilder timing(Timing newTiming) {
    timing = newTiming;
    return this;
  }

  /** How files become documents, and within which limits; by default plain manifests. */
  public GitStateSourceBuilder format(DocumentFormat documentFormat) {
    format = documentFormat;
    return this;
  }

  /** Uses only commits that this rule lets through as well; all rules must, in this order. */
  public GitStateSourceBuilder require(RevisionRule rule) {
    more.add(rule);
    return this;
  }

  /** What is asked of a commit before it is read. */
  List<RevisionRule> rules() {
    List<RevisionRule> rules = new ArrayList<>();
    if (onRewrite == OnRewrite.HOLD) {
      rules.add(new RewriteRule());
    }
    rules.addAll(more);
    return List.copyOf(rules);
  }

  /**
   * The source; it has not touched the remote or a repository yet.
   *
   * @throws IllegalArgumentException when the access is not one for the URL
   */
  public GitStateSource build() {
    return new GitStateSource(this);
  }
}
