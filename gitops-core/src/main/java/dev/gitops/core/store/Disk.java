// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.store;

import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * The few things that the file store does to files; tests replace it by one that fails at any step.
 *
 * <p>Not with file channels: they close for good when a thread that uses them is interrupted, which
 * is how the engine ends a call that takes too long.
 */
class Disk {
  /** Creates a directory that is missing, durably and for its owner alone, and its parents. */
  void createDirectories(Path directory) throws IOException {
    if (Files.isDirectory(directory)) {
      return;
    }
    Path parent = directory.toAbsolutePath().getParent();
    if (parent != null) {
      createDirectories(parent);
    }
    try {
      Files.createDirectory(directory, ownerOnly(directory, "rwx------"));
    } catch (java.nio.file.FileAlreadyExistsException e) {
      if (!Files.isDirectory(directory)) {
        throw e;
      }
    }
    if (parent != null) {
      syncDirectory(parent);
    }
  }

  /** Creates a file that does not exist yet, for its owner alone. */
  DiskFile create(Path path) throws IOException {
    Files.createFile(path, ownerOnly(path, "rw-------"));
    return open(path, true);
  }

  /** Opens a file that exists; a link is not followed, since it could lead elsewhere. */
  DiskFile open(Path path, boolean write) throws IOException {
    if (!Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) {
      throw new NoSuchFileException(path.toString(), null, "no such regular file");
    }
    return new DiskFile(path, write);
  }

  /** Renames a file, replacing what has that name, in one step. */
  void rename(Path from, Path to) throws IOException {
    Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  /** Deletes a file; the absent is deleted already. */
  void delete(Path path) throws IOException {
    Files.deleteIfExists(path);
  }

  /** Makes what was created, renamed and deleted in a directory durable. */
  void syncDirectory(Path directory) throws IOException {
    boolean interrupted = Thread.interrupted();
    try {
      while (true) {
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
          channel.force(true);
          return;
        } catch (ClosedByInterruptException e) {
          interrupted |= Thread.interrupted();
        } catch (AccessDeniedException e) {
          // Windows opens no directories, and writes their changes through.
          if (Files.getFileStore(directory).supportsFileAttributeView("posix")) {
            throw e;
          }
          return;
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private static FileAttribute<?>[] ownerOnly(Path path, String permissions) {
    return path.getFileSystem().supportedFileAttributeViews().contains("posix")
        ? new FileAttribute<?>[] {
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions))
        }
        : new FileAttribute<?>[0];
  }

  /** An open file. Reading and writing are one at a time, forcing is beside them. */
  static class DiskFile implements Closeable {
    private final RandomAccessFile file;

    DiskFile(Path path, boolean write) throws IOException {
      file = new RandomAccessFile(path.toFile(), write ? "rw" : "r");
    }

    synchronized long length() throws IOException {
      return file.length();
    }

    /** Reads exactly so many bytes, or throws {@link EOFException}. */
    synchronized void read(long at, byte[] into, int offset, int count) throws IOException {
      file.seek(at);
      file.readFully(into, offset, count);
    }

    synchronized void write(long at, byte[] from, int count) throws IOException {
      file.seek(at);
      file.write(from, 0, count);
    }

    void force() throws IOException {
      file.getFD().sync();
    }

    synchronized void truncate(long length) throws IOException {
      file.setLength(length);
    }

    @Override
    public void close() throws IOException {
      file.close();
    }
  }
}
