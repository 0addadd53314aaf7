// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gitops.core.contract.Fault;
import dev.gitops.core.contract.Faults.Operation;
import dev.gitops.core.contract.MemoryOptions;
import dev.gitops.core.contract.MemoryTarget;
import dev.gitops.core.model.Block.Reason;
import dev.gitops.core.model.Change.Cause;
import dev.gitops.core.model.Kind;
import dev.gitops.core.model.Live;
import dev.gitops.core.model.Observed;
import dev.gitops.core.model.Origin;
import dev.gitops.core.model.Problem;
import dev.gitops.core.model.Report;
import dev.gitops.core.model.Report.Status;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.spi.ReadScope;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** Histories of what is no longer declared: each guard that stands before a deletion. */
class UndeclaredTest extends TopicHistory {
  private static final ResourceId A = ResourceId.of("Topic", "a");

  private void on(UnaryOperator<MemoryOptions<Topic>> traits) {
    target =
        traits
            .apply(
                MemoryTarget.<Topic>options()
                    .faults(call -> call.operation() == faulty ? fault : Fault.NONE))
            .build();
    restart(builder());
  }

  private void createdAndRemoved() {
    git.declare("Topic/a", Map.of("partitions", 1));
    assertThat(reconciler.reconcile().status()).isEqualTo(Status.CONVERGED);
    git.remove("Topic/a");
  }

  private void failing(Operation operation, Fault how) {
    faulty = operation;
    fault = how;
  }

  @Test
  void nothingIsDeletedAtARevisionThatTheSourceNoLongerShows() {
    git.declare("Topic/a", Map.of("partitions", 1));
    reconciler.reconcile();
    git.remove("Topic/a");
    reconciler.plan(); // that revision has been read, and nothing done
    git.down = true;
    Report report = reconciler.reconcile();
    assertThat(blocked(report)).isEqualTo(Reason.UNKNOWN);
    assertThat(report.remaining().get(0).block().message()).contains("nothing is deleted");
    assertThat(live("a")).isNotNull();
    git.down = false;
    reconciler.reconcile();
    assertThat(live("a")).isNull();
  }

  @Test
  void whatSomebodyElseCreatedUnderItsNameIsNotDeleted() {
    createdAndRemoved();
    target.as("bob").remove(A);
    target.as("bob").put(A, new Topic(1L, null));
    assertThat(reconciler.reconcile().status()).isEqualTo(Status.CONVERGED);
    assertThat(live("a")).isNotNull();
    assertThat(reconciler.reconcile().plan().inSync()).isTrue();
  }

  @Test
  void withoutHandlesWhatDiffersFromWhatWasToBeDeletedIsAmbiguous() {
    on(MemoryOptions::withoutHandles);
    createdAndRemoved();
    failing(Operation.DELETE, Fault.appliedBut(new IOException("connection reset")));
    faultyReadsToo();
    reconciler.reconcile();
    faulty = null;
    assertThat(live("a")).isNull(); // it took effect, and nobody has seen that
    target.as("bob").put(A, new Topic(5L, "bob"));
    restart(builder());
    assertThat(blocked(reconciler.reconcile())).isEqualTo(Reason.AMBIGUOUS);
    assertThat(blocked(reconciler.reconcile())).isEqualTo(Reason.AMBIGUOUS);
    assertThat(live("a")).isEqualTo(new Topic(5L, "bob"));
  }

  private void faultyReadsToo() {
    MemoryTarget<Topic> before = target;
    boolean[] deleted = {false};
    restart(
        Reconciler.builder("topics", git)
            .route(
                Kind.of("Topic", Topic.class),
                new Delegating<>(before) {
                  @Override
                  public Live<Topic> read(ReadScope scope) throws Exception {
                    if (deleted[0]) {
                      throw new IOException("connection reset");
                    }
                    return super.read(scope);
                  }

                  @Override
                  public void delete(Observed<Topic> live) throws Exception {
                    deleted[0] = true;
                    super.delete(live);
                  }
                })
            .store(store)
            .allowDeletes(10));
  }

  @Test
  void withoutHandlesADeletionThatFailedIsTriedAgainOnWhatIsStillTheSame() {
    on(MemoryOptions::withoutHandles);
    createdAndRemoved();
    failing(Operation.DELETE, Fault.failing(new IOException("busy")));
    assertThat(reconciler.reconcile().status()).isEqualTo(Status.FAILED);
    faulty = null;
    restart(builder());
    assertThat(reconciler.reconcile().status()).isEqualTo(Status.CONVERGED);
    assertThat(live("a")).isNull();
  }

  @Test
  void aDeletionInDoubtIsNotRepeated() throws Exception {
    restart(builder().timeout(Duration.ofSeconds(2)));
    createdAndRemoved();
    CountDownLatch go = new CountDownLatch(1);
    failing(Operation.DELETE, Fault.NONE.after(() -> uninterruptibly(go)));
    reconciler.reconcile();
    int calls = target.log().entries().size();
    assertThat(blocked(reconciler.reconcile())).isEqualTo(Reason.IN_DOUBT);
    assertThat(target.log().entries()).hasSize(calls);
    go.countDown();
    assertThat(reconciler.reconcileUntilSettled(Duration.ofSeconds(10)).status())
        .isEqualTo(Status.CONVERGED);
    assertThat(live("a")).isNull();
  }

  @Test
  void whatWasWrittenAMomentAgoIsNotForgottenThoughItCannotBeSeen() {
    on(options -> options.settling(Duration.ofHours(1)));
    createdAndRemoved();
    failing(Operation.READ, Fault.stale(Duration.ofMinutes(30)));
    assertThat(blocked(reconciler.reconcile())).isEqualTo(Reason.IN_DOUBT);
    faulty = null;
    reconciler.reconcile();
    assertThat(live("a")).isNull();
  }

  @Test
  void whatWasDeletedAMomentAgoAndIsStillSeenIsNotDeletedAgain() {
    on(options -> options.settling(Duration.ofHours(1)));
    createdAndRemoved();
    failing(Operation.DELETE, Fault.lie());
    reconciler.reconcile();
    faulty = null;
    assertThat(blocked(reconciler.reconcile())).isEqualTo(Reason.IN_DOUBT);
    assertThat(live("a")).isNotNull();
  }

  @Test
  void whatCannotBeReadIsNeitherDeletedNorForgotten() {
    createdAndRemoved();
    failing(Operation.READ, Fault.partial(A::equals));
    assertThat(blocked(reconciler.reconcile())).isEqualTo(Reason.UNKNOWN);
    assertThat(live("a")).isNotNull();
    faulty = null;
    reconciler.reconcile();
    assertThat(live("a")).isNull();
  }

  @Test
  void whatIsAbsentBehindAProblemIsNotForgotten() {
    git.declare("Topic/a", Map.of("partitions", 1));
    reconciler.reconcile();
    target.as("bob").remove(A);
    git.remove("Topic/a").problem(Problem.hidesAnything(Origin.file("a.yaml"), "broken"));
    reconciler.reconcile();
    git.mended().declare("Topic/a", Map.of("partitions", 1));
    assertThat(only(reconciler.plan()).cause()).isEqualTo(Cause.DRIFT); // ours before, not new
  }

  @Test
  void whatCarriesOurMarkIsOursAfterACrashAndIsDeleted() {
    on(options -> options.marking("topics"));
    git.declare("Topic/a", Map.of("partitions", 1));
    failing(Operation.CREATE, Fault.appliedBut(new IOException("connection reset")));
    reconciler.reconcile();
    faulty = null;
    git.remove("Topic/a");
    restart(builder());
    assertThat(reconciler.reconcile().status()).isEqualTo(Status.CONVERGED);
    assertThat(live("a")).isNull();
  }

  @Test
  void aKindThatHasNoRouteAnyMoreIsLeftAloneAndTheReportSaysSo() {
    git.declare("Topic/a", Map.of("partitions", 1));
    reconciler.reconcile();
    git.remove("Topic/a");
    restart(
        Reconciler.builder("topics", git)
            .route(Kind.of("Other", Topic.class), target)
            .store(store)
            .allowDeletes(10));
    assertThat(reconciler.reconcile().plan().notes()).anyMatch(note -> note.contains("Topic/a"));
    assertThat(live("a")).isNotNull();
  }
}
