// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gitops.core.contract.Fault;
import dev.gitops.core.contract.Faults.Operation;
import dev.gitops.core.contract.MemoryTarget;
import dev.gitops.core.model.Kind;
import dev.gitops.core.model.Live;
import dev.gitops.core.model.Metadata;
import dev.gitops.core.model.Metadata.OnChange;
import dev.gitops.core.model.Metadata.OnRemoval;
import dev.gitops.core.model.Observed;
import dev.gitops.core.model.Outcome;
import dev.gitops.core.model.Phase;
import dev.gitops.core.model.ReconcileEvent;
import dev.gitops.core.model.ReconcileEvent.CycleEnded;
import dev.gitops.core.model.Report;
import dev.gitops.core.model.Report.Status;
import dev.gitops.core.model.Resource;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.spi.ReadScope;
import dev.gitops.core.spi.Target;
import dev.gitops.core.spi.Written;
import dev.gitops.core.store.MemoryStateStore;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The loop, on real threads: each test waits for events, never for time to pass. */
@Timeout(60)
class ReconcileLoopTest {
  record Topic(@Nullable Long partitions) {}

  private static final Duration NEVER = Duration.ofHours(1);

  private final Git git = new Git();
  private volatile @Nullable Operation faulty;
  private volatile Fault fault = Fault.NONE;
  private final MemoryTarget<Topic> memory =
      MemoryTarget.<Topic>options()
          .faults(call -> call.operation() == faulty ? fault : Fault.NONE)
          .build();
  private final LinkedBlockingQueue<Report> reports = new LinkedBlockingQueue<>();

  private Reconciler reconciler(Target<Topic> target) {
    return Reconciler.builder("loop", git)
        .route(Kind.of("Topic", Topic.class), target)
        .store(new MemoryStateStore())
        .retry(Duration.ofMillis(1), Duration.ofMillis(2))
        .listener(this::heard)
        .listener(
            event -> {
              throw new IllegalStateException("a listener's trouble is its own");
            })
        .build();
  }

  private void heard(ReconcileEvent event) {
    if (event instanceof CycleEnded ended) {
      reports.add(ended.report());
    }
  }

  private Report next() throws InterruptedException {
    Report report = reports.poll(30, TimeUnit.SECONDS);
    assertThat(report).isNotNull();
    return report;
  }

  private Report until(Status status) throws InterruptedException {
    Report report = next();
    while (report.status() != status) {
      report = next();
    }
    return report;
  }

  @Test
  void itReconcilesAtOnceAndWhenTriggered() throws Exception {
    git.declare("Topic/a", Map.of("partitions", 1));
    try (Reconciler reconciler = reconciler(memory);
        ReconcileLoop loop = ReconcileLoop.start(reconciler, NEVER)) {
      assertThat(next().status()).isEqualTo(Status.CONVERGED);
      git.declare("Topic/b", Map.of("partitions", 1));
      loop.trigger("webhook");
      Report report = next();
      assertThat(report.plan().run().trigger()).isEqualTo("webhook");
      assertThat(memory.log().live(ResourceId.of("Topic", "b"))).isPresent();
      assertThat(loop.lastReport()).isPresent();
    }
  }

  @Test
  void triggersDuringACycleAreMergedIntoOne() throws Exception {
    CountDownLatch reading = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    fault =
        Fault.NONE.after(
            () -> {
              reading.countDown();
              go.await();
            });
    faulty = Operation.READ;
    git.declare("Topic/a", Map.of("partitions", 1));
    try (Reconciler reconciler = reconciler(memory);
        ReconcileLoop loop = ReconcileLoop.start(reconciler, NEVER)) {
      reading.await();
      loop.trigger("one");
      loop.trigger("two");
      loop.trigger("one");
      faulty = null;
      go.countDown();
      next();
      assertThat(next().plan().run().trigger()).isEqualTo("one; two");
      assertThat(reports).isEmpty();
    }
  }

  @Test
  void itComesBackSoonAfterAFailureAndNeverGivesUp() throws Exception {
    git.declare("Topic/a", Map.of("partitions", 1));
    fault = Fault.failing(new IOException("down"));
    faulty = Operation.CREATE;
    try (Reconciler reconciler = reconciler(memory);
        ReconcileLoop loop = ReconcileLoop.start(reconciler, NEVER)) {
      for (int i = 0; i < 10; i++) {
        assertThat(next().status()).isEqualTo(Status.FAILED);
      }
      faulty = null;
      until(Status.CONVERGED);
      assertThat(loop.lastReport()).isPresent();
    }
  }

  @Test
  void aSourceThatIsDownAtFirstIsTriedAgain() throws Exception {
    git.declare("Topic/a", Map.of("partitions", 1));
    git.down = true;
    try (Reconciler reconciler = reconciler(memory);
        ReconcileLoop loop = ReconcileLoop.start(reconciler, NEVER)) {
      assertThat(next().status()).isEqualTo(Status.FAILED);
      git.down = false;
      loop.trigger("up again");
      until(Status.CONVERGED);
    }
  }

  @Test
  void aLiveChangeIsCorrectedWithoutWaitingForThePoll() throws Exception {
    git.declare("Topic/a", Map.of("partitions", 1));
    Watched watched = new Watched(memory);
    try (Reconciler reconciler = reconciler(watched)) {
      try (ReconcileLoop loop = ReconcileLoop.start(reconciler, NEVER)) {
        next();
        ResourceId id = ResourceId.of("Topic", "a");
        memory.as("bob").put(id, new Topic(9L));
        watched.changed.accept(id);
        assertThat(next().plan().run().trigger()).contains("Topic/a");
        assertThat(memory.log().live(id).orElseThrow().value()).isEqualTo(new Topic(1L));
        assertThat(loop.lastReport()).isPresent();
      }
      assertThat(watched.closed).isTrue();
    }
  }

  @Test
  void closingInterruptsACallThatHangsAndNamesWhatIsInDoubt() throws Exception {
    git.declare("Topic/a", Map.of("partitions", 1));
    CountDownLatch creating = new CountDownLatch(1);
    CountDownLatch never = new CountDownLatch(1);
    fault =
        Fault.NONE.after(
            () -> {
              creating.countDown();
              boolean waiting = true;
              while (waiting) {
                try {
                  never.await();
                  waiting = false;
                } catch (InterruptedException e) {
                  // this target does not react
                }
              }
            });
    faulty = Operation.CREATE;
    Reconciler reconciler = reconciler(memory);
    ReconcileLoop loop = ReconcileLoop.start(reconciler, NEVER);
    creating.await();
    assertThat(loop.close(Duration.ofMillis(1))).containsExactly(ResourceId.of("Topic", "a"));
    never.countDown();
    reconciler.close();
  }

  @Test
  void closingLetsACallEndAndBeginsNoMore() throws Exception {
    Metadata after =
        new Metadata(
            Map.of(),
            List.of(ResourceId.of("Topic", "a")),
            0,
            Phase.SYNC,
            OnRemoval.DELETE,
            OnChange.UPDATE,
            null);
    git.declare("Topic/a", Map.of("partitions", 1))
        .declare("Topic/b", Map.of("partitions", 1), after);
    CountDownLatch creating = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    fault =
        Fault.NONE.after(
            () -> {
              creating.countDown();
              go.await();
            });
    faulty = Operation.CREATE;
    try (Reconciler reconciler = reconciler(memory)) {
      ReconcileLoop loop = ReconcileLoop.start(reconciler, NEVER);
      creating.await();
      CompletableFuture<List<ResourceId>> closed =
          CompletableFuture.supplyAsync(() -> loop.close(Duration.ofHours(1)));
      while (!loop.stopping()) {
        Thread.onSpinWait();
      }
      go.countDown();
      assertThat(closed.get(30, TimeUnit.SECONDS)).isEmpty();
      Report report = loop.lastReport().orElseThrow();
      assertThat(report.outcome(ResourceId.of("Topic", "a")).orElseThrow().result())
          .isEqualTo(Outcome.Result.APPLIED);
      Outcome skipped = report.outcome(ResourceId.of("Topic", "b")).orElseThrow();
      assertThat(skipped.result()).isEqualTo(Outcome.Result.SKIPPED);
      assertThat(skipped.message()).isEqualTo(Cycle.STOPPING);
      assertThat(memory.log().live()).containsOnlyKeys(ResourceId.of("Topic", "a"));
    }
  }

  /** A target that can watch. */
  private static final class Watched implements Target<Topic> {
    private final MemoryTarget<Topic> target;
    volatile Consumer<ResourceId> changed = id -> {};
    volatile boolean closed;

    Watched(MemoryTarget<Topic> target) {
      this.target = target;
    }

    @Override
    public Optional<AutoCloseable> watch(Consumer<ResourceId> listener) {
      changed = listener;
      return Optional.of(() -> closed = true);
    }

    @Override
    public Live<Topic> read(ReadScope scope) throws Exception {
      return target.read(scope);
    }

    @Override
    public Written create(Resource<Topic> desired) throws Exception {
      return target.create(desired);
    }

    @Override
    public Written update(Observed<Topic> live, Resource<Topic> desired) throws Exception {
      return target.update(live, desired);
    }

    @Override
    public void delete(Observed<Topic> live) throws Exception {
      target.delete(live);
    }
  }
}
