// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gitops.core.contract.Fault;
import dev.gitops.core.contract.Faults.Operation;
import dev.gitops.core.contract.MemoryTarget;
import dev.gitops.core.model.Block.Reason;
import dev.gitops.core.model.Health;
import dev.gitops.core.model.Kind;
import dev.gitops.core.model.Outcome;
import dev.gitops.core.model.Outcome.Result;
import dev.gitops.core.model.Report;
import dev.gitops.core.model.Report.Status;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.spi.HealthCheck;
import dev.gitops.core.spi.Lease;
import dev.gitops.core.spi.RetryAfterException;
import dev.gitops.core.spi.Timing;
import dev.gitops.core.store.MemoryStateStore;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Histories in which time passes, and in which two processes share a store. */
class ReplicasTest {
  record Topic(@Nullable Long partitions) {}

  private final AtomicLong clock = new AtomicLong(1);
  private final Git git = new Git().declare("Topic/a", Map.of("partitions", 1));
  private final SharedStore shared = new SharedStore();
  private volatile @Nullable Operation faulty;
  private volatile Fault fault = Fault.NONE;
  private volatile @Nullable Runnable inCreate;
  private final MemoryTarget<Topic> target =
      MemoryTarget.<Topic>options()
          .faults(
              call -> {
                Runnable hook = inCreate;
                if (call.operation() == Operation.CREATE && hook != null) {
                  hook.run();
                }
                return call.operation() == faulty ? fault : Fault.NONE;
              })
          .build();
  private final Reconciler one = builder().build();
  private final Reconciler two = builder().build();

  private ReconcilerBuilder builder() {
    return Reconciler.builder("topics", git)
        .route(Kind.of("Topic", Topic.class), target)
        .store(shared)
        .concurrency(1)
        .timing(new Hand(clock));
  }

  /** A clock that a test moves by hand; waiting is real, since the calls are. */
  private record Hand(AtomicLong clock) implements Timing {
    @Override
    public Instant now() {
      return Instant.EPOCH.plusNanos(clock.get());
    }

    @Override
    public long nanos() {
      return clock.get();
    }

    @Override
    public <E> @Nullable E await(BlockingQueue<E> queue, Duration atMost)
        throws InterruptedException {
      return queue.poll(20, TimeUnit.SECONDS);
    }
  }

  private void pass(Duration time) {
    clock.addAndGet(time.toNanos());
  }

  @AfterEach
  void close() {
    one.close();
    two.close();
  }

  @Test
  void theOtherReplicaStandsByUntilTheLeaseHasRunOut() {
    assertThat(one.reconcile().status()).isEqualTo(Status.CONVERGED);
    git.declare("Topic/b", Map.of("partitions", 1));
    assertThat(two.reconcile().status()).isEqualTo(Status.STANDBY);
    pass(Duration.ofSeconds(14));
    assertThat(two.reconcile().status()).isEqualTo(Status.STANDBY);
    assertThat(target.log().live(ResourceId.of("Topic", "b"))).isEmpty();
    pass(Duration.ofSeconds(2));
    assertThat(two.reconcile().status()).isEqualTo(Status.CONVERGED);
    assertThat(one.reconcile().status()).isEqualTo(Status.STANDBY);
  }

  @Test
  void aReplicaThatClosesLetsTheOtherWriteAtOnce() {
    one.reconcile();
    one.close();
    git.declare("Topic/b", Map.of("partitions", 1));
    assertThat(two.reconcile().status()).isEqualTo(Status.CONVERGED);
  }

  @Test
  void aPausedWriterThatWakesUpWritesNothingBeyondTheCallInFlight() {
    git.declare("Topic/b", Map.of("partitions", 1)).declare("Topic/c", Map.of("partitions", 1));
    two.reconcile(); // knows the lease of nobody yet
    pass(Duration.ofMinutes(1));
    git.declare("Topic/d", Map.of("partitions", 1)).declare("Topic/e", Map.of("partitions", 1));
    inCreate =
        () -> {
          inCreate = null;
          two.reconcile(); // starts to watch the lease
          pass(Duration.ofMinutes(1)); // the first one is paused meanwhile
          two.reconcile();
        };
    one.reconcile();
    pass(Duration.ofMinutes(1));
    Report report = one.reconcile();
    assertThat(report.status()).isIn(Status.STANDBY, Status.CONVERGED);
    long creations = target.log().entries().stream().filter(e -> e.id().name().equals("e")).count();
    assertThat(creations).isEqualTo(1);
  }

  @Test
  void anExternalLeaseDecides() {
    AtomicLong held = new AtomicLong();
    Lease lease =
        new Lease() {
          @Override
          public OptionalLong acquire() {
            return held.get() == 0 ? OptionalLong.empty() : OptionalLong.of(held.get());
          }

          @Override
          public boolean renew(long epoch) {
            return held.get() == epoch;
          }

          @Override
          public Duration duration() {
            return Duration.ofSeconds(15);
          }
        };
    try (Reconciler leased = builder().lease(lease).build()) {
      assertThat(leased.reconcile().status()).isEqualTo(Status.STANDBY);
      assertThat(target.log().entries()).isEmpty();
      held.set(7);
      assertThat(leased.reconcile().status()).isEqualTo(Status.CONVERGED);
    }
  }

  @Test
  void retryAfterIsHonoured() {
    faulty = Operation.CREATE;
    fault = Fault.failing(new RetryAfterException("slow down", Duration.ofMinutes(3)));
    assertThat(one.reconcile().status()).isEqualTo(Status.FAILED);
    faulty = null;
    pass(Duration.ofMinutes(2));
    assertThat(one.reconcile().remaining().get(0).block().reason()).isEqualTo(Reason.BACKOFF);
    pass(Duration.ofMinutes(2));
    assertThat(one.reconcile().status()).isEqualTo(Status.CONVERGED);
  }

  @Test
  void failuresAreTriedAgainForEverAtACappedPace() {
    faulty = Operation.CREATE;
    fault = Fault.failing(new IOException("down"));
    int tried = 0;
    for (int minute = 0; minute < 600; minute++) {
      Report report = one.reconcile();
      tried +=
          report
                  .outcome(ResourceId.of("Topic", "a"))
                  .map(Outcome::result)
                  .equals(Optional.of(Result.FAILED))
              ? 1
              : 0;
      pass(Duration.ofMinutes(1));
    }
    assertThat(tried).isBetween(600 / 6, 600 / 2);
  }

  @Test
  void whatDoesNotGetHealthyInTimeIsDegraded() {
    HealthCheck<Topic> never = live -> Health.progressing("starting");
    try (Reconciler judged =
        Reconciler.builder("judged", git)
            .route(Kind.of("Topic", Topic.class), new Unhealthy(target, never))
            .store(new MemoryStateStore())
            .timing(new Hand(clock))
            .progressDeadline(Duration.ofMinutes(5))
            .build()) {
      assertThat(judged.reconcile().status()).isEqualTo(Status.PROGRESSING);
      pass(Duration.ofMinutes(4));
      assertThat(judged.reconcile().status()).isEqualTo(Status.PROGRESSING);
      pass(Duration.ofMinutes(2));
      Report late = judged.reconcile();
      assertThat(late.status()).isEqualTo(Status.FAILED);
      assertThat(late.unhealthy().get(ResourceId.of("Topic", "a")).message()).contains("5 min");
    }
  }

  /** The same target with another judgement. */
  private record Unhealthy(MemoryTarget<Topic> target, HealthCheck<Topic> check)
      implements dev.gitops.core.spi.Target<Topic> {
    @Override
    public dev.gitops.core.model.Live<Topic> read(dev.gitops.core.spi.ReadScope scope)
        throws Exception {
      return target.read(scope);
    }

    @Override
    public dev.gitops.core.spi.Written create(dev.gitops.core.model.Resource<Topic> desired)
        throws Exception {
      return target.create(desired);
    }

    @Override
    public dev.gitops.core.spi.Written update(
        dev.gitops.core.model.Observed<Topic> live, dev.gitops.core.model.Resource<Topic> desired)
        throws Exception {
      return target.update(live, desired);
    }

    @Override
    public void delete(dev.gitops.core.model.Observed<Topic> live) throws Exception {
      target.delete(live);
    }

    @Override
    public HealthCheck<Topic> health(Kind<Topic> kind) {
      return check;
    }
  }
}
