// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gitops.core.contract.Fault;
import dev.gitops.core.contract.Faults.Operation;
import dev.gitops.core.contract.MemoryTarget;
import dev.gitops.core.model.Block.Reason;
import dev.gitops.core.model.Change;
import dev.gitops.core.model.Change.Action;
import dev.gitops.core.model.Change.Cause;
import dev.gitops.core.model.FieldChange;
import dev.gitops.core.model.Origin;
import dev.gitops.core.model.Outcome;
import dev.gitops.core.model.Outcome.Result;
import dev.gitops.core.model.Problem;
import dev.gitops.core.model.Report;
import dev.gitops.core.model.Report.Status;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.model.Run;
import dev.gitops.core.model.Selection;
import dev.gitops.core.policy.Approval;
import dev.gitops.core.policy.Observe;
import dev.gitops.core.spi.Gate;
import dev.gitops.core.spi.TerminalException;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/**
 * Histories of one reconciler: commit, drift, crash, restart; then the state of the world and of
 * ownership.
 */
class ReconcilerTest extends TopicHistory {
  @Test
  void aDeclaredResourceIsCreatedOnceAndThenLeftAlone() {
    git.declare("Topic/a", Map.of("partitions", 3));
    Report first = reconciler.reconcile();
    assertThat(first.status()).isEqualTo(Status.CONVERGED);
    assertThat(live("a")).isEqualTo(new Topic(3L, null));
    int writes = target.log().entries().size();
    Report second = reconciler.reconcile();
    assertThat(second.status()).isEqualTo(Status.CONVERGED);
    assertThat(second.plan().inSync()).isTrue();
    assertThat(target.log().entries()).hasSize(writes);
  }

  @Test
  void aPlanWritesNothing() {
    git.declare("Topic/a", Map.of("partitions", 3));
    Change change = only(reconciler.plan());
    assertThat(change.action()).isEqualTo(Action.CREATE);
    assertThat(change.cause()).isEqualTo(Cause.NEW);
    assertThat(change.block()).isNull();
    assertThat(target.log().entries()).isEmpty();
  }

  @Test
  void aManualChangeIsToldFromADeclaredOne() {
    git.declare("Topic/a", Map.of("partitions", 3));
    reconciler.reconcile();
    target.as("bob").put(ResourceId.of("Topic", "a"), new Topic(9L, null));
    Change drift = only(reconciler.plan());
    assertThat(drift.cause()).isEqualTo(Cause.DRIFT);
    assertThat(drift.fields()).hasSize(1);
    assertThat(drift.fields().get(0).cause()).isEqualTo(FieldChange.Cause.DRIFT);
    assertThat(reconciler.reconcile().status()).isEqualTo(Status.CONVERGED);
    assertThat(live("a")).isEqualTo(new Topic(3L, null));
    git.declare("Topic/a", Map.of("partitions", 4));
    assertThat(only(reconciler.plan()).cause()).isEqualTo(Cause.DECLARED);
  }

  @Test
  void whatIsNoLongerDeclaredIsDeletedOnlyWithinTheLimit() {
    git.declare("Topic/a", Map.of("partitions", 3)).declare("Topic/b", Map.of("partitions", 3));
    reconciler.reconcile();
    git.remove("Topic/a");
    restart(builder().allowDeletes(0));
    Report held = reconciler.reconcile();
    assertThat(held.status()).isEqualTo(Status.HELD);
    assertThat(blocked(held)).isEqualTo(Reason.HELD);
    assertThat(live("a")).isNotNull();
    restart(builder().allowDeletes(1));
    assertThat(reconciler.reconcile().status()).isEqualTo(Status.CONVERGED);
    assertThat(live("a")).isNull();
    assertThat(live("b")).isNotNull();
    git.remove("Topic/b");
    assertThat(blocked(reconciler.reconcile()))
        .isEqualTo(Reason.HELD); // the window counts the first one
  }

  @Test
  void heldDeletionsAreConfirmedByDigest() throws IOException {
    git.declare("Topic/a", Map.of("partitions", 3));
    reconciler.reconcile();
    git.remove("Topic/a");
    restart(builder().allowDeletes(0));
    String digest = reconciler.reconcile().remaining().get(0).digest();
    Commands.of(store, "topics", "ann").confirm(Set.of(digest), "yes");
    assertThat(reconciler.reconcile().status()).isEqualTo(Status.CONVERGED);
    assertThat(live("a")).isNull();
  }

  @Test
  void dependentsWaitAndDeletionsRunInReverse() {
    git.declare("Topic/b", Map.of("partitions", 1), dependingOn("Topic/a"));
    git.declare("Topic/a", Map.of("partitions", 1));
    assertThat(reconciler.reconcile().status()).isEqualTo(Status.CONVERGED);
    assertThat(order()).containsExactly("a", "b");
    git.remove("Topic/a", "Topic/b");
    assertThat(reconciler.reconcile().status()).isEqualTo(Status.CONVERGED);
    assertThat(order()).containsExactly("a", "b", "b", "a");
  }

  @Test
  void oneFailureSkipsItsDependentsAndNothingElse() {
    git.declare("Topic/a", Map.of("partitions", 1));
    git.declare("Topic/b", Map.of("partitions", 1), dependingOn("Topic/a"));
    git.declare("Topic/c", Map.of("partitions", 1));
    faulty = Operation.CREATE;
    faultyName = "a";
    fault = Fault.failing(new IOException("disk full"));
    Report report = reconciler.reconcile();
    assertThat(report.status()).isEqualTo(Status.FAILED);
    assertThat(report.outcome(ResourceId.of("Topic", "a")))
        .map(Outcome::result)
        .contains(Result.FAILED);
    assertThat(report.outcome(ResourceId.of("Topic", "b")))
        .map(Outcome::result)
        .contains(Result.SKIPPED);
    assertThat(live("c")).isNotNull();
    faulty = null;
    assertThat(reconciler.reconcileUntilSettled(Duration.ofSeconds(10)).status())
        .isEqualTo(Status.CONVERGED);
    assertThat(order()).containsExactly("c", "a", "b");
  }

  @Test
  void aTerminalErrorIsNotTriedAgainUntilTheDeclarationChanges() {
    git.declare("Topic/a", Map.of("partitions", -1));
    faulty = Operation.CREATE;
    fault = Fault.failing(new TerminalException("negative"));
    reconciler.reconcile();
    faulty = null;
    assertThat(blocked(reconciler.reconcile())).isEqualTo(Reason.TERMINAL);
    git.declare("Topic/a", Map.of("partitions", 1));
    assertThat(reconciler.reconcile().status()).isEqualTo(Status.CONVERGED);
  }

  @Test
  void aHungCallStallsNothingElseAndIsInDoubt() throws Exception {
    git.declare("Topic/a", Map.of("partitions", 1)).declare("Topic/b", Map.of("partitions", 1));
    restart(builder().timeout(Duration.ofSeconds(2)));
    CountDownLatch go = new CountDownLatch(1);
    faulty = Operation.CREATE;
    faultyName = "a";
    fault = Fault.NONE.after(() -> uninterruptibly(go));
    Report report = reconciler.reconcile();
    assertThat(report.outcome(ResourceId.of("Topic", "a")))
        .map(Outcome::result)
        .contains(Result.IN_DOUBT);
    assertThat(live("b")).isNotNull();
    assertThat(blocked(reconciler.reconcile())).isEqualTo(Reason.IN_DOUBT);
    go.countDown();
    assertThat(reconciler.reconcileUntilSettled(Duration.ofSeconds(10)).status())
        .isEqualTo(Status.CONVERGED);
    assertThat(order()).containsExactly("b", "a");
    git.remove("Topic/a");
    reconciler.reconcile();
    assertThat(live("a")).isNull(); // the late creation was recognised as ours
  }

  @Test
  void aDownSourceDeletesNothingAndDriftIsStillCorrected() {
    git.declare("Topic/a", Map.of("partitions", 1));
    reconciler.reconcile();
    git.down = true;
    target.as("bob").put(ResourceId.of("Topic", "a"), new Topic(7L, null));
    Report report = reconciler.reconcile();
    assertThat(live("a").partitions()).isEqualTo(1L);
    assertThat(report.status()).isEqualTo(Status.HELD); // who looks only there must know of it
    assertThat(report.plan().inSync()).isFalse();
    String message = report.plan().problems().get(0).message();
    assertThat(message).matches("The source can't be read since 2.*Z: connection refused");
    assertThat(report.plan().notes()).contains("Going on from revision r2, without deletions");
    assertThat(reconciler.reconcile().plan().problems().get(0).message()).isEqualTo(message);
    git.down = false;
    assertThat(reconciler.reconcile().plan().problems()).isEmpty();
    git.down = true;
    assertThat(reconciler.reconcile().plan().problems().get(0).message()).isNotEqualTo(message);
    restart(builder());
    assertThat(reconciler.reconcile().status()).isEqualTo(Status.FAILED);
  }

  @Test
  void whatAProblemMayHideIsNotDeleted() {
    git.declare("Topic/a", Map.of("partitions", 1));
    reconciler.reconcile();
    git.remove("Topic/a").problem(Problem.hidesAnything(Origin.file("x.yaml"), "broken"));
    assertThat(blocked(reconciler.reconcile())).isEqualTo(Reason.UNKNOWN);
    assertThat(live("a")).isNotNull();
    git.mended();
    reconciler.reconcile();
    assertThat(live("a")).isNull();
  }

  @Test
  void aSourceThatWasReconfiguredHoldsDeletions() {
    git.declare("Topic/a", Map.of("partitions", 1));
    reconciler.reconcile();
    git.identity = "git:other";
    git.remove("Topic/a");
    assertThat(blocked(reconciler.reconcile())).isEqualTo(Reason.HELD);
    git.declare("Topic/a", Map.of("partitions", 1));
    reconciler.reconcile();
    git.remove("Topic/a");
    reconciler.reconcile();
    assertThat(live("a")).isNull();
  }

  @Test
  void anotherTargetThanBeforeHoldsEveryWrite() {
    git.declare("Topic/a", Map.of("partitions", 1));
    reconciler.reconcile();
    target = MemoryTarget.<Topic>options().identity("elsewhere").build();
    restart(builder());
    assertThat(blocked(reconciler.reconcile())).isEqualTo(Reason.HELD);
    assertThat(target.log().entries()).isEmpty();
    git.remove("Topic/a");
    reconciler.reconcile();
    assertThat(store).isNotNull();
  }

  @Test
  void onlyWhatIsSelectedIsWritten() {
    git.declare("Topic/a", Map.of("partitions", 1)).declare("Topic/b", Map.of("partitions", 1));
    reconciler.reconcile(Run.of(Selection.ids(ResourceId.of("Topic", "b"))));
    assertThat(order()).containsExactly("b");
  }

  @Test
  void aPinHoldsTheRevisionAcrossRestarts() throws IOException {
    git.declare("Topic/a", Map.of("partitions", 1));
    String good = git.headId();
    git.declare("Topic/a", Map.of("partitions", 2));
    reconciler.reconcile();
    Commands.of(store, "topics", "ann").pin(good, null, "2 is broken");
    reconciler.reconcile();
    assertThat(live("a").partitions()).isEqualTo(1L);
    restart(builder());
    Report report = reconciler.reconcile();
    assertThat(live("a").partitions()).isEqualTo(1L);
    assertThat(report.plan().notes()).anyMatch(note -> note.contains("2 is broken"));
    Commands.of(store, "topics", "ann").unpin("mended");
    reconciler.reconcile();
    assertThat(live("a").partitions()).isEqualTo(2L);
  }

  @Test
  void nothingIsWrittenWhileSuspended() throws IOException {
    Commands.of(store, "topics", "ann").suspend("holiday");
    git.declare("Topic/a", Map.of("partitions", 1));
    assertThat(blocked(reconciler.reconcile())).isEqualTo(Reason.HELD);
    restart(builder());
    reconciler.reconcile();
    assertThat(order()).isEmpty();
    Commands.of(store, "topics", "ann").resume("back");
    reconciler.reconcile();
    assertThat(order()).containsExactly("a");
  }

  @Test
  void anApprovedChangeIsAppliedAndNoOther() throws IOException {
    restart(builder().gate(Approval.required()));
    git.declare("Topic/a", Map.of("partitions", 1)).declare("Topic/b", Map.of("partitions", 1));
    Report report = reconciler.reconcile();
    assertThat(order()).isEmpty();
    String digest = report.remaining().get(0).digest();
    Commands.of(store, "topics", "ann").approve(Set.of(digest), Duration.ofHours(1), "ok");
    reconciler.reconcile();
    assertThat(order()).hasSize(1);
  }

  @Test
  void anObserverReportsDriftAndWritesNothing() {
    restart(builder().gate(Observe.everything()));
    git.declare("Topic/a", Map.of("partitions", 1));
    assertThat(reconciler.reconcile().status()).isEqualTo(Status.DRIFTED);
    assertThat(order()).isEmpty();
  }

  @Test
  void anObserverOfWhatWouldBeHeldSaysSoAndStaysAnObserver() {
    git.declare("Topic/a", Map.of("partitions", 1));
    reconciler.reconcile();
    git.remove("Topic/a");
    Gate broken =
        review -> {
          throw new IOException("no answer from the calendar");
        };
    restart(builder().allowDeletes(0).gate(broken).gate(Observe.everything()));
    Report report = reconciler.reconcile();
    assertThat(report.status()).isEqualTo(Status.DRIFTED);
    assertThat(blocked(report)).isEqualTo(Reason.OBSERVED);
    assertThat(report.remaining().get(0).warnings())
        .hasSize(2)
        .allMatch(warning -> warning.startsWith("would be held: "))
        .anyMatch(warning -> warning.contains("1 deletion is planned"))
        .anyMatch(warning -> warning.contains("no answer from the calendar"));
    assertThat(live("a")).isNotNull();
  }

  @Test
  void aRefusalCountsAlsoWhereChangesAreOnlyObserved() {
    Gate refusing =
        review ->
            review
                .changes()
                .forEach(change -> review.refuse(change, "not in this namespace", "move it"));
    git.declare("Topic/a", Map.of("partitions", 1));
    restart(builder().gate(refusing).gate(Observe.everything()));
    assertThat(blocked(reconciler.reconcile())).isEqualTo(Reason.REFUSED);
    restart(builder().gate(Observe.everything()).gate(refusing));
    assertThat(blocked(reconciler.reconcile())).isEqualTo(Reason.REFUSED);
    assertThat(order()).isEmpty();
  }

  @Test
  void aTargetThatLiesNeverConverges() {
    git.declare("Topic/a", Map.of("partitions", 1));
    faulty = Operation.CREATE;
    fault = Fault.lie();
    assertThat(reconciler.reconcile().status()).isEqualTo(Status.PROGRESSING);
  }

  @Test
  void aFightIsNamedAndSlowedDown() {
    restart(builder().retry(Duration.ofMinutes(1), Duration.ofMinutes(5)));
    git.declare("Topic/a", Map.of("partitions", 1));
    reconciler.reconcile();
    Report report = reconciler.reconcile();
    for (int i = 0; i < 20; i++) {
      target.as("bob").put(ResourceId.of("Topic", "a"), new Topic(7L, null));
      report = reconciler.reconcile();
    }
    assertThat(blocked(report)).isEqualTo(Reason.FOUGHT);
    assertThat(report.remaining().get(0).block().message()).contains("/partitions");
    assertThat(
            target.log().entries().stream().filter(entry -> entry.actor().equals("engine")).count())
        .isLessThan(7);
  }

  @Test
  void aNegativeClockIsNoFight() {
    ManualTiming timing = new ManualTiming();
    timing.pass(Duration.ofSeconds(1)); // over the end
    assertThat(timing.nanos()).isNegative();
    restart(builder().timing(timing).executor(Runnable::run));
    git.declare("Topic/a", Map.of("partitions", 1));
    reconciler.reconcile();
    for (int i = 0; i < 2; i++) {
      target.as("bob").put(ResourceId.of("Topic", "a"), new Topic(7L, null));
      assertThat(reconciler.reconcile().status()).isEqualTo(Status.CONVERGED);
    }
  }

  @Test
  void anInvalidDeclarationIsRefusedWithItsPlaceAndTheRestProceeds() {
    git.declare("Topic/a", Map.of("partitions", 1));
    reconciler.reconcile();
    git.declare("Topic/a", Map.of("partitons", 2)).declare("Topic/b", Map.of("partitions", 1));
    Report report = reconciler.reconcile();
    assertThat(report.status()).isEqualTo(Status.HELD);
    assertThat(report.plan().problems().get(0).toString())
        .startsWith("a.yaml:1:1: ")
        .contains("partitons");
    assertThat(live("a").partitions()).isEqualTo(1L);
    assertThat(live("b")).isNotNull();
  }

  @Test
  void strictMeansAllOrNothing() {
    restart(builder().strict());
    git.declare("Topic/a", Map.of("partitons", 2)).declare("Topic/b", Map.of("partitions", 1));
    reconciler.reconcile();
    assertThat(order()).isEmpty();
  }

  @Test
  void circularDependenciesAreRefusedBeforeAnyWrite() {
    git.declare("Topic/a", Map.of("partitions", 1), dependingOn("Topic/b"));
    git.declare("Topic/b", Map.of("partitions", 1), dependingOn("Topic/a"));
    git.declare("Topic/c", Map.of("partitions", 1), dependingOn("Topic/nowhere"));
    Report report = reconciler.reconcile();
    assertThat(report.plan().problems())
        .extracting(Problem::toString)
        .anyMatch(p -> p.contains("->"))
        .anyMatch(p -> p.contains("nowhere"));
    assertThat(order()).isEmpty();
  }
}
