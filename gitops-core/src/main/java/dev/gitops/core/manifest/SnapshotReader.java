// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.manifest;

import dev.gitops.core.model.Revision;
import dev.gitops.core.model.Snapshot;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads a snapshot after the other from the file trees of one source and remembers the last, so
 * that what has not changed is neither read nor decoded again and its documents keep their
 * identity. What it remembers is bounded by the last snapshot. Thread-safe: one read at a time.
 */
public final class SnapshotReader {
  private final DocumentFormat format;
  private Map<String, Kept> remembered = Map.of();

  /** A reader that remembers nothing yet. */
  public SnapshotReader(DocumentFormat format) {
    this.format = format;
  }

  /** Reads everything declared below one directory; see {@link #read(FileTree, List, Revision)}. */
  public Snapshot read(FileTree tree, String directory, Revision revision) throws IOException {
    return read(tree, List.of(directory), revision);
  }

  /**
   * Reads everything declared below some directories, none of which is inside another.
   *
   * @param directories relative to the root of the tree, where the empty path stands for all of it
   * @throws NoSuchFileException naming the directory that does not exist: what is declared nowhere
   *     is not the same as a place that is missing
   * @throws IOException when the tree could not be read as a whole; what was remembered stays
   */
  public synchronized Snapshot read(FileTree tree, List<String> directories, Revision revision)
      throws IOException {
    List<String> starts = directories.stream().map(SnapshotReader::normal).toList();
    for (String start : starts) {
      try {
        tree.list(start);
      } catch (NoSuchFileException e) {
        throw new NoSuchFileException(start, null, e.getReason());
      }
    }
    Memory next = new Memory(remembered, new Totals());
    List<Declarations> parts = new ArrayList<>();
    for (String start : starts) {
      parts.add(
          starts.size() == 1
              ? format.read(tree, start, next)
              : next.get(start, "", inside -> format.read(tree, start, inside)));
    }
    remembered = next.kept;
    Declarations all = Declarations.concat(parts);
    return new Snapshot(revision, all.documents(), all.problems());
  }

  /**
   * A directory inside a tree in its one spelling: {@code "topics"} for {@code "/topics/./"}.
   *
   * @throws IllegalArgumentException for one that leaves the tree
   */
  public static String normal(String directory) {
    StringBuilder path = new StringBuilder();
    for (String part : directory.split("/", -1)) {
      if (part.equals("..") || part.indexOf('\\') >= 0 || part.indexOf('\0') >= 0) {
        throw new IllegalArgumentException(
            "A path inside the source has no '..' and no backslash: '" + directory + "'");
      }
      if (!part.isEmpty() && !part.equals(".")) {
        path.append(path.isEmpty() ? "" : "/").append(part);
      }
    }
    return path.toString();
  }

  /** Reads what is not remembered. */
  @FunctionalInterface
  public interface Loader {
    /**
     * Reads.
     *
     * @param inside what is remembered of the parts
     */
    Declarations load(Memory inside) throws IOException;
  }

  /** Reads what is not remembered, and may leave it to be decoded later. */
  @FunctionalInterface
  interface PartLoader {
    Part load(Memory inside) throws IOException;
  }

  /**
   * What a format read the last time, by name and content id; a tree, so that a part that has
   * changed still finds its unchanged parts. Lives as long as one read; for the thread that reads.
   */
  public static final class Memory {
    private final Map<String, Kept> last;
    private final Map<String, Kept> kept = new HashMap<>();
    private boolean reusable = true;

    /** Counted over all that was read or remembered, from the root on. */
    final Totals totals;

    private Memory(Map<String, Kept> last, Totals totals) {
      this.last = last;
      this.totals = totals;
    }

    /**
     * What was read under this name, if its content is still the same, else what the loader reads.
     *
     * @param name unique among its siblings
     * @param contentId names the content, and everything else that decides the result; empty if
     *     unknown: then the loader is always asked
     */
    public Declarations get(String name, String contentId, Loader loader) throws IOException {
      return later(name, contentId, inside -> Part.of(loader.load(inside))).get();
    }

    /** The same, where the result need not be there before all was read. */
    Part later(String name, String contentId, PartLoader loader) throws IOException {
      Kept old = last.get(name);
      if (old != null && !contentId.isEmpty() && old.contentId.equals(contentId)) {
        totals.add(old.size);
      } else {
        Memory inside = new Memory(old == null ? Map.of() : old.parts, totals);
        Totals before = totals.copy();
        Part result = loader.load(inside);
        reusable &= inside.reusable;
        String id = inside.reusable ? contentId : "";
        old = new Kept(id, result, inside.kept, totals.since(before));
      }
      kept.put(name, old);
      return old.result;
    }

    /** What is read here depends on more than the content id says (a link), so read it again. */
    void forget() {
      reusable = false;
    }
  }

  /** How much was read, for the limits. */
  static final class Totals {
    long files;
    long bytes;
    long entries;

    private void add(Totals other) {
      files += other.files;
      bytes += other.bytes;
      entries += other.entries;
    }

    private Totals copy() {
      Totals copy = new Totals();
      copy.add(this);
      return copy;
    }

    private Totals since(Totals before) {
      Totals since = new Totals();
      since.files = files - before.files;
      since.bytes = bytes - before.bytes;
      since.entries = entries - before.entries;
      return since;
    }
  }

  private record Kept(String contentId, Part result, Map<String, Kept> parts, Totals size) {}
}
