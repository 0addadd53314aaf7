// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gitops.core.contract.Fault;
import dev.gitops.core.contract.Faults.Operation;
import dev.gitops.core.contract.MemoryTarget;
import dev.gitops.core.model.Block.Reason;
import dev.gitops.core.model.Kind;
import dev.gitops.core.model.Report;
import dev.gitops.core.model.Report.Status;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.spi.Timing;
import dev.gitops.core.store.MemoryStateStore;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Histories, found by the simulation, in which what is read or fetched is of a while ago, and the
 * wall clock no help.
 */
class StaleTest {
  record Topic(@Nullable Long partitions) {}

  private static final Duration SETTLE = Duration.ofSeconds(30);
  private static final ResourceId A = ResourceId.of("Topic", "a");

  /** A wall clock that can be set, beside a monotonic one that can't. */
  private static final class Clocks implements Timing {
    private long nanos;
    private Duration set = Duration.ZERO;

    @Override
    public Instant now() {
      return Instant.EPOCH.plusNanos(nanos).plus(set);
    }

    @Override
    public long nanos() {
      return nanos;
    }

    @Override
    public <E> @Nullable E await(BlockingQueue<E> queue, Duration atMost) {
      E element = queue.poll();
      nanos += element == null ? atMost.toNanos() : 0;
      return element;
    }
  }

  private final Git git = new Git();
  private final Clocks clocks = new Clocks();
  private Duration age = Duration.ZERO;
  private final MemoryTarget<Topic> target =
      MemoryTarget.<Topic>options()
          .settling(SETTLE)
          .clock(clocks::nanos)
          .ignoringPreconditions()
          .faults(
              call ->
                  call.operation() == Operation.READ && !age.isZero()
                      ? Fault.stale(age)
                      : Fault.NONE)
          .build();
  private final Reconciler reconciler =
      Reconciler.builder("topics", git)
          .route(Kind.of("Topic", Topic.class), target)
          .store(new MemoryStateStore())
          .timing(clocks)
          .executor(Runnable::run)
          .allowDeletes(10)
          .build();

  @AfterEach
  void close() {
    reconciler.close();
  }

  private static Reason blocked(Report report) {
    assertThat(report.remaining()).hasSize(1);
    return report.remaining().get(0).block().reason();
  }

  private void pass(Duration time) {
    clocks.nanos += time.toNanos();
  }

  @Test
  void aClockThatIsSetDoesNotMakeAnOldReadingNews() {
    pass(SETTLE);
    git.declare("Topic/a", Map.of("partitions", 3));
    reconciler.reconcile();
    pass(Duration.ofSeconds(1));
    clocks.set = Duration.ofHours(1);
    age = Duration.ofSeconds(10); // before it was created
    assertThat(blocked(reconciler.reconcile())).isEqualTo(Reason.IN_DOUBT);
    age = Duration.ZERO;
    git.remove("Topic/a");
    assertThat(reconciler.reconcile().status()).isEqualTo(Status.PROGRESSING);
    assertThat(target.log().live(A)).isEmpty(); // it never stopped being ours to delete
  }

  @Test
  void whatWasDeletedAMomentAgoIsNotUpdatedThoughItIsDeclaredAgainAndStillShown() {
    git.declare("Topic/a", Map.of("partitions", 3));
    reconciler.reconcile();
    pass(SETTLE);
    git.remove("Topic/a");
    reconciler.reconcile();
    target.as("alice").put(A, new Topic(7L));
    pass(Duration.ofSeconds(1));
    age = Duration.ofSeconds(10); // ours, before it was deleted
    git.declare("Topic/a", Map.of("partitions", 4));
    assertThat(blocked(reconciler.reconcile())).isEqualTo(Reason.IN_DOUBT);
    assertThat(target.log().live(A)).map(entry -> entry.value()).contains(new Topic(7L));
  }

  @Test
  void whatIsCreatedFromAnEarlierSnapshotBelongsToTheSourceOfThatSnapshot() {
    git.declare("Topic/a", Map.of("partitions", 3));
    reconciler.plan(); // fetched, and nothing remembered
    git.down = true;
    git.identity = "git:another";
    reconciler.reconcile();
    assertThat(target.log().live(A)).isPresent();
    pass(SETTLE);
    git.down = false;
    git.remove("Topic/a");
    assertThat(blocked(reconciler.reconcile())).isEqualTo(Reason.HELD);
    assertThat(target.log().live(A)).isPresent();
  }

  @Test
  void whatWasThereBeforeWeCreatedItAgainIsNotTakenForSomebodyElses() {
    git.declare("Topic/a", Map.of("partitions", 3));
    reconciler.reconcile();
    pass(SETTLE.plusSeconds(60));
    target.as("alice").remove(A);
    pass(Duration.ofSeconds(1));
    reconciler.reconcile();
    pass(Duration.ofSeconds(1));
    age = Duration.ofSeconds(10); // before alice removed it
    assertThat(blocked(reconciler.reconcile())).isEqualTo(Reason.IN_DOUBT);
    git.remove("Topic/a");
    assertThat(blocked(reconciler.reconcile())).isEqualTo(Reason.IN_DOUBT);
    age = Duration.ZERO;
    pass(SETTLE);
    reconciler.reconcile();
    assertThat(target.log().live(A)).isEmpty(); // it never stopped being ours to delete
  }
}
