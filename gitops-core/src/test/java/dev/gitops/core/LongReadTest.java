// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gitops.core.contract.MemoryTarget;
import dev.gitops.core.model.Kind;
import dev.gitops.core.model.Report.Status;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.spi.Timing;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** A cycle that takes longer than the lease of its right to write. */
class LongReadTest {
  record Topic(@Nullable Long partitions) {}

  private static final Duration READ = Duration.ofSeconds(50);

  private final Git git = new Git().declare("Topic/a", Map.of("partitions", 1));
  private final MemoryTarget<Topic> target = MemoryTarget.empty();
  private final SharedStore store = new SharedStore();
  private final Clock clock = new Clock();
  private final Reconciler one = reconciler(clock, clock);
  private final Timing instantly =
      new Timing() {
        @Override
        public Instant now() {
          return clock.now();
        }

        @Override
        public long nanos() {
          return clock.nanos();
        }

        @Override
        public <E> @Nullable E await(BlockingQueue<E> queue, Duration atMost)
            throws InterruptedException {
          return queue.take();
        }
      };
  private final Reconciler two = reconciler(instantly, task -> new Thread(task).start());

  private Reconciler reconciler(Timing timing, Executor executor) {
    return Reconciler.builder("topics", git)
        .route(Kind.of("Topic", Topic.class), target)
        .store(store)
        .timing(timing)
        .executor(executor)
        .build();
  }

  /** Each call takes so long; time passes while somebody waits, and the other replica looks in. */
  private final class Clock implements Timing, Executor {
    private long nanos = 1;
    private long due;
    private @Nullable Runnable task;

    @Override
    public void execute(Runnable newTask) {
      task = newTask;
      due = nanos + READ.toNanos();
    }

    @Override
    public Instant now() {
      return Instant.EPOCH.plusNanos(nanos);
    }

    @Override
    public long nanos() {
      return nanos;
    }

    @Override
    public <E> @Nullable E await(BlockingQueue<E> queue, Duration atMost) {
      nanos += Math.min(atMost.toNanos(), due - nanos);
      if (nanos == due && task != null) {
        task.run();
      }
      assertThat(two.reconcile().status()).isEqualTo(Status.STANDBY);
      return queue.poll();
    }
  }

  @Test
  void theOtherReplicaDoesNotTakeOverWhileSourceAndTargetAreBeingRead() {
    assertThat(one.reconcile().status()).isEqualTo(Status.CONVERGED);
    assertThat(target.log().live(ResourceId.of("Topic", "a"))).isPresent();
    assertThat(clock.nanos()).isGreaterThan(READ.multipliedBy(4).toNanos()); // fetch, reads, write
    one.close();
    two.close();
  }
}
