// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

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
import org.eclipse.jgit.lib.TreeFormatter;
import org.eclipse.jgit.treewalk.CanonicalTreeParser;
import org.eclipse.jgit.treewalk.TreeWalk;
import org.eclipse.jgit.util.Paths;
import org.jspecify.annotations.Nullable;

/**
 * Makes a tree of another one in which some entries differ. Only the directories on the way are
 * read and written, so it costs the same in a large repository, and what has odd names elsewhere
 * stays as it is.
 */
final class TreeEdit {
  private final ObjectReader reader;
  private final ObjectInserter inserter;

  TreeEdit(ObjectReader reader, ObjectInserter inserter) {
    this.reader = reader;
    this.inserter = inserter;
  }

  /** What stands at a path. */
  record Leaf(FileMode mode, ObjectId id) {
    boolean isFile() {
      return mode.equals(FileMode.REGULAR_FILE) || mode.equals(FileMode.EXECUTABLE_FILE);
    }
  }

  /** An entry of a directory, under any name that Git can store. */
  private static final class Entry {
    final byte[] name;
    final FileMode mode;
    final ObjectId id;

    Entry(byte[] name, FileMode mode, ObjectId id) {
      this.name = name;
      this.mode = mode;
      this.id = id;
    }
  }

  /** What stands at this path of a tree; null if nothing does. */
  @Nullable Leaf find(ObjectId tree, String path) throws IOException {
    if (path.isEmpty()) {
      return new Leaf(FileMode.TREE, tree);
    }
    try (TreeWalk walk = TreeWalk.forPath(reader, path, tree)) {
      return walk == null ? null : new Leaf(walk.getFileMode(0), walk.getObjectId(0).copy());
    }
  }

  /**
   * The tree after some changes.
   *
   * @param changes what is to stand at each path, where null stands for nothing; none lies inside
   *     of another
   */
  ObjectId apply(ObjectId tree, Map<String, @Nullable Leaf> changes) throws IOException {
    Leaf all = changes.get("");
    if (all != null) {
      return all.id();
    }
    ObjectId result = changes.isEmpty() ? tree : edited(tree, changes);
    return result == null ? inserter.insert(new TreeFormatter()) : result;
  }

  /** Null if nothing is left in it. */
  private @Nullable ObjectId edited(@Nullable ObjectId tree, Map<String, @Nullable Leaf> changes)
      throws IOException {
    List<Entry> entries = tree == null ? new ArrayList<>() : read(tree);
    Map<String, Map<String, @Nullable Leaf>> byName = new TreeMap<>();
    changes.forEach(
        (path, leaf) -> {
          int slash = path.indexOf('/');
          String name = slash < 0 ? path : path.substring(0, slash);
          String rest = slash < 0 ? "" : path.substring(slash + 1);
          byName.computeIfAbsent(name, key -> new HashMap<>()).put(rest, leaf);
        });
    for (Map.Entry<String, Map<String, @Nullable Leaf>> change : byName.entrySet()) {
      byte[] name = change.getKey().getBytes(StandardCharsets.UTF_8);
      Entry old = remove(entries, name);
      Leaf leaf;
      if (change.getValue().containsKey("")) {
        leaf = change.getValue().get("");
      } else {
        ObjectId below = old != null && old.mode.equals(FileMode.TREE) ? old.id : null;
        ObjectId edited = edited(below, change.getValue());
        leaf = edited == null ? null : new Leaf(FileMode.TREE, edited);
      }
      if (leaf != null) {
        entries.add(new Entry(name, leaf.mode(), leaf.id()));
      }
    }
    return entries.isEmpty() ? null : write(entries);
  }

  private List<Entry> read(ObjectId tree) throws IOException {
    List<Entry> entries = new ArrayList<>();
    CanonicalTreeParser parser = new CanonicalTreeParser();
    parser.reset(reader.open(tree, Constants.OBJ_TREE).getBytes(GitTree.MAX_TREE_BYTES));
    for (; !parser.eof(); parser.next(1)) {
      byte[] name = new byte[parser.getNameLength()];
      parser.getName(name, 0);
      entries.add(new Entry(name, parser.getEntryFileMode(), parser.getEntryObjectId()));
    }
    return entries;
  }

  private static @Nullable Entry remove(List<Entry> entries, byte[] name) {
    for (int i = 0; i < entries.size(); i++) {
      if (Arrays.equals(entries.get(i).name, name)) {
        return entries.remove(i);
      }
    }
    return null;
  }

  private ObjectId write(List<Entry> entries) throws IOException {
    entries.sort(
        (a, b) ->
            Paths.compare(
                a.name,
                0,
                a.name.length,
                a.mode.getBits(),
                b.name,
                0,
                b.name.length,
                b.mode.getBits()));
    TreeFormatter tree = new TreeFormatter();
    for (Entry entry : entries) {
      tree.append(entry.name, entry.mode, entry.id);
    }
    return inserter.insert(tree);
  }
}
