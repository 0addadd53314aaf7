// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.spi;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Time as the engine sees it: a wall clock for people and records, a monotonic one for durations,
 * and waiting.
 */
public interface Timing {
  /** The wall clock; may jump. */
  Instant now();

  /** Nanoseconds that only ever grow, from an arbitrary start. */
  long nanos();

  /**
   * Waits for the next element, or until the time has passed: then null. The only way in which the
   * engine waits.
   */
  <E> @Nullable E await(BlockingQueue<E> queue, Duration atMost) throws InterruptedException;

  /** The system's clocks. */
  static Timing system() {
    return new Timing() {
      @Override
      public Instant now() {
        return Instant.now();
      }

      @Override
      public long nanos() {
        return System.nanoTime();
      }

      @Override
      public <E> @Nullable E await(BlockingQueue<E> queue, Duration atMost)
          throws InterruptedException {
        return queue.poll(atMost.toNanos(), TimeUnit.NANOSECONDS);
      }
    };
  }
}
