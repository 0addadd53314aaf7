// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.manifest;

import dev.gitops.core.model.Origin;
import dev.gitops.core.model.Problem;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * One walk over the manifests of a tree. A directory whose content id is known and unchanged is not
 * even listed; but one that holds a link is, since what lies behind the link is not part of its
 * content id.
 */
final class ManifestWalk {
  private static final int MAX_DIRECTORY_DEPTH = 100;
  private static final int ENTRIES_FOR_EACH_FILE = 10;

  private final FileTree tree;
  private final ManifestReader reader;
  private final Links links;
  private final Decoding decoding;
  private final Set<String> above = new HashSet<>();

  ManifestWalk(FileTree tree, ManifestReader reader) {
    this.tree = tree;
    this.reader = reader;
    this.links = new Links(tree);
    this.decoding = new Decoding(reader.helpers());
  }

  /** Ends the walk: the source as a whole is beyond a limit. */
  private static final class TooMuchException extends RuntimeException {
    private static final long serialVersionUID = 1;

    TooMuchException(String message) {
      super(message, null, false, false);
    }
  }

  Declarations read(String directory, SnapshotReader.Memory memory) throws IOException {
    try (decoding) {
      return directory(directory, directory, memory).get();
    } catch (TooMuchException e) {
      return Declarations.of(
          Problem.hidesAnything(Origin.file(directory), String.valueOf(e.getMessage())));
    }
  }

  /**
   * Reads a directory.
   *
   * @param path where it stands
   * @param real where it is, if a link led there
   */
  private Part directory(String path, String real, SnapshotReader.Memory memory)
      throws IOException {
    if (above.size() >= MAX_DIRECTORY_DEPTH) {
      return hidesAnything(path, "More than " + MAX_DIRECTORY_DEPTH + " directories deep");
    }
    if (!above.add(real)) {
      return hidesAnything(path, "This link leads to a directory that it is in itself");
    }
    count(memory, 1, 0);
    List<FileTree.Entry> entries = new ArrayList<>(tree.list(real));
    memory.totals.entries += entries.size();
    count(memory, 0, 0);
    entries.sort(Comparator.comparing(FileTree.Entry::name));
    List<Part> parts = new ArrayList<>();
    for (FileTree.Entry entry : entries) {
      if (!entry.name().startsWith(".") || entry.type() == FileTree.Type.OTHER) {
        Part part = entry(child(path, entry.name()), entry, memory);
        if (part != Part.NONE) {
          parts.add(part);
        }
      }
    }
    above.remove(real);
    return Part.of(parts);
  }

  private Part entry(String path, FileTree.Entry entry, SnapshotReader.Memory memory)
      throws IOException {
    if (entry.type() != FileTree.Type.LINK) {
      return target(path, entry, memory);
    }
    memory.forget();
    try {
      return target(path, links.follow(entry), memory);
    } catch (Links.BadLinkException e) {
      return hidesAnything(path, String.valueOf(e.getMessage()));
    }
  }

  private Part target(String path, FileTree.Entry entry, SnapshotReader.Memory memory)
      throws IOException {
    String name = path.substring(path.lastIndexOf('/') + 1);
    if (entry.type() == FileTree.Type.OTHER) {
      return hidesAnything(path, tree.reason(entry));
    } else if (entry.type() == FileTree.Type.DIRECTORY) {
      Part below =
          memory.later(
              name + "/", tree.contentId(entry), inside -> directory(path, entry.path(), inside));
      count(memory, 0, 0);
      return below;
    } else if (!ManifestReader.isManifest(name)) {
      return Part.NONE;
    }
    return memory.later(name, tree.contentId(entry), inside -> file(path, entry, inside));
  }

  private Part file(String path, FileTree.Entry entry, SnapshotReader.Memory memory)
      throws IOException {
    byte[] content = tree.read(entry, reader.limits().fileBytes() + 1);
    count(memory, 1, content.length);
    return decoding.decode(content.length, () -> reader.read(path, content));
  }

  private void count(SnapshotReader.Memory memory, int files, long bytes) {
    Limits limits = reader.limits();
    memory.totals.files += files;
    memory.totals.bytes += bytes;
    if (memory.totals.files > limits.files()) {
      throw new TooMuchException("More than " + limits.files() + " manifests and directories");
    }
    long entries = (long) limits.files() * ENTRIES_FOR_EACH_FILE;
    if (memory.totals.entries > entries) {
      throw new TooMuchException("More than " + entries + " files and directories of any sort");
    }
    if (memory.totals.bytes > limits.totalBytes()) {
      throw new TooMuchException("More than " + limits.totalBytes() + " bytes of manifests");
    }
  }

  private static Part hidesAnything(String path, String message) {
    return Part.of(Declarations.of(Problem.hidesAnything(Origin.file(path), message)));
  }

  private static String child(String path, String name) {
    return path.isEmpty() ? name : path + "/" + name;
  }
}
