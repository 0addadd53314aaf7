// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import dev.gitops.core.manifest.ManifestExport;
import dev.gitops.core.manifest.ManifestFile;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.model.Snapshot;
import dev.gitops.git.TreeEdit.Leaf;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.eclipse.jgit.lib.Constants;
import org.eclipse.jgit.lib.FileMode;
import org.eclipse.jgit.lib.ObjectId;
import org.eclipse.jgit.lib.ObjectInserter;
import org.eclipse.jgit.lib.ObjectReader;
import org.eclipse.jgit.revwalk.RevWalk;
import org.jspecify.annotations.Nullable;

/** Changes files of the head's tree, and commits that. For one attempt on one head. */
final class Editing implements AutoCloseable {
  private final Manifests manifests;
  private final ObjectInserter inserter;
  private final ObjectReader reader;
  private final TreeEdit trees;
  private final ObjectId head;
  private final ObjectId tree;
  private final Map<String, ManifestFile> files = new HashMap<>();
  private final Map<String, @Nullable Leaf> changes = new TreeMap<>();

  private Editing(Manifests manifests, ObjectId head, ObjectInserter inserter) throws IOException {
    this.manifests = manifests;
    this.inserter = inserter;
    this.reader = inserter.newReader();
    this.trees = new TreeEdit(reader, inserter);
    this.head = head;
    this.tree = treeOf(head);
  }

  /** What is to be changed. */
  @FunctionalInterface
  interface Change {
    /** Changes it; returns the commit message that is said if nobody says another. */
    String make(Editing editing) throws IOException;
  }

  /** One commit with a change; none if it changes nothing. */
  static Upstream.Work commit(Manifests manifests, CommitStyle style, Change change) {
    return (head, inserter) -> {
      try (Editing editing = new Editing(manifests, head, inserter)) {
        String message = change.make(editing);
        ObjectId after = editing.trees.apply(editing.tree, editing.changes);
        return after.equals(editing.tree)
            ? List.of()
            : List.of(style.commit(inserter, head, after, message));
      }
    };
  }

  /** Sets fields of a resource. */
  static Change set(ResourceId id, Map<String, ?> fields) {
    return editing -> {
      Snapshot now = editing.declared(editing.tree, editing.head);
      String path = Manifests.file(now, id);
      if (path == null) {
        Manifests.requireAbsent(now, id);
        throw new IOException(
            "%s is not declared at %s, so it has no fields to change"
                .formatted(id, editing.head.name()));
      }
      ManifestFile file = editing.file(path);
      for (Map.Entry<String, ?> field : fields.entrySet()) {
        file = file.set(id, field.getKey(), field.getValue());
      }
      editing.put(path, file);
      return "Change %s of %s".formatted(String.join(", ", fields.keySet()), id);
    };
  }

  /** Adds files that declare what exists. */
  static Change add(ManifestExport export) {
    return editing -> {
      Snapshot now = editing.declared(editing.tree, editing.head);
      String below = editing.manifests.path().isEmpty() ? "" : editing.manifests.path() + "/";
      List<String> others = new ArrayList<>();
      for (Map.Entry<ResourceId, String> place : export.places().entrySet()) {
        String declaring = Manifests.file(now, place.getKey());
        if (declaring == null) {
          Manifests.requireAbsent(now, place.getKey());
        } else if (!declaring.equals(below + place.getValue())) {
          others.add(place.getKey() + " is declared in " + declaring);
        }
      }
      for (Map.Entry<String, String> file : export.files().entrySet()) {
        String path = below + file.getKey();
        byte[] content = file.getValue().getBytes(StandardCharsets.UTF_8);
        if (!editing.exists(path)) {
          editing.write(path, content, FileMode.REGULAR_FILE);
        } else if (!Arrays.equals(editing.file(path).content(), content)) {
          others.add(path + " says something else");
        }
      }
      if (!others.isEmpty()) {
        throw new IOException(
            "Nothing is overwritten or declared twice; remove these first, or leave them out: "
                + String.join(", ", others));
      }
      return "Declare what exists: %d resources".formatted(export.places().size());
    };
  }

  ObjectId treeOf(ObjectId commit) throws IOException {
    try (RevWalk walk = new RevWalk(reader)) {
      return walk.parseCommit(commit).getTree().copy();
    }
  }

  ObjectId head() {
    return head;
  }

  ObjectId tree() {
    return tree;
  }

  Snapshot declared(ObjectId of, ObjectId commit) throws IOException {
    return manifests.read(inserter.newReader(), of, commit.name());
  }

  @Nullable ManifestFile open(ObjectId root, String path) throws IOException {
    return manifests.open(trees, reader, root, path);
  }

  /** A file of the head with all that was changed in it; an empty one where there is none. */
  ManifestFile file(String path) throws IOException {
    ManifestFile known = files.get(path);
    if (known == null) {
      known = open(tree, path);
    }
    return known == null ? ManifestFile.read(path, new byte[0], manifests.reader()) : known;
  }

  boolean isAbsent(ObjectId root, String path) throws IOException {
    return trees.find(root, path) == null;
  }

  /** Whether a file is there, with what was changed. */
  boolean exists(String path) throws IOException {
    return changes.containsKey(path)
        ? changes.get(path) != null
        : Manifests.leaf(trees, tree, path) != null;
  }

  void put(String path, ManifestFile file) throws IOException {
    files.put(path, file);
    if (file.isEmpty()) {
      changes.put(path, null);
      return;
    }
    Leaf old = Manifests.leaf(trees, tree, path);
    write(path, file.content(), old == null ? FileMode.REGULAR_FILE : old.mode());
  }

  void write(String path, byte[] content, FileMode mode) throws IOException {
    changes.put(path, new Leaf(mode, inserter.insert(Constants.OBJ_BLOB, content)));
  }

  /** Puts what stands at a path of another tree there, or nothing. */
  void copy(ObjectId from, String path) throws IOException {
    changes.put(path, trees.find(from, path));
  }

  /** The same of a file, in which more may be changed. */
  void copy(ObjectId from, ManifestFile file, String path) throws IOException {
    copy(from, path);
    files.put(path, file);
  }

  /** The tree as it is with all changes. */
  ObjectId result() throws IOException {
    return trees.apply(tree, changes);
  }

  @Override
  public void close() {
    reader.close();
  }
}
