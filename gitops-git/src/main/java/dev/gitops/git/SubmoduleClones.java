// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import dev.gitops.git.ModulesFile.Module;
import dev.gitops.git.ModulesFile.RefusedException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;
import org.eclipse.jgit.lib.ObjectId;

/** The clones of a source's submodules, which stay open from one snapshot to the next. */
final class SubmoduleClones implements AutoCloseable {
  private static final int OPEN = 100;

  private final Submodules policy;
  private final Route parent;
  private final Path cache;
  private final InstantSource clock;
  private final Map<String, Clone> open = new LinkedHashMap<>();

  /**
   * Nothing is cloned yet.
   *
   * @param parent of the repository that the source follows
   */
  SubmoduleClones(Submodules policy, Route parent, Path cache, InstantSource clock) {
    this.policy = policy;
    this.parent = parent;
    this.cache = cache;
    this.clock = clock;
  }

  int atMost() {
    return policy.atMost();
  }

  int depth() {
    return policy.depth();
  }

  /** Where the repository is that the source follows. */
  GitUrl url() {
    return parent.url();
  }

  /** A submodule, found: where it is and what it is pinned to, as long as nothing else is asked. */
  record Found(GitUrl url, ObjectId commit, Clone store) {
    GitTree tree() throws IOException {
      Commits commits = new Commits(store.repository(), url.toString(), Reach.PUBLISHED);
      return new GitTree(store.repository().newObjectReader(), commits.read(commit).tree());
    }
  }

  /**
   * The place from which a submodule may be read.
   *
   * @param base of the repository that has it
   * @throws RefusedException if it may not be read from there
   */
  GitUrl allowed(GitUrl base, Module module) throws RefusedException {
    GitUrl url = ModulesFile.resolve(base, module);
    if (policy.access(parent, url) == null) {
      throw new RefusedException(
          module.line(),
          "%s is neither where %s is nor where submodules may come from. Name it with"
                  .formatted(url, parent.url())
              + " Submodules.from, if it is to be read");
    }
    return url;
  }

  /**
   * Clones or fetches it, unless the commit is here.
   *
   * @param at where it stands, to tell apart what has the same URL
   */
  Found find(String at, GitUrl url, ObjectId commit) throws IOException {
    String key = at + "\n" + url;
    Clone clone = open.get(key);
    if (clone == null) {
      GitAccess access = policy.access(parent, url);
      Route route =
          Route.to(
              url,
              access == null ? GitAccess.NONE : access,
              parent.transport(),
              parent.timeout(),
              parent.timing());
      clone = new Clone(route, cache, Selector.HEAD, clock, false);
      if (open.size() >= OPEN) {
        // The oldest; it is opened again when it is asked for.
        Map.Entry<String, Clone> oldest = open.entrySet().iterator().next();
        oldest.getValue().close();
        open.remove(oldest.getKey());
      }
      open.put(key, clone);
    }
    clone.find(Selector.commit(commit.name()));
    return new Found(url, commit, clone);
  }

  @Override
  public void close() {
    open.values().forEach(Clone::close);
    open.clear();
  }
}
