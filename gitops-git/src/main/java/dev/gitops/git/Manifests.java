// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import dev.gitops.core.manifest.ManifestFile;
import dev.gitops.core.manifest.ManifestReader;
import dev.gitops.core.manifest.SnapshotReader;
import dev.gitops.core.model.Document;
import dev.gitops.core.model.Problem;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.model.Revision;
import dev.gitops.core.model.Snapshot;
import dev.gitops.git.TreeEdit.Leaf;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.List;
import java.util.TreeSet;
import org.eclipse.jgit.lib.Constants;
import org.eclipse.jgit.lib.FileMode;
import org.eclipse.jgit.lib.ObjectId;
import org.eclipse.jgit.lib.ObjectReader;
import org.jspecify.annotations.Nullable;

/**
 * Finds resources in trees: which file declares them. Files that two trees have in common are read
 * once.
 *
 * @param reader how files are read
 * @param path below which declarations are looked for
 * @param snapshots remembers what it has read
 */
record Manifests(ManifestReader reader, String path, SnapshotReader snapshots) {
  static Manifests of(ManifestReader reader, String path) {
    return new Manifests(reader, path, new SnapshotReader(reader));
  }

  /** All that is declared in a tree; nothing where the path does not exist. */
  Snapshot read(ObjectReader objects, ObjectId tree, String name) throws IOException {
    try (GitTree files = new GitTree(objects, tree)) {
      return snapshots.read(files, path, Revision.of(name));
    } catch (NoSuchFileException e) {
      return new Snapshot(Revision.of(name), List.of(), List.of());
    }
  }

  /**
   * The file that declares a resource, rightly or wrongly; null if none does.
   *
   * @throws IOException if more than one does, or something unread may
   */
  static @Nullable String file(Snapshot snapshot, ResourceId id) throws IOException {
    TreeSet<String> files = new TreeSet<>();
    int count = 0;
    for (Document document : snapshot.documents()) {
      if (document.resource().id().equals(id)) {
        files.add(document.resource().origin().file());
        count++;
      }
    }
    for (Problem problem : snapshot.problems()) {
      if (id.equals(problem.id())) {
        files.add(problem.origin().file());
      }
    }
    if (count > 1 || files.size() > 1) {
      throw new IOException(
          "%s is declared more than once at %s: in %s. Remove all but one by hand"
              .formatted(id, snapshot.revision().id(), String.join(" and ", files)));
    }
    return files.isEmpty() ? null : files.first();
  }

  /** Refuses to take a resource for absent where something may hide it. */
  static void requireAbsent(Snapshot snapshot, ResourceId id) throws IOException {
    for (Problem problem : snapshot.problems()) {
      if (problem.hides().test(id, "")) {
        throw new IOException(
            "%s is not found at %s, but may be declared where something is wrong: %s"
                .formatted(id, snapshot.revision().id(), problem));
      }
    }
  }

  /** The file at a path of a tree; null if there is none. */
  @Nullable ManifestFile open(TreeEdit tree, ObjectReader objects, ObjectId root, String file)
      throws IOException {
    Leaf leaf = leaf(tree, root, file);
    if (leaf == null) {
      return null;
    }
    long size = objects.getObjectSize(leaf.id(), Constants.OBJ_BLOB);
    if (size > reader.limits().fileBytes()) {
      throw new IOException(file + " is larger than the limit on files");
    }
    byte[] content = objects.open(leaf.id(), Constants.OBJ_BLOB).getCachedBytes();
    return ManifestFile.read(file, content, reader);
  }

  /** What stands at a path of a tree, if it is a file that can be written to. */
  static @Nullable Leaf leaf(TreeEdit tree, ObjectId root, String file) throws IOException {
    Leaf leaf = tree.find(root, file);
    if (leaf == null ? isBehindLink(tree, root, file) : !leaf.isFile()) {
      throw new IOException(
          "'%s' is not a file of its own but is reached by a symbolic link. Edit it by hand"
              .formatted(file));
    }
    return leaf;
  }

  private static boolean isBehindLink(TreeEdit tree, ObjectId root, String file)
      throws IOException {
    for (int slash = file.indexOf('/'); slash >= 0; slash = file.indexOf('/', slash + 1)) {
      Leaf above = tree.find(root, file.substring(0, slash));
      if (above != null && !above.mode().equals(FileMode.TREE)) {
        return true;
      }
    }
    return false;
  }
}
