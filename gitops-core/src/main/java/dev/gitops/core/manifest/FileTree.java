// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.manifest;

import java.io.IOException;
import java.util.List;

/**
 * A read-only, unchanging view of the files of one commit or one directory. Paths are relative to
 * its root, with forward slashes, without a leading or trailing one; the root is the empty path.
 *
 * <p>An implementation never follows a symbolic link, not even inside: it hands it out as a {@link
 * Type#LINK}, and the reader resolves it, inside the tree only. Used by one thread at a time unless
 * the implementation says more.
 */
public interface FileTree {
  /**
   * What lies directly in a directory, in a stable order.
   *
   * @throws java.nio.file.NoSuchFileException if there is no such directory
   * @throws IOException when it can't be listed as a whole
   */
  List<Entry> list(String directory) throws IOException;

  /**
   * The bytes of a file, or the target of a link as UTF-8; of what is longer than {@code limit}
   * only so many bytes, without holding more in memory: the first ones, or zeros where a tree would
   * have to do more work for them than their number suggests.
   *
   * @param entry an entry of this tree that is a {@link Type#FILE} or a {@link Type#LINK}
   * @throws IOException when it can't be read, or is no longer what the entry said
   */
  byte[] read(Entry entry, int limit) throws IOException;

  /** Why the content of an entry that is {@link Type#OTHER} is not to be had, for people. */
  default String reason(Entry other) {
    return "Neither a file nor a directory (a submodule?), so it is unread";
  }

  /**
   * Names the content of an entry for ever, such as a blob's or tree's hash: what has the same path
   * and the same content id is read only once. Empty where it is not known without reading what
   * lies below (a directory of a file system); then it is always read. A tree overrides this when
   * finding it out costs something that few entries need.
   *
   * @throws IOException when it can't be found out
   */
  default String contentId(Entry entry) throws IOException {
    return entry.contentId();
  }

  /** What an entry is. */
  enum Type {
    /** A regular file. */
    FILE,
    /** A directory. */
    DIRECTORY,
    /** A symbolic link, not followed. */
    LINK,
    /** Something whose content this tree does not hold or give: a submodule, a device, a socket. */
    OTHER
  }

  /**
   * A file, directory or link of a tree.
   *
   * @param path relative to the tree's root
   * @param type what it is
   * @param contentId what {@link FileTree#contentId} says of it, unless the tree overrides that
   */
  record Entry(String path, Type type, String contentId) {
    /** The last part of the path. */
    public String name() {
      return path.substring(path.lastIndexOf('/') + 1);
    }
  }
}
