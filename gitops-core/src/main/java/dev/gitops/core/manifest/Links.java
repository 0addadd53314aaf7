// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.manifest;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Follows symbolic links by their text, inside a tree; for the length of one read. */
final class Links {
  private static final int MAX_HOPS = 40;
  private static final int MAX_TARGET = 4_096;
  private static final int MAX_REMEMBERED = 100_000;

  private final FileTree tree;
  private final Map<String, Map<String, FileTree.Entry>> listed = new HashMap<>();
  private int remembered;

  Links(FileTree tree) {
    this.tree = tree;
  }

  /** A link that leads to no file or directory of the tree. */
  static final class BadLinkException extends Exception {
    private static final long serialVersionUID = 1;

    BadLinkException(String message) {
      super(message, null, false, false);
    }
  }

  /**
   * The file, directory or other thing that a link leads to at last.
   *
   * @throws BadLinkException for one that leaves the tree, loops or dangles
   */
  FileTree.Entry follow(FileTree.Entry link) throws IOException, BadLinkException {
    Deque<String> ahead = new ArrayDeque<>();
    Deque<FileTree.Entry> behind = new ArrayDeque<>();
    push(ahead, link.path());
    int hops = 0;
    while (!ahead.isEmpty()) {
      String step = ahead.pop();
      FileTree.Entry here = behind.peek();
      if (step.isEmpty() || step.equals(".")) {
        continue;
      } else if (step.equals("..")) {
        if (here == null) {
          throw new BadLinkException("This link leaves the source, so it is not followed");
        }
        behind.pop();
        continue;
      }
      FileTree.Entry next = entry(here == null ? "" : here.path(), step);
      if (next == null || (next.type() == FileTree.Type.FILE && !ahead.isEmpty())) {
        throw new BadLinkException("This link leads to nothing");
      } else if (next.type() != FileTree.Type.LINK) {
        behind.push(next);
      } else if (++hops > MAX_HOPS) {
        throw new BadLinkException("This link leads round in circles, or over too many others");
      } else {
        push(ahead, target(next));
      }
    }
    FileTree.Entry end = behind.peek();
    return end == null ? new FileTree.Entry("", FileTree.Type.DIRECTORY, "") : end;
  }

  private String target(FileTree.Entry link) throws IOException, BadLinkException {
    byte[] bytes = tree.read(link, MAX_TARGET + 1);
    if (bytes.length > MAX_TARGET) {
      throw new BadLinkException("This link's target is longer than " + MAX_TARGET + " bytes");
    }
    String target;
    try {
      target = ManifestText.decode(bytes);
    } catch (Node.BrokenException e) {
      throw new BadLinkException("This link's target is not UTF-8");
    }
    if (target.startsWith("/") || target.matches("(?s)[A-Za-z]:.*|\\\\.*")) {
      throw new BadLinkException("This link leaves the source, so it is not followed");
    }
    return target;
  }

  private FileTree.@Nullable Entry entry(String directory, String name) throws IOException {
    Map<String, FileTree.Entry> entries = listed.get(directory);
    if (entries == null) {
      entries =
          tree.list(directory).stream()
              .collect(Collectors.toMap(FileTree.Entry::name, e -> e, (first, second) -> first));
      remembered += entries.size();
      if (remembered > MAX_REMEMBERED) {
        listed.clear();
        remembered = entries.size();
      }
      listed.put(directory, Collections.unmodifiableMap(entries));
    }
    return entries.get(name);
  }

  private static void push(Deque<String> ahead, String path) {
    String[] steps = path.split("/", -1);
    for (int i = steps.length - 1; i >= 0; i--) {
      ahead.push(steps[i]);
    }
  }
}
