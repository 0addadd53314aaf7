// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import dev.gitops.core.manifest.FileTree;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.eclipse.jgit.lib.Constants;
import org.eclipse.jgit.lib.ObjectId;
import org.jspecify.annotations.Nullable;

/**
 * A tree without what its ignore files name, as if that were not there. What a directory holds then
 * depends on the ignore files above it, too, so these are part of its content id.
 *
 * <p>All ignore files that had a say make up the tree's {@link #extent}. A directory that is
 * unchanged is not listed again, so what is known of those below it is remembered from one tree to
 * the next.
 */
final class IgnoredTree implements FileTree {
  private static final int MAX_REMEMBERED = 10_000;

  private final FileTree tree;
  private final String fileName;
  private final Map<String, String> remembered;
  private final IgnoreRules.Budget budget = new IgnoreRules.Budget();
  private final Map<String, Level> levels = new HashMap<>();
  private final Map<String, List<Entry>> listed = new TreeMap<>();

  /**
   * Hides what is ignored.
   *
   * @param remembered by content id, which ignore files are below a directory; empty at first, kept
   *     from one tree of a source to its next
   */
  IgnoredTree(FileTree tree, String fileName, Map<String, String> remembered) {
    this.tree = tree;
    this.fileName = fileName;
    this.remembered = remembered;
  }

  /**
   * The rules of one directory and, above it, of those that it is in.
   *
   * @param rules null if the directory has no ignore file
   * @param own names the ignore file's content; empty if there is none
   * @param digest names the content of all of them; empty if there are none
   */
  private record Level(
      String directory,
      @Nullable IgnoreRules rules,
      String own,
      String digest,
      @Nullable Level above) {}

  /** The nearest rule that says anything about an entry counts. */
  private boolean ignores(Level nearest, String path, boolean isDirectory) throws IOException {
    for (Level level = nearest; level != null; level = level.above) {
      if (level.rules != null) {
        int start = level.directory.isEmpty() ? 0 : level.directory.length() + 1;
        Boolean answer = level.rules.ignores(path.substring(start), isDirectory, budget);
        if (answer != null) {
          return answer;
        }
      }
    }
    return false;
  }

  @Override
  public List<Entry> list(String directory) throws IOException {
    Level level = level(directory);
    List<Entry> seen = tree.list(directory);
    if (!level.digest.isEmpty()) {
      List<Entry> all = seen;
      seen = new ArrayList<>();
      for (Entry entry : all) {
        if (!ignores(level, entry.path(), entry.type() == Type.DIRECTORY)) {
          seen.add(entry);
        }
      }
    }
    listed.put(directory, seen.stream().filter(e -> e.type() == Type.DIRECTORY).toList());
    return seen;
  }

  /** The rules in a directory, which is not ignored itself. */
  private Level level(String directory) throws IOException {
    Level known = levels.get(directory);
    if (known != null) {
      return known;
    }
    Level above = null;
    if (!directory.isEmpty()) {
      above = level(parent(directory));
      if (ignores(above, directory, true)) {
        throw new NoSuchFileException(directory, null, "it is ignored by a " + fileName);
      }
    }
    Entry file = null;
    for (Entry entry : tree.list(directory)) {
      if (entry.name().equals(fileName)) {
        file = entry;
      }
    }
    String digest = above == null ? "" : above.digest;
    Level level =
        file == null
            ? new Level(directory, null, "", digest, above)
            : new Level(
                directory,
                IgnoreRules.read(tree, file),
                file.contentId(),
                sum(digest, directory, file.contentId()),
                above);
    levels.put(directory, level);
    return level;
  }

  private static String parent(String path) {
    return path.substring(0, Math.max(0, path.lastIndexOf('/')));
  }

  @Override
  public byte[] read(Entry entry, int limit) throws IOException {
    return tree.read(entry, limit);
  }

  @Override
  public String reason(Entry other) {
    return tree.reason(other);
  }

  @Override
  public String contentId(Entry entry) throws IOException {
    String id = tree.contentId(entry);
    if (entry.type() != Type.DIRECTORY || id.isEmpty()) {
      return id;
    }
    String rules = level(parent(entry.path())).digest;
    return rules.isEmpty() ? id : id + "-" + rules;
  }

  /**
   * Names the content of all ignore files that had a say in what was read.
   *
   * @param starts the directories that were read
   * @return empty if there are none
   */
  String extent(List<String> starts) throws IOException {
    if (remembered.size() > MAX_REMEMBERED) {
      remembered.clear();
    }
    StringBuilder all = new StringBuilder();
    for (String start : starts) {
      add(all, start, level(start).digest, below(start));
    }
    for (String directory : listed.keySet()) {
      // Where links led to.
      if (starts.stream().noneMatch(start -> isBelow(directory, start))) {
        add(all, directory, level(directory).digest, "");
      }
    }
    return all.isEmpty() ? "" : fileName + " " + sum(all.toString()).substring(0, 16);
  }

  private static boolean isBelow(String path, String directory) {
    return directory.isEmpty() || path.equals(directory) || path.startsWith(directory + "/");
  }

  private String below(String directory) throws IOException {
    List<Entry> directories = listed.get(directory);
    if (directories == null) {
      return "";
    }
    StringBuilder all = new StringBuilder();
    for (Entry child : directories) {
      String id = contentId(child);
      if (listed.containsKey(child.path())) {
        String below = below(child.path());
        StringBuilder inside = new StringBuilder();
        add(inside, "", level(child.path()).own, below);
        remembered.remove(id);
        if (!inside.isEmpty()) {
          remembered.put(id, sum(inside.toString()));
        }
      }
      add(all, child.name(), remembered.getOrDefault(id, ""), "");
    }
    return all.isEmpty() ? "" : sum(all.toString());
  }

  private static void add(StringBuilder all, String name, String first, String second) {
    if (!first.isEmpty() || !second.isEmpty()) {
      all.append(name).append('\0').append(first).append('\0').append(second).append('\0');
    }
  }

  private static String sum(String... parts) {
    byte[] bytes = String.join("\0", parts).getBytes(StandardCharsets.UTF_8);
    return ObjectId.fromRaw(Constants.newMessageDigest().digest(bytes)).name();
  }
}
