// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core;

import dev.gitops.core.spi.Timing;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.BlockingQueue;
import org.jspecify.annotations.Nullable;

/**
 * Time that passes only when somebody waits, or a test says so. Whoever waits is first offered what
 * the test has arranged to happen meanwhile, one thing after the other.
 */
final class ManualTiming implements Timing {
  /** What happens while somebody waits; the next thing only when the last brought no element. */
  final Deque<Runnable> meanwhile = new ArrayDeque<>();

  private long nanos = Long.MAX_VALUE - 1_000; // about to overflow, as a monotonic clock may
  private Instant wall = Instant.ofEpochSecond(1_800_000_000L);

  void pass(Duration time) {
    nanos += time.toNanos();
    wall = wall.plus(time);
  }

  @Override
  public Instant now() {
    return wall;
  }

  @Override
  public long nanos() {
    return nanos;
  }

  @Override
  public <E> @Nullable E await(BlockingQueue<E> queue, Duration atMost) {
    while (queue.isEmpty() && !meanwhile.isEmpty()) {
      meanwhile.poll().run();
    }
    E element = queue.poll();
    if (element == null) {
      pass(atMost);
    }
    return element;
  }
}
