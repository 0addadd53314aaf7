// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import dev.gitops.core.spi.Timing;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.ArrayBlockingQueue;
import org.eclipse.jgit.lib.ProgressMonitor;

/**
 * The end of one conversation with a remote. A read timeout alone is none: a remote may send a byte
 * now and then for ever.
 */
final class Deadline implements ProgressMonitor {
  private final Duration atMost;
  private final Timing timing;
  private final long end;

  Deadline(Duration atMost, Timing timing) {
    this.atMost = atMost;
    this.timing = timing;
    this.end = timing.nanos() + atMost.toNanos();
  }

  /** Throws when the time is over or the thread is interrupted. */
  void check() throws InterruptedIOException {
    if (Thread.currentThread().isInterrupted()) {
      throw new InterruptedIOException("Interrupted");
    }
    if (timing.nanos() - end >= 0) {
      throw over();
    }
  }

  InterruptedIOException over() {
    return new InterruptedIOException(
        "It took longer than the timeout of " + atMost.toSeconds() + " s");
  }

  /** How long it is still; not positive when it is over. */
  Duration remaining() {
    return Duration.ofNanos(end - timing.nanos());
  }

  Instant now() {
    return timing.now();
  }

  /** The milliseconds to give to a single wait: up to so many, not beyond the end, never 0. */
  int millis(Duration upTo) {
    return (int) Math.max(1, Math.min(upTo.toMillis(), remaining().toMillis()));
  }

  /** Waits; the caller has made sure that it is not over meanwhile. */
  void pause(Duration time) throws InterruptedIOException {
    try {
      timing.await(new ArrayBlockingQueue<>(1), time);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("Interrupted");
    }
  }

  /** A stream that ends in time. */
  InputStream bound(InputStream stream) {
    return new FilterInputStream(stream) {
      @Override
      public int read() throws IOException {
        check();
        return super.read();
      }

      @Override
      public int read(byte[] buffer, int offset, int length) throws IOException {
        check();
        return super.read(buffer, offset, length);
      }
    };
  }

  @Override
  public boolean isCancelled() {
    return Thread.currentThread().isInterrupted() || timing.nanos() - end >= 0;
  }

  @Override
  public void start(int totalTasks) {}

  @Override
  public void beginTask(String title, int totalWork) {}

  @Override
  public void update(int completed) {}

  @Override
  public void endTask() {}

  @Override
  public void showDuration(boolean enabled) {}
}
