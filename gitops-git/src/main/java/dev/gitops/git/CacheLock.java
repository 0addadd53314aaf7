// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The right to write into one clone, exclusive among threads and processes. A file lock alone does
 * not do: it belongs to the whole process. The table of locks is static for the same reason.
 */
final class CacheLock implements AutoCloseable {
  private static final ConcurrentHashMap<Path, ReentrantLock> THREADS = new ConcurrentHashMap<>();
  private static final long POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

  private final ReentrantLock threads;
  private final FileChannel channel;

  private CacheLock(ReentrantLock threads, FileChannel channel) {
    this.threads = threads;
    this.channel = channel;
  }

  /**
   * Waits for the lock.
   *
   * @param file created if absent, in a directory that exists; stays behind
   * @throws IOException when it can't be had in that time, or the thread is interrupted
   */
  static CacheLock acquire(Path file, Duration atMost) throws IOException {
    long deadline = System.nanoTime() + atMost.toNanos();
    ReentrantLock threads = THREADS.computeIfAbsent(file, key -> new ReentrantLock());
    try {
      if (!threads.tryLock(atMost.toNanos(), TimeUnit.NANOSECONDS)) {
        throw busy(file, atMost);
      }
      boolean done = false;
      try {
        FileChannel channel = lockFile(file, deadline);
        if (channel == null) {
          throw busy(file, atMost);
        }
        done = true;
        return new CacheLock(threads, channel);
      } finally {
        if (!done) {
          threads.unlock();
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("Interrupted while waiting for " + file);
    }
  }

  private static IOException busy(Path file, Duration atMost) {
    return new IOException(
        "The clone is in use by another source or process for more than "
            + atMost.toSeconds()
            + " s (lock "
            + file
            + "). Wait for it, or give this source a cache directory of its own");
  }

  private static @Nullable FileChannel lockFile(Path file, long deadline)
      throws IOException, InterruptedException {
    do {
      // Opened anew each time: who empties the cache deletes the file that others wait for.
      FileChannel channel =
          FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      boolean done = false;
      try {
        done = tryLock(channel);
        if (done) {
          return channel;
        }
      } finally {
        if (!done) {
          channel.close();
        }
      }
      TimeUnit.NANOSECONDS.sleep(POLL_NANOS);
    } while (System.nanoTime() - deadline < 0);
    return null;
  }

  private static boolean tryLock(FileChannel channel) throws IOException {
    try {
      return channel.tryLock() != null;
    } catch (OverlappingFileLockException e) {
      // Another copy of this library in this process has it.
      return false;
    }
  }

  @Override
  public void close() throws IOException {
    try {
      channel.close();
    } finally {
      threads.unlock();
    }
  }
}
