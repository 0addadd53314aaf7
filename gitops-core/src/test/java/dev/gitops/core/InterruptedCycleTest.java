// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gitops.core.contract.MemoryTarget;
import dev.gitops.core.model.Kind;
import dev.gitops.core.model.Live;
import dev.gitops.core.model.Observed;
import dev.gitops.core.model.Report;
import dev.gitops.core.model.Report.Status;
import dev.gitops.core.model.Resource;
import dev.gitops.core.spi.ReadScope;
import dev.gitops.core.spi.Target;
import dev.gitops.core.spi.Written;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/** A cycle whose thread is interrupted while a target is being read. */
class InterruptedCycleTest {
  record Topic(int partitions) {}

  private final Git git = new Git();
  private final MemoryTarget<Topic> memory = MemoryTarget.empty();
  private final Thread cycle = Thread.currentThread();
  private final CountDownLatch cycleIsOver = new CountDownLatch(1);
  private final Deque<Thread> threads = new ArrayDeque<>();

  /** Its first read interrupts the cycle, and answers only when that is over. */
  private final class Slow implements Target<Topic> {
    @Override
    public Live<Topic> read(ReadScope scope) throws Exception {
      if (cycleIsOver.getCount() > 0) {
        cycle.interrupt();
        boolean waiting = true;
        while (waiting) {
          try {
            cycleIsOver.await();
            waiting = false;
          } catch (InterruptedException e) {
            // a client that does not react to being interrupted
          }
        }
      }
      return memory.read(scope);
    }

    @Override
    public Written create(Resource<Topic> desired) throws Exception {
      return memory.create(desired);
    }

    @Override
    public Written update(Observed<Topic> live, Resource<Topic> desired) throws Exception {
      return memory.update(live, desired);
    }

    @Override
    public void delete(Observed<Topic> live) throws Exception {
      memory.delete(live);
    }
  }

  @Test
  void theNextCycleDoesNotTakeWhatTheInterruptedOneLeftBehindForItsOwn() throws Exception {
    git.declare("Topic/orders", Map.of("partitions", 12));
    try (Reconciler reconciler =
        Reconciler.builder("topics", git)
            .route(Kind.of("Topic", Topic.class), new Slow())
            .ephemeral()
            .executor(
                task -> {
                  Thread thread = new Thread(task);
                  threads.add(thread);
                  thread.start();
                })
            .build()) {
      assertThatThrownBy(reconciler::reconcile).isInstanceOf(ReconcileException.class);
      assertThat(Thread.interrupted()).isTrue();
      cycleIsOver.countDown();
      while (!threads.isEmpty()) {
        threads.remove().join();
      }

      Report report = reconciler.reconcile();

      assertThat(report.failure()).isNull();
      assertThat(report.plan().notes()).isEmpty();
      assertThat(report.status()).isEqualTo(Status.CONVERGED);
      assertThat(memory.log().live()).hasSize(1);
    }
  }
}
