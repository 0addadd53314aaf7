// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gitops.core.contract.Fault;
import dev.gitops.core.contract.Faults.Operation;
import dev.gitops.core.model.Block;
import dev.gitops.core.model.Block.Reason;
import dev.gitops.core.model.Outcome.Result;
import dev.gitops.core.model.Report;
import dev.gitops.core.model.Report.Status;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.model.Selection;
import dev.gitops.core.spi.ConflictException;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Histories of targets that keep finding something else than what was planned from. */
class ConflictTest extends TopicHistory {
  private static final ResourceId A = ResourceId.of("Topic", "a");

  private final ManualTiming timing = new ManualTiming();

  @BeforeEach
  void patient() {
    restart(
        builder()
            .executor(Runnable::run)
            .timing(timing)
            .retry(Duration.ofSeconds(10), Duration.ofMinutes(10)));
  }

  private void conflictsOn(Operation operation, String message) {
    faulty = operation;
    fault = Fault.failing(new ConflictException(message));
  }

  private static Block block(Report report) {
    assertThat(report.remaining()).hasSize(1);
    return report.remaining().get(0).block();
  }

  @Test
  void aConflictIsTriedAgainAtOnceAndTheSameOneAgainWaitsAndSaysWhatTheTargetSays()
      throws IOException {
    git.declare("Topic/a", Map.of("partitions", 1));
    reconciler.reconcile();
    git.remove("Topic/a");
    conflictsOn(Operation.DELETE, "has 3 consumers");
    Report first = reconciler.reconcile();
    assertThat(first.status()).isEqualTo(Status.PROGRESSING);
    assertThat(block(first).reason()).isEqualTo(Reason.WAITING);
    assertThat(block(first).message()).isEqualTo("conflict: has 3 consumers");
    Report second = reconciler.reconcile();
    assertThat(second.outcome(A).orElseThrow().result()).isEqualTo(Result.CONFLICT);
    assertThat(block(second).reason()).isEqualTo(Reason.BACKOFF);
    assertThat(block(second).message())
        .endsWith("nothing has changed that can be seen: has 3 consumers");
    assertThat(block(second).unblock()).startsWith("do what it says; tried 2 times, again in ");
    assertThat(second.status()).isEqualTo(Status.FAILED);
    Report third = reconciler.reconcile();
    assertThat(third.outcome(A).orElseThrow().result()).isEqualTo(Result.BLOCKED);
    assertThat(reconciler.nextDue()).isBetween(Duration.ofSeconds(1), Duration.ofSeconds(10));
    faulty = null;
    timing.pass(Duration.ofSeconds(10));
    assertThat(reconciler.reconcile().status()).isEqualTo(Status.CONVERGED);
    assertThat(live("a")).isNull();
    assertThat(reconciler.nextDue()).isNull();
  }

  @Test
  void whatHasChangedSinceOrIsAskedForByAPersonIsTriedAtOnce() throws IOException {
    git.declare("Topic/a", Map.of("partitions", 1));
    reconciler.reconcile();
    git.declare("Topic/a", Map.of("partitions", 2));
    conflictsOn(Operation.UPDATE, "being compacted");
    reconciler.reconcile();
    assertThat(block(reconciler.reconcile()).reason()).isEqualTo(Reason.BACKOFF);
    target.as("bob").put(A, new Topic(7L, null));
    assertThat(reconciler.reconcile().outcome(A).orElseThrow().result()).isEqualTo(Result.CONFLICT);
    assertThat(block(reconciler.reconcile()).reason()).isEqualTo(Reason.BACKOFF);
    faulty = null;
    assertThat(reconciler.reconcile().outcome(A).orElseThrow().result()).isEqualTo(Result.BLOCKED);
    Commands.of(store, "topics", "ann").retry(Selection.all(), "compacted");
    assertThat(reconciler.reconcile().status()).isEqualTo(Status.CONVERGED);
  }

  @Test
  void whatTheTargetSaysExistsAndNeverShowsIsNotCreatedForEver() throws IOException {
    git.declare("Topic/a", Map.of("partitions", 1));
    conflictsOn(Operation.CREATE, "the name is taken");
    Report report = reconciler.reconcileUntilSettled(Duration.ofSeconds(5));
    assertThat(block(report).reason()).isEqualTo(Reason.BACKOFF);
    assertThat(block(report).message()).endsWith("the name is taken");
  }

  @Test
  void whatWasAppliedAndStillDiffersSaysSo() throws IOException {
    git.declare("Topic/a", Map.of("partitions", 1));
    faulty = Operation.CREATE;
    fault = Fault.lie();
    Report report = reconciler.reconcile();
    assertThat(report.status()).isEqualTo(Status.PROGRESSING);
    assertThat(block(report).reason()).isEqualTo(Reason.WAITING);
    assertThat(block(report).message()).isEqualTo("was applied, and still differs when read again");
  }

  @Test
  void whatFailedAndWasPutInOrderOtherwiseIsNotDueAnyMore() throws IOException {
    git.declare("Topic/a", Map.of("partitions", 1));
    reconciler.reconcile();
    git.declare("Topic/a", Map.of("partitions", 2));
    faulty = Operation.UPDATE;
    fault = Fault.failing(new IOException("down"));
    assertThat(block(reconciler.reconcile()).reason()).isEqualTo(Reason.BACKOFF);
    assertThat(reconciler.nextDue()).isNotNull();
    target.as("bob").put(A, new Topic(2L, null));
    assertThat(reconciler.reconcile().status()).isEqualTo(Status.CONVERGED);
    assertThat(reconciler.nextDue()).isNull(); // else the loop would not rest any more
  }
}
