// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.manifest;

import dev.gitops.core.model.Revision;
import dev.gitops.core.model.Snapshot;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

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

  /**
   * Reads everything declared below a directory.
   *
   * @param directory relative to the root of the tree, where the empty path stands for all of it
   * @throws NoSuchFileException if the directory does not exist: what is declared nowhere is not
   *     the same as a place that is missing
   * @throws IOException when the tree could not be read as a whole; what was remembered stays
   */
  public synchronized Snapshot read(FileTree tree, String directory, Revision revision)
      throws IOException {
    String start = normal(directory);
    tree.list(start);
    Memory next = new Memory(remembered);
    Declarations all = format.read(tree, start, next);
    remembered = next.kept;
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

  /**
   * What a format read the last time, by name and content id; a tree, so that a part that has
   * changed still finds its unchanged parts. Lives as long as one read; for the thread that reads.
   */
  public static final class Memory {
    private final Map<String, Kept> last;
    private final Map<String, Kept> kept = new HashMap<>();
    long files;
    long bytes;

    private Memory(Map<String, Kept> last) {
      this.last = last;
    }

    /**
     * What was read under this name, if its content is still the same, else what the loader reads.
     *
     * @param name unique among its siblings
     * @param contentId names the content, and everything else that decides the result; empty if
     *     unknown: then the loader is always asked
     */
    public Declarations get(String name, String contentId, Loader loader) throws IOException {
      Kept old = last.get(name);
      if (old == null || contentId.isEmpty() || !old.contentId.equals(contentId)) {
        old = load(old, contentId, loader);
      }
      kept.put(name, old);
      files += old.files;
      bytes += old.bytes;
      return old.result;
    }

    private static Kept load(@Nullable Kept old, String contentId, Loader loader)
        throws IOException {
      Memory inside = new Memory(old == null ? Map.of() : old.parts);
      Declarations result = loader.load(inside);
      return new Kept(contentId, result, inside.kept, inside.files, inside.bytes);
    }
  }

  private record Kept(
      String contentId, Declarations result, Map<String, Kept> parts, long files, long bytes) {}
}
