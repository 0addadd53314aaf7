// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A disk that fails after so many steps, and that knows what a machine without power would have
 * kept. It forces nothing, to be fast.
 */
final class FaultyDisk extends Disk {
  /** What is there after the failure. */
  enum Kept {
    /** All that was done, as when only the process ends. */
    ALL,
    /** Only what was forced, and only the names that were. */
    FORCED,
    /** Only the content that was forced, but all names. */
    FORCED_CONTENT,
    /** Names that were forced, and those that came by renaming, but no files created since. */
    FORCED_AND_RENAMED,
    /** Names that were forced, but for those deleted since. */
    FORCED_BUT_DELETIONS,
    /** All, but zeros where the disk wrote the pages of one write in another order. */
    LATER_PAGES
  }

  private static final class Content {
    byte[] forced = new byte[0];
  }

  private final boolean once;
  private final boolean bytewise;
  private final Map<Path, Content> names = new HashMap<>();
  private final Map<Path, Content> forcedNames = new HashMap<>();
  private final Map<Path, Content> renamed = new HashMap<>();
  private final List<AutoCloseable> open = new ArrayList<>();
  private long steps;
  private boolean dead;

  /**
   * Sets when to fail.
   *
   * @param steps how many steps succeed
   * @param once whether only one step fails, as when the disk is full for a moment
   * @param bytewise whether each byte of a write is a step; else a write that fails writes half
   */
  FaultyDisk(long steps, boolean once, boolean bytewise) {
    this.steps = steps;
    this.once = once;
    this.bytewise = bytewise;
  }

  /** One that never fails. */
  static FaultyDisk sound() {
    return new FaultyDisk(Long.MAX_VALUE, false, false);
  }

  boolean failed() {
    return dead || (once && steps < 0);
  }

  /** Uses up steps; returns how many of them succeed. */
  private int spend(int count) throws IOException {
    if (dead) {
      throw new IOException("The disk is gone");
    }
    if (once && steps < 0) {
      return count;
    }
    int spent = (int) Math.min(count, steps);
    steps -= count;
    dead = steps < 0 && !once;
    return spent;
  }

  private void step() throws IOException {
    if (spend(1) < 1) {
      throw new IOException("The disk fails");
    }
  }

  @Override
  DiskFile create(Path path) throws IOException {
    step();
    names.put(path, new Content());
    return super.create(path);
  }

  @Override
  DiskFile open(Path path, boolean write) throws IOException {
    Content content = names.get(path);
    if (content == null) {
      content = new Content();
      content.forced = Files.readAllBytes(path);
      names.put(path, content);
      forcedNames.put(path, content);
    }
    Faulty file = new Faulty(path, write, content);
    open.add(file);
    return file;
  }

  @Override
  void rename(Path from, Path to) throws IOException {
    step();
    names.put(to, names.remove(from));
    renamed.put(to, names.get(to));
    super.rename(from, to);
  }

  @Override
  void delete(Path path) throws IOException {
    step();
    names.remove(path);
    super.delete(path);
  }

  @Override
  void syncDirectory(Path directory) throws IOException {
    step();
    renamed.keySet().removeIf(path -> path.startsWith(directory));
    forcedNames.keySet().removeIf(path -> path.startsWith(directory));
    names.forEach(
        (path, content) -> {
          if (path.startsWith(directory)) {
            forcedNames.put(path, content);
          }
        });
  }

  /** Leaves in the files what would be there. */
  void crash(Kept kept) throws Exception {
    for (AutoCloseable each : open) {
      each.close();
    }
    if (kept == Kept.ALL) {
      return;
    }
    boolean allNames = kept == Kept.FORCED_CONTENT || kept == Kept.LATER_PAGES;
    Map<Path, Content> left = new HashMap<>(allNames ? names : forcedNames);
    if (kept == Kept.FORCED_AND_RENAMED) {
      left.putAll(renamed);
    }
    if (kept == Kept.FORCED_BUT_DELETIONS) {
      left.keySet().retainAll(names.keySet());
    }
    Map<Path, byte[]> bytes = new HashMap<>();
    for (Map.Entry<Path, Content> each : left.entrySet()) {
      byte[] content = each.getValue().forced;
      if (kept == Kept.LATER_PAGES && Files.exists(each.getKey())) {
        byte[] written = Files.readAllBytes(each.getKey());
        int half = (written.length - content.length) / 2;
        if (half > 0 && content.length > 0) {
          Arrays.fill(written, content.length, content.length + half, (byte) 0);
          content = written;
        }
      }
      bytes.put(each.getKey(), content);
    }
    for (Path path : names.keySet()) {
      Files.deleteIfExists(path);
    }
    for (Map.Entry<Path, byte[]> each : bytes.entrySet()) {
      Files.write(each.getKey(), each.getValue());
    }
  }

  private final class Faulty extends DiskFile {
    private final Path path;
    private final Content content;

    Faulty(Path path, boolean write, Content content) throws IOException {
      super(path, write);
      this.path = path;
      this.content = content;
    }

    @Override
    synchronized void write(long at, byte[] from, int count) throws IOException {
      int written = bytewise ? spend(count) : spend(1) == 1 ? count : count / 2;
      super.write(at, from, written);
      if (written < count) {
        throw new IOException("No space left on device");
      }
    }

    @Override
    void force() throws IOException {
      step();
      content.forced = Files.readAllBytes(path);
    }

    @Override
    synchronized void truncate(long length) throws IOException {
      step();
      super.truncate(length);
    }
  }
}
