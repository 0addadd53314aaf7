// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import java.io.InterruptedIOException;
import java.time.Duration;
import org.eclipse.jgit.lib.ProgressMonitor;

/**
 * The end of one conversation with a remote. A read timeout alone is none: a remote may send a byte
 * now and then for ever.
 */
final class Deadline implements ProgressMonitor {
  private final Duration atMost;
  private final long end;

  Deadline(Duration atMost) {
    this.atMost = atMost;
    this.end = System.nanoTime() + atMost.toNanos();
  }

  /** Throws when the time is over or the thread is interrupted. */
  void check() throws InterruptedIOException {
    if (Thread.currentThread().isInterrupted()) {
      throw new InterruptedIOException("Interrupted");
    }
    if (System.nanoTime() - end >= 0) {
      throw new InterruptedIOException(
          "It took longer than the timeout of " + atMost.toSeconds() + " s");
    }
  }

  @Override
  public boolean isCancelled() {
    return Thread.currentThread().isInterrupted() || System.nanoTime() - end >= 0;
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
