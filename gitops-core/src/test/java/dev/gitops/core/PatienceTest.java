// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gitops.core.contract.Fault;
import dev.gitops.core.model.Block;
import dev.gitops.core.model.Block.Reason;
import dev.gitops.core.model.FieldChange;
import dev.gitops.core.model.Report.Status;
import dev.gitops.core.model.ResourceId;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** When what failed or is fought over is tried again, on a clock about to overflow. */
class PatienceTest extends TopicHistory {
  private static final ResourceId A = ResourceId.of("Topic", "a");
  private static final ResourceId B = ResourceId.of("Topic", "b");
  private static final Duration FIRST = Duration.ofSeconds(8);
  private static final Duration MOST = Duration.ofMinutes(2);
  private static final List<FieldChange> FIELDS =
      List.of(
          new FieldChange("/partitions", null, null, FieldChange.Cause.DRIFT),
          new FieldChange("/owner", null, null, FieldChange.Cause.DRIFT));

  private final ManualTiming timing = new ManualTiming();
  private Patience patience;

  @BeforeEach
  void start() {
    restart(
        builder()
            .timing(timing)
            .executor(timing.meanwhile::add)
            .random(new Random(1))
            .retry(FIRST, MOST));
    patience = new Patience(reconciler.settings());
  }

  private void failed(ResourceId id) {
    patience.failed(id, "digest", "down", false, null);
  }

  private Block block(ResourceId id) {
    return patience.block(id, "digest", false);
  }

  private void planned() {
    patience.planned(true, id -> true);
  }

  @Test
  void eachFailureDoublesTheWaitUpToTheMost() {
    Duration expected = FIRST;
    for (int i = 1; i <= 40; i++) {
      failed(A);
      Duration due = patience.nextDue();
      assertThat(due).isBetween(expected.multipliedBy(3).dividedBy(4), expected);
      assertThat(block(A).reason()).isEqualTo(Reason.BACKOFF);
      assertThat(block(A).message()).isEqualTo("down");
      assertThat(block(A).unblock())
          .isEqualTo(
              "tried " + (i == 1 ? "once" : i + " times") + ", again in " + due.toSeconds() + " s");
      timing.pass(due.minusNanos(1));
      assertThat(block(A)).isNotNull();
      timing.pass(Duration.ofNanos(1));
      assertThat(block(A)).isNull();
      expected = expected.multipliedBy(2).compareTo(MOST) > 0 ? MOST : expected.multipliedBy(2);
    }
  }

  @Test
  void theTargetsOwnWishCountsInstead() {
    patience.failed(A, "digest", "slow down", false, Duration.ofHours(7));
    assertThat(patience.nextDue()).isEqualTo(Duration.ofHours(7));
  }

  @Test
  void anotherDeclarationOrASuccessStartsAnew() {
    failed(A);
    failed(A);
    assertThat(patience.block(A, "another", false)).isNull();
    failed(A);
    assertThat(block(A).unblock()).startsWith("tried once");
    patience.succeeded(A);
    assertThat(block(A)).isNull();
  }

  @Test
  void whatFailedForGoodIsNeverDue() {
    patience.failed(A, "digest", "refused", true, null);
    assertThat(patience.nextDue()).isNull();
    timing.pass(Duration.ofDays(1000));
    assertThat(block(A).reason()).isEqualTo(Reason.TERMINAL);
    assertThat(patience.terminal(A, "digest")).isTrue();
    assertThat(patience.terminal(A, "another")).isFalse();
    patience.retry(B::equals);
    assertThat(block(A)).isNotNull();
    patience.retry(A::equals);
    assertThat(block(A)).isNull();
  }

  @Test
  void theSoonestIsDueNext() {
    patience.failed(A, "digest", "down", false, Duration.ofSeconds(9));
    patience.failed(B, "digest", "down", false, Duration.ofSeconds(7));
    assertThat(patience.nextDue()).isEqualTo(Duration.ofSeconds(7));
    timing.pass(Duration.ofSeconds(8));
    assertThat(patience.nextDue()).isEqualTo(Duration.ZERO);
  }

  @Test
  void whatCouldHaveBeenTriedAndWasNotIsNotDue() {
    failed(A);
    failed(B);
    block(B); // by whoever looked again after the changes
    timing.pass(FIRST);
    patience.planning();
    block(A);
    planned(); // which asked for A, not for B
    assertThat(patience.nextDue()).isNull();
    failed(A);
    assertThat(patience.nextDue()).isPositive();
  }

  @Test
  void aDryRunTriesNothingSoWhatIsDueStaysDue() {
    failed(A);
    timing.pass(FIRST);
    block(A);
    patience.planned(false, id -> true);
    assertThat(patience.nextDue()).isEqualTo(Duration.ZERO);
  }

  @Test
  void whatIsNoLongerKnownIsForgotten() {
    failed(A);
    patience.planned(false, B::equals);
    assertThat(block(A)).isNull();
  }

  private void correct(int times, Duration apart) {
    for (int i = 0; i < times; i++) {
      patience.corrected(A, FIELDS);
      timing.pass(apart);
    }
  }

  @Test
  void fourCorrectionsInTenMinutesAreAFight() {
    correct(3, Duration.ofMinutes(1));
    assertThat(patience.block(A, "digest", true)).isNull();
    correct(1, Duration.ZERO);
    Block block = patience.block(A, "digest", true);
    assertThat(block.reason()).isEqualTo(Reason.FOUGHT);
    assertThat(block.message()).contains("/partitions, /owner");
    assertThat(block.unblock())
        .endsWith("next correction in " + patience.nextDue().toSeconds() + " s");
    assertThat(patience.block(A, "digest", false)).isNull(); // a new declaration is no drift
    assertThat(patience.block(B, "digest", true)).isNull();
    timing.pass(MOST);
    assertThat(patience.block(A, "digest", true)).isNull();
    correct(1, Duration.ZERO); // and the next one is one too many at once
    assertThat(patience.block(A, "digest", true)).isNotNull();
    patience.retry(A::equals);
    assertThat(patience.block(A, "digest", true)).isNull();
  }

  @Test
  void correctionsNowAndThenAreNoFight() {
    correct(20, Duration.ofMinutes(4));
    assertThat(patience.block(A, "digest", true)).isNull();
  }

  @Test
  void aBlockKnowsSinceWhenAndEndsWhenAPlanDoesNotHaveIt() {
    Instant since = patience.block(A, Reason.HELD, "m", "u").since();
    planned();
    timing.pass(Duration.ofHours(1));
    assertThat(patience.block(A, Reason.HELD, "m", "u").since()).isEqualTo(since);
    assertThat(patience.block(A, Reason.UNKNOWN, "m", "u").since()).isAfter(since);
    planned();
    planned();
    assertThat(patience.block(A, Reason.HELD, "m", "u").since()).isAfter(since);
  }

  private void aFailsAndItsTimeToTryAgainComes() {
    git.declare("Topic/a", Map.of("partitions", 1));
    creationsGo(name -> Fault.failing(new IOException("down")));
    reconciler.reconcile();
    assertThat(reconciler.nextDue()).isPositive();
    timing.pass(MOST);
    assertThat(reconciler.nextDue()).isZero();
  }

  @Test
  void whatIsNoLongerDeclaredDoesNotKeepALoopBusy() {
    aFailsAndItsTimeToTryAgainComes();
    git.remove("Topic/a");
    assertThat(reconciler.reconcile().status()).isEqualTo(Status.CONVERGED);
    assertThat(reconciler.nextDue()).isNull();
  }

  @Test
  void whatIsHeldMeanwhileDoesNotKeepALoopBusy() throws IOException {
    aFailsAndItsTimeToTryAgainComes();
    Commands.of(store, "topics", "ann").suspend("holiday");
    assertThat(reconciler.reconcile().status()).isEqualTo(Status.HELD);
    assertThat(reconciler.nextDue()).isNull();
  }

  @Test
  void aPlanInBetweenDoesNotPutATryOff() {
    aFailsAndItsTimeToTryAgainComes();
    reconciler.plan();
    assertThat(reconciler.nextDue()).isZero();
  }
}
