// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git.provider;

import dev.gitops.core.spi.Timing;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Time that passes when a test says so; whoever waits for an element really waits for it. */
final class ManualTime implements Timing {
  private long nanos = Long.MAX_VALUE - 1_000; // about to overflow, as a monotonic clock may
  private Instant wall = Instant.parse("2026-01-01T00:00:00Z");

  synchronized void pass(Duration time) {
    nanos += time.toNanos();
    wall = wall.plus(time);
    notifyAll();
  }

  @Override
  public synchronized Instant now() {
    return wall;
  }

  @Override
  public synchronized long nanos() {
    return nanos;
  }

  @Override
  public <E> @Nullable E await(BlockingQueue<E> queue, Duration atMost)
      throws InterruptedException {
    long until = nanos() + atMost.toNanos();
    while (true) {
      E element = queue.poll(1, TimeUnit.MILLISECONDS);
      if (element != null || until - nanos() <= 0) {
        return element;
      }
    }
  }
}
