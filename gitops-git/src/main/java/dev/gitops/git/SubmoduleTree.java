// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import dev.gitops.core.manifest.FileTree;
import dev.gitops.git.ModulesFile.Module;
import dev.gitops.git.ModulesFile.RefusedException;
import dev.gitops.git.SubmoduleClones.Found;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.eclipse.jgit.lib.Constants;
import org.eclipse.jgit.lib.ObjectId;
import org.jspecify.annotations.Nullable;

/**
 * A tree in which submodules are directories. One is fetched when it is first listed, so those that
 * nobody looks into cost nothing. What stands in a directory then depends on {@code .gitmodules},
 * too, which is therefore part of its content id.
 */
final class SubmoduleTree implements FileTree, AutoCloseable {
  private final SubmoduleClones clones;
  private final Mount root;
  private final Map<String, Mount> mounts = new HashMap<>();
  private final Map<String, String> reasons = new HashMap<>();

  /** Puts the submodules into a tree, which somebody else closes. */
  SubmoduleTree(GitTree root, SubmoduleClones clones) throws IOException {
    this.clones = clones;
    this.root = new Mount("", clones.url(), root, 0, "", null);
  }

  /** A repository at its place in the whole. */
  private final class Mount {
    final String at;
    final GitUrl url;
    final int depth;
    final @Nullable Found found;
    GitTree tree;
    Map<String, Module> modules = Map.of();
    String refusal = "";
    String digest = "";

    Mount(String at, GitUrl url, GitTree tree, int depth, String above, @Nullable Found found)
        throws IOException {
      this.at = at;
      this.url = url;
      this.tree = tree;
      this.depth = depth;
      this.found = found;
      for (Entry entry : tree.list("")) {
        if (entry.name().equals(ModulesFile.NAME)) {
          readModules(entry, above);
        }
      }
    }

    private void readModules(Entry file, String above) throws IOException {
      digest = digest(above, file.contentId());
      try {
        if (file.type() != Type.FILE) {
          throw new RefusedException(1, "it is no regular file");
        }
        Map<String, Module> named =
            ModulesFile.read(tree.read(file, ModulesFile.MAX_BYTES + 1), clones.atMost());
        for (Module module : named.values()) {
          clones.allowed(url, module);
          refuseLinks(module);
        }
        modules = named;
      } catch (RefusedException e) {
        refusal = String.valueOf(e.getMessage());
      }
    }

    /** Git would look for the submodule where the link leads. */
    private void refuseLinks(Module module) throws IOException, RefusedException {
      String path = module.path();
      for (int end = path.indexOf('/'); end > 0; end = path.indexOf('/', end + 1)) {
        Entry entry = entry(tree, path.substring(0, end));
        if (entry == null || entry.type() != Type.DIRECTORY) {
          if (entry != null && entry.type() == Type.LINK) {
            throw new RefusedException(
                module.line(), "'" + ModulesFile.shown(path) + "' leads over a symbolic link");
          }
          return;
        }
      }
    }

    String inside(String path) {
      return at.isEmpty() || path.equals(at)
          ? path.substring(at.length())
          : path.substring(at.length() + 1);
    }
  }

  private static @Nullable Entry entry(GitTree tree, String path) throws IOException {
    String directory = path.substring(0, Math.max(0, path.lastIndexOf('/')));
    return tree.list(directory).stream()
        .filter(entry -> entry.path().equals(path))
        .findFirst()
        .orElse(null);
  }

  /**
   * There is a submodule that can't be read; never a sign that the repository itself is damaged.
   */
  static final class UnreadException extends IOException {
    private static final long serialVersionUID = 1;

    UnreadException(String message, @Nullable IOException cause) {
      super(message, cause);
    }
  }

  /** The repository that a path is in; fetches those on the way. */
  private Mount mount(String path) throws IOException {
    Mount here = root;
    for (int end = 0; end < path.length(); ) {
      int slash = path.indexOf('/', end + 1);
      end = slash < 0 ? path.length() : slash;
      String prefix = path.substring(0, end);
      Mount known = mounts.get(prefix);
      Module module = here.modules.get(here.inside(prefix));
      if (known == null && module != null && here.depth < clones.depth()) {
        Entry entry = entry(here.tree, module.path());
        if (entry != null && isSubmodule(entry)) {
          known = fetch(here, prefix, module, ObjectId.fromString(entry.contentId()));
          mounts.put(prefix, known);
        }
      }
      here = known == null ? here : known;
    }
    return here;
  }

  private static boolean isSubmodule(Entry entry) {
    return entry.type() == Type.OTHER && !entry.contentId().isEmpty();
  }

  private Mount fetch(Mount parent, String at, Module module, ObjectId commit) throws IOException {
    try {
      GitUrl url = clones.allowed(parent.url, module);
      Found found = clones.find(at, url, commit);
      try {
        return new Mount(at, url, found.tree(), parent.depth + 1, parent.digest, found);
      } catch (IOException e) {
        if (!Damage.causes(e)) {
          throw e;
        }
        found.store().repair(commit, e);
        found = clones.find(at, url, commit);
        return new Mount(at, url, found.tree(), parent.depth + 1, parent.digest, found);
      }
    } catch (UnreadException e) {
      throw e;
    } catch (IOException | IllegalArgumentException | RefusedException e) {
      throw unread(at, where(parent) + " line " + module.line(), e);
    }
  }

  private static String where(Mount mount) {
    return mount.at.isEmpty() ? ModulesFile.NAME : mount.at + "/" + ModulesFile.NAME;
  }

  private static UnreadException unread(String at, String where, Exception e) {
    // A cause that looks like damage would have the repository itself cloned again.
    IOException cause = e instanceof IOException io && !Damage.causes(io) ? io : null;
    return new UnreadException(
        "The submodule at '%s' (%s) can't be read: %s".formatted(at, where, e.getMessage()), cause);
  }

  /** What is asked of the tree of a repository. */
  @FunctionalInterface
  private interface Question<T> {
    T ask(GitTree tree) throws IOException;
  }

  /** Asks again once, of a fresh clone, where a submodule's is damaged. */
  private <T> T ask(Mount mount, Question<T> question) throws IOException {
    Found found = mount.found;
    try {
      return question.ask(mount.tree);
    } catch (NoSuchFileException e) {
      String inside = e.getFile();
      throw new NoSuchFileException(path(mount, inside), null, e.getReason());
    } catch (IOException e) {
      if (found == null) {
        throw e;
      }
      try {
        if (!Damage.causes(e)) {
          throw e;
        }
        found.store().repair(found.commit(), e);
        clones.find(mount.at, mount.url, found.commit());
        mount.tree.close();
        mount.tree = found.tree();
        return question.ask(mount.tree);
      } catch (IOException again) {
        throw unread(mount.at, found.url() + " at commit " + found.commit().name(), again);
      }
    }
  }

  private static String path(Mount mount, String inside) {
    return mount.at.isEmpty() ? inside : inside.isEmpty() ? mount.at : mount.at + "/" + inside;
  }

  @Override
  public List<Entry> list(String directory) throws IOException {
    Mount mount = mount(directory);
    List<Entry> entries = new ArrayList<>();
    for (Entry entry : ask(mount, tree -> tree.list(mount.inside(directory)))) {
      String path = path(mount, entry.path());
      if (!isSubmodule(entry)) {
        entries.add(new Entry(path, entry.type(), entry.contentId()));
        if (entry.type() == Type.OTHER) {
          reasons.put(path, mount.tree.reason(entry));
        }
        continue;
      }
      String reason = reason(mount, entry.path());
      if (reason.isEmpty()) {
        entries.add(new Entry(path, Type.DIRECTORY, entry.contentId()));
      } else {
        entries.add(new Entry(path, Type.OTHER, ""));
        reasons.put(path, reason + ", so it is unread");
      }
    }
    return entries;
  }

  private String reason(Mount mount, String path) {
    if (!mount.refusal.isEmpty()) {
      return "A submodule, and %s is refused, %s".formatted(where(mount), mount.refusal);
    }
    if (!mount.modules.containsKey(path)) {
      return "A submodule that %s does not name".formatted(where(mount));
    }
    return mount.depth >= clones.depth()
        ? "A submodule of a submodule, %d deep where %d is allowed (Submodules.depth)"
            .formatted(mount.depth + 1, clones.depth())
        : "";
  }

  @Override
  public byte[] read(Entry entry, int limit) throws IOException {
    String path = entry.path();
    Mount mount = mount(path.substring(0, Math.max(0, path.lastIndexOf('/'))));
    return ask(mount, tree -> tree.read(entry, limit));
  }

  @Override
  public String reason(Entry other) {
    return reasons.getOrDefault(other.path(), "It can't be read");
  }

  @Override
  public String contentId(Entry entry) throws IOException {
    if (entry.type() != Type.DIRECTORY) {
      return entry.contentId();
    }
    String path = entry.path();
    String digest = mount(path.substring(0, Math.max(0, path.lastIndexOf('/')))).digest;
    return digest.isEmpty() ? entry.contentId() : entry.contentId() + "-" + digest;
  }

  private static String digest(String... parts) {
    byte[] all = String.join("\n", parts).getBytes(StandardCharsets.UTF_8);
    return ObjectId.fromRaw(Constants.newMessageDigest().digest(all)).name();
  }

  /** Closes the submodules' trees. */
  @Override
  public void close() {
    mounts.values().stream().filter(mount -> mount.found != null).forEach(m -> m.tree.close());
  }
}
