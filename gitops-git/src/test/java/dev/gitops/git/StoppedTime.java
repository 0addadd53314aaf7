// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import dev.gitops.core.spi.Timing;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;

/** Time that passes only when somebody waits, or a test says so; it remembers who waited. */
final class StoppedTime implements Timing {
  private static final Instant START = Instant.parse("2026-11-01T00:00:00Z");

  final List<Duration> pauses = new CopyOnWriteArrayList<>();
  private final AtomicLong passed = new AtomicLong();

  void pass(Duration time) {
    passed.addAndGet(time.toNanos());
  }

  @Override
  public Instant now() {
    return START.plusNanos(passed.get());
  }

  @Override
  public long nanos() {
    return Long.MAX_VALUE - 1_000 + passed.get(); // about to overflow, as a monotonic clock may
  }

  @Override
  public <E> E await(BlockingQueue<E> queue, Duration atMost) {
    pauses.add(atMost);
    pass(atMost);
    return queue.poll();
  }
}
