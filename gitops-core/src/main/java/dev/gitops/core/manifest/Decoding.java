// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.manifest;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Executor;
import java.util.concurrent.FutureTask;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Supplier;

/**
 * Decodes files while others are still read. Other threads only help: what none of them has begun
 * when its turn comes is decoded by the reading thread, so that a busy executor delays nothing. How
 * many files wait, and how many bytes, is bounded. For one read, by one thread.
 */
final class Decoding implements AutoCloseable {
  private static final int MAX_FILES = 256;
  private static final long MAX_BYTES = 32L << 20;

  private final Executor helpers;
  private final Deque<Waiting> waiting = new ArrayDeque<>();
  private long bytes;

  Decoding(Executor helpers) {
    this.helpers = helpers;
  }

  private record Waiting(FutureTask<Declarations> task, long bytes) {}

  /**
   * Decodes a file, now or later.
   *
   * @param size how many bytes it has
   */
  Part decode(long size, Supplier<Declarations> work) throws IOException {
    FutureTask<Declarations> task = new FutureTask<>(work::get);
    waiting.add(new Waiting(task, size));
    bytes += size;
    try {
      helpers.execute(task);
    } catch (RejectedExecutionException e) {
      // Nobody helps, then.
      task.run();
    }
    while (waiting.size() > MAX_FILES || bytes > MAX_BYTES) {
      Waiting oldest = waiting.remove();
      bytes -= oldest.bytes;
      Part.result(oldest.task);
    }
    return Part.of(task);
  }

  /** Begins nothing more. */
  @Override
  public void close() {
    waiting.forEach(one -> one.task.cancel(false));
  }
}
