// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gitops.core.contract.Fault;
import dev.gitops.core.contract.Faults.Operation;
import dev.gitops.core.model.Change;
import dev.gitops.core.model.Change.Action;
import dev.gitops.core.model.Change.Cause;
import dev.gitops.core.model.Origin;
import dev.gitops.core.model.Problem;
import dev.gitops.core.model.Report;
import dev.gitops.core.model.Report.Status;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.model.Selection;
import dev.gitops.core.spi.TerminalException;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Histories in which what is declared anew fails, and goes back by itself. */
class RollbackTest extends RollbackHistory {
  @Test
  void whatDoesNotGetHealthyGoesBackAndTheReportSaysSo() {
    good("a", 1);
    String from = git.headId();
    declare("a", SICK);
    assertThat(reconciler.reconcile().status()).isEqualTo(Status.PROGRESSING);
    timing.pass(DEADLINE.minusSeconds(1));
    reconciler.reconcile();
    assertThat(wentBack).isEmpty();
    timing.pass(Duration.ofSeconds(1));
    Report failed = reconciler.reconcile();
    assertThat(failed.status()).isEqualTo(Status.FAILED);
    assertThat(failed.plan().notes())
        .anyMatch(
            note ->
                note.startsWith("Topic/a went back from revision " + git.headId() + " to " + from));
    assertThat(partitions("a")).isEqualTo(SICK);
    assertThat(wentBack).hasSize(1);
    assertThat(wentBack.get(0).ids()).containsExactly(ResourceId.of("Topic", "a"));
    Change change = only(reconciler.plan());
    assertThat(change.cause()).isEqualTo(Cause.ROLLED_BACK);
    Report back = reconciler.reconcile();
    assertThat(partitions("a")).isEqualTo(1L);
    assertThat(back.status()).isEqualTo(Status.HELD);
    assertThat(problems(back))
        .contains("Topic/a went back")
        .contains("was not healthy within 5 min: ")
        .contains("declare one of them anew, or retry");
    assertThat(reconciler.reconcile().outcomes()).isEmpty();
  }

  @Test
  void anUnrelatedCommitDoesNotBringItBackButANewDeclarationDoes() {
    good("a", 1);
    declare("a", SICK);
    afterTheDeadline();
    declare("z", 7);
    Report unrelated = reconciler.reconcile();
    assertThat(partitions("z")).isEqualTo(7L);
    assertThat(partitions("a")).isEqualTo(1L);
    assertThat(unrelated.status()).isEqualTo(Status.HELD);
    declare("a", 2);
    assertThat(reconciler.reconcile().status()).isEqualTo(Status.CONVERGED);
    assertThat(partitions("a")).isEqualTo(2L);
    declare("a", SICK); // what failed once is tried when it is declared anew
    reconciler.reconcile();
    assertThat(partitions("a")).isEqualTo(SICK);
    afterTheDeadline();
    assertThat(partitions("a")).isEqualTo(2L);
  }

  @Test
  void aPersonHasItTriedAgain() throws IOException {
    good("a", 1);
    declare("a", SICK);
    afterTheDeadline();
    sick.clear();
    reconciler.reconcile();
    assertThat(partitions("a")).isEqualTo(1L);
    Commands.of(store, "topics", "ann")
        .retry(Selection.ids(ResourceId.of("Topic", "z")), "another one");
    reconciler.reconcile();
    assertThat(partitions("a")).isEqualTo(1L);
    Commands.of(store, "topics", "ann").retry(Selection.all(), "the registry was down");
    assertThat(reconciler.reconcile().status()).isEqualTo(Status.CONVERGED);
    assertThat(partitions("a")).isEqualTo(SICK);
  }

  @Test
  void aWholeComponentGoesBackAndNothingElse() {
    good("a", 1);
    good("b", 1, "Topic/a");
    good("z", 1);
    declare("a", 2);
    declare("b", SICK, "Topic/a");
    declare("z", 2);
    Report report = afterTheDeadline();
    assertThat(partitions("a")).isEqualTo(1L);
    assertThat(partitions("b")).isEqualTo(1L);
    assertThat(partitions("z")).isEqualTo(2L);
    assertThat(problems(report)).contains("Topic/a, Topic/b went back");
  }

  @Test
  void itGoesBackToWhereEverythingInItWasGoodTogether() {
    good("a", 1);
    good("b", 1, "Topic/a");
    good("a", 2);
    good("b", 2, "Topic/a");
    declare("z", SICK); // something else has been failing since
    reconciler.reconcile();
    declare("a", SICK);
    afterTheDeadline();
    assertThat(partitions("a")).isEqualTo(2L);
    assertThat(partitions("b")).isEqualTo(2L);
    assertThat(partitions("z")).isEqualTo(SICK); // it never was good
  }

  @Test
  void aRestartBetweenTheDecisionAndTheWayBackLosesNothing() {
    good("a", 1);
    declare("a", SICK);
    reconciler.reconcile();
    timing.pass(DEADLINE);
    reconciler.reconcile();
    restart(rollingBack());
    assertThat(partitions("a")).isEqualTo(SICK);
    reconciler.reconcile();
    assertThat(partitions("a")).isEqualTo(1L);
    restart(rollingBack());
    declare("z", 1);
    reconciler.reconcile();
    assertThat(partitions("a")).isEqualTo(1L);
  }

  @Test
  void aCallThatFailsOnTheWayBackIsTriedAgain() {
    good("a", 1);
    good("b", 1, "Topic/a");
    declare("a", 2);
    declare("b", SICK, "Topic/a");
    reconciler.reconcile();
    timing.pass(DEADLINE);
    reconciler.reconcile();
    faulty = Operation.UPDATE;
    faultyName = "a";
    fault = Fault.failing(new IOException("disk full"));
    assertThat(reconciler.reconcile().status()).isEqualTo(Status.FAILED);
    restart(rollingBack());
    faulty = null;
    reconciler.reconcile();
    assertThat(partitions("a")).isEqualTo(1L);
    assertThat(partitions("b")).isEqualTo(1L);
  }

  @Test
  void whatWasRemovedTogetherWithWhatFailedComesBack() {
    good("b", 1);
    good("a", 1, "Topic/b");
    git.remove("Topic/b");
    declare("a", SICK);
    reconciler.reconcile();
    target.as("bob").remove(ResourceId.of("Topic", "b")); // its deletion waits for what is sick
    afterTheDeadline();
    assertThat(partitions("a")).isEqualTo(1L);
    assertThat(partitions("b")).isEqualTo(1L);
  }

  @Test
  void aBrokenFileDoesNotBringItBack() {
    good("a", 1);
    declare("a", SICK);
    afterTheDeadline();
    git.remove("Topic/a").problem(Problem.hidesAnything(Origin.file("a.yaml"), "broken"));
    reconciler.reconcile();
    git.mended();
    declare("a", SICK);
    reconciler.reconcile();
    assertThat(partitions("a")).isEqualTo(1L);
  }

  @Test
  void aTerminalFailureGoesBackAtOnce() {
    good("a", 1);
    good("b", 1, "Topic/a");
    declare("a", 2);
    declare("b", 2, "Topic/a");
    faulty = Operation.UPDATE;
    faultyName = "b";
    fault = Fault.failing(new TerminalException("no such number"));
    Report report = reconciler.reconcileUntilSettled(Duration.ofMinutes(1));
    assertThat(report.status()).isEqualTo(Status.HELD);
    assertThat(problems(report)).contains("Topic/b failed for good: no such number");
    assertThat(partitions("a")).isEqualTo(1L);
    assertThat(partitions("b")).isEqualTo(1L);
  }

  @Test
  void drawnBackDeclarationsAreDriftCorrected() {
    good("a", 1);
    declare("a", SICK);
    afterTheDeadline();
    target.as("bob").put(ResourceId.of("Topic", "a"), new Topic(9L, null));
    Change change = only(reconciler.plan());
    assertThat(change.action()).isEqualTo(Action.UPDATE);
    assertThat(change.cause()).isEqualTo(Cause.DRIFT);
  }

  @Test
  void whatJoinsAComponentThatWentBackGoesBackWithIt() {
    good("a", 1);
    declare("a", SICK);
    afterTheDeadline();
    declare("c", SICK, "Topic/a");
    Report report = afterTheDeadline();
    assertThat(live("c")).isNull();
    assertThat(partitions("a")).isEqualTo(1L);
    assertThat(report.plan().problems()).hasSize(1);
    assertThat(problems(report)).contains("Topic/a, Topic/c went back");
    declare("c", 2, "Topic/a"); // declared anew, so all of it is tried again
    reconciler.reconcile();
    assertThat(partitions("a")).isEqualTo(SICK);
  }

  @Test
  void aHealthThatCannotBeToldSendsNothingBack() {
    good("a", 1);
    untold = true;
    declare("a", 2);
    afterTheDeadline();
    assertThat(wentBack).isEmpty();
    assertThat(partitions("a")).isEqualTo(2L);
  }
}
