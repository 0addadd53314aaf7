// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.store;

import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The lock of a namespace: the operating system's, so that it is gone with the process that held
 * it, however that ended.
 *
 * <p>POSIX drops all locks of a process on a file when the process closes <em>any</em> of its
 * descriptors of that file. So a lock file that this process may hold is never opened a second
 * time: that is what the map is for, the only static state of the library. Should another class
 * loader's copy of this class hold the lock, the channel that found that out stays open for the
 * next try.
 */
final class NamespaceLock implements Closeable {
  private static final Map<Object, NamespaceLock> OPEN = new HashMap<>();

  private final Object identity;
  private final Path holderFile;
  private final FileChannel channel;
  private @Nullable FileLock lock;

  private NamespaceLock(Object identity, Path holderFile, FileChannel channel) {
    this.identity = identity;
    this.holderFile = holderFile;
    this.channel = channel;
  }

  /**
   * Takes the lock of a directory at once or not at all.
   *
   * @throws IOException when somebody holds it, naming who, as far as that is known
   */
  static NamespaceLock take(Disk disk, Path directory, String namespace) throws IOException {
    Path file = directory.resolve("lock");
    Path holderFile = directory.resolve("holder");
    synchronized (OPEN) {
      if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
        try {
          disk.create(file).close();
        } catch (java.nio.file.FileAlreadyExistsException e) {
          // Somebody else was faster; whoever gets the lock now holds it.
        }
      }
      Object identity = identity(file);
      NamespaceLock open = OPEN.get(identity);
      if (open == null) {
        FileChannel channel =
            FileChannel.open(file, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);
        open = new NamespaceLock(identity, holderFile, channel);
      } else if (open.lock != null) {
        throw held(namespace, directory, "a session in this process");
      }
      try {
        open.lock = open.channel.tryLock();
      } catch (OverlappingFileLockException e) {
        OPEN.put(identity, open);
        throw held(namespace, directory, "a session in this process, of another class loader");
      }
      if (open.lock == null) {
        OPEN.remove(identity);
        open.channel.close();
        throw held(namespace, directory, holder(holderFile));
      }
      OPEN.put(identity, open);
      open.say(disk);
      return open;
    }
  }

  private static Object identity(Path file) throws IOException {
    Object key =
        Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS).fileKey();
    return key != null ? key : file.toRealPath();
  }

  private static IOException held(String namespace, Path directory, String holder) {
    return new IOException(
        "The namespace "
            + namespace
            + " in "
            + directory
            + " is held by "
            + holder
            + ": close that one first; two writers would undo each other's work");
  }

  private static String holder(Path holderFile) {
    try {
      String text = Files.readString(holderFile);
      return text.matches("process [0-9]{1,20}( on [A-Za-z0-9._-]{1,255})?")
          ? text
          : "another process";
    } catch (IOException unknown) {
      return "another process";
    }
  }

  /** Leaves word for others, who only show it: neither durable nor trusted. */
  private void say(Disk disk) throws IOException {
    String host = System.getenv().getOrDefault("HOSTNAME", System.getenv("COMPUTERNAME"));
    String text = "process " + ProcessHandle.current().pid() + (host == null ? "" : " on " + host);
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    try {
      disk.delete(holderFile);
      try (Disk.DiskFile file = disk.create(holderFile)) {
        file.write(0, bytes, bytes.length);
      }
    } catch (Throwable e) {
      close();
      throw e;
    }
  }

  @Override
  public void close() throws IOException {
    synchronized (OPEN) {
      if (lock == null) {
        return;
      }
      lock = null;
      OPEN.remove(identity);
      try {
        Files.deleteIfExists(holderFile);
      } finally {
        channel.close();
      }
    }
  }
}
