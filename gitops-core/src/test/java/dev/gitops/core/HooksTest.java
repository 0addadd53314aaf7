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
import dev.gitops.core.model.Health;
import dev.gitops.core.model.Kind;
import dev.gitops.core.model.Metadata;
import dev.gitops.core.model.Metadata.OnChange;
import dev.gitops.core.model.Metadata.OnRemoval;
import dev.gitops.core.model.Observed;
import dev.gitops.core.model.Outcome;
import dev.gitops.core.model.Outcome.Result;
import dev.gitops.core.model.Phase;
import dev.gitops.core.model.Report;
import dev.gitops.core.model.Report.Status;
import dev.gitops.core.model.Resource;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.model.Selection;
import dev.gitops.core.spi.HealthCheck;
import dev.gitops.core.store.MemoryStateStore;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Histories with steps before and after the changes. */
class HooksTest {
  record Job(@Nullable String command, @Nullable String state) {}

  private final Git git = new Git();
  private final MemoryStateStore store = new MemoryStateStore();
  private final MemoryTarget<Job> jobs =
      MemoryTarget.<Job>options().merging((live, desired, removed) -> desired).build();
  private String outcome = "done";
  private boolean lost;
  private Reconciler reconciler = build(Duration.ofMinutes(5));

  private Reconciler build(Duration deadline) {
    return Reconciler.builder("hooks", git)
        .route(Kind.of("Job", Job.class), new Judged(jobs))
        .store(store)
        .progressDeadline(deadline)
        .allowDeletes(10)
        .build();
  }

  /** Judges jobs by what the test says of them. */
  private final class Judged implements dev.gitops.core.spi.Target<Job> {
    private final MemoryTarget<Job> target;

    Judged(MemoryTarget<Job> target) {
      this.target = target;
    }

    @Override
    public dev.gitops.core.model.Live<Job> read(dev.gitops.core.spi.ReadScope scope)
        throws Exception {
      return target.read(scope);
    }

    @Override
    public dev.gitops.core.spi.Written create(Resource<Job> desired) throws Exception {
      return target.create(desired);
    }

    @Override
    public dev.gitops.core.spi.Written update(Observed<Job> live, Resource<Job> desired)
        throws Exception {
      return target.update(live, desired);
    }

    @Override
    public void delete(Observed<Job> live) throws Exception {
      target.delete(live);
    }

    @Override
    public HealthCheck<Job> health(Kind<Job> kind) {
      return live ->
          !live.id().name().startsWith("hook") || outcome.equals("done")
              ? Health.HEALTHY
              : outcome.equals("failed")
                  ? Health.degraded("exit 1")
                  : Health.progressing("running");
    }
  }

  @AfterEach
  void close() {
    reconciler.close();
  }

  private static Metadata phase(Phase phase) {
    return new Metadata(Map.of(), List.of(), 0, phase, OnRemoval.DELETE, OnChange.UPDATE, null);
  }

  private List<String> order() {
    return jobs.log().entries().stream()
        .map(entry -> entry.action() + " " + entry.id().name())
        .toList();
  }

  private void declareAll() {
    git.declare("Job/hook-after", Map.of("command", "notify"), phase(Phase.POST_SYNC));
    git.declare("Job/app", Map.of("command", "run"));
    git.declare("Job/hook-before", Map.of("command", "migrate"), phase(Phase.PRE_SYNC));
  }

  @Test
  void hooksRunAroundTheChangesAndOnlyOnceForARevision() {
    declareAll();
    assertThat(reconciler.plan().changes())
        .extracting(change -> change.action())
        .contains(Action.RUN, Action.CREATE);
    assertThat(reconciler.reconcile().status()).isEqualTo(Status.CONVERGED);
    assertThat(order()).containsExactly("CREATE hook-before", "CREATE app", "CREATE hook-after");
    Report again = reconciler.reconcile();
    assertThat(again.plan().inSync()).isTrue();
    assertThat(order()).hasSize(3);
  }

  @Test
  void aNewRevisionThatChangesSomethingRunsThemAgainAndOneThatDoesNotDoesNot() {
    declareAll();
    reconciler.reconcile();
    git.mended(); // a new revision with the same content
    reconciler.reconcile();
    assertThat(order()).hasSize(3);
    git.declare("Job/app", Map.of("command", "run2"));
    assertThat(reconciler.reconcile().status()).isEqualTo(Status.CONVERGED);
    assertThat(order().subList(3, order().size()))
        .containsExactly(
            "DELETE hook-before",
            "CREATE hook-before",
            "UPDATE app",
            "DELETE hook-after",
            "CREATE hook-after");
  }

  @Test
  void changesWaitForAHookThatStillRunsAcrossARestart() {
    declareAll();
    outcome = "running";
    Report waiting = reconciler.reconcile();
    assertThat(waiting.status()).isEqualTo(Status.PROGRESSING);
    assertThat(order()).containsExactly("CREATE hook-before");
    reconciler.close();
    reconciler = build(Duration.ofMinutes(5));
    reconciler.reconcile();
    assertThat(order()).containsExactly("CREATE hook-before"); // recognised, not started again
    outcome = "done";
    assertThat(reconciler.reconcile().status()).isEqualTo(Status.CONVERGED);
    assertThat(order()).containsExactly("CREATE hook-before", "CREATE app", "CREATE hook-after");
  }

  @Test
  void aFailedHookStopsTheChangesRunsTheFailureHookAndIsRetriedOnlyWhenTold() throws Exception {
    declareAll();
    git.declare("Job/alarm", Map.of("command", "page"), phase(Phase.SYNC_FAIL));
    outcome = "failed";
    Report failed = reconciler.reconcile();
    assertThat(failed.status()).isEqualTo(Status.FAILED);
    assertThat(failed.outcome(ResourceId.of("Job", "hook-before")))
        .map(Outcome::result)
        .contains(Result.FAILED);
    assertThat(order()).containsExactly("CREATE hook-before", "CREATE alarm");
    outcome = "done";
    reconciler.reconcile();
    assertThat(order()).hasSize(2);
    Commands.of(store, "hooks", "ann").retry(Selection.all(), "disk was full");
    assertThat(reconciler.reconcile().status()).isEqualTo(Status.CONVERGED);
    assertThat(order()).endsWith("CREATE app", "CREATE hook-after");
  }

  @Test
  void aHookThatIsNotDoneByItsDeadlineHasFailed() {
    reconciler.close();
    reconciler = build(Duration.ofNanos(1));
    declareAll();
    outcome = "running";
    assertThat(reconciler.reconcile().status()).isEqualTo(Status.FAILED);
    assertThat(order()).containsExactly("CREATE hook-before");
  }

  @Test
  void aHookNeverTouchesWhatSomebodyElseMade() {
    jobs.as("bob").put(ResourceId.of("Job", "hook-before"), new Job("his", null));
    declareAll();
    assertThat(reconciler.reconcile().status()).isEqualTo(Status.HELD);
    assertThat(order()).containsExactly("CREATE hook-before"); // bob's
  }

  @Test
  void driftAloneDoesNotRunHooksAgain() {
    declareAll();
    reconciler.reconcile();
    jobs.as("bob").put(ResourceId.of("Job", "app"), new Job("his", null));
    assertThat(reconciler.reconcile().status()).isEqualTo(Status.CONVERGED);
    assertThat(order()).endsWith("UPDATE app");
  }

  @Test
  void whatIsGoneIsDriftOnlyAsLongAsItsDeclarationIsTheSame() {
    declareAll();
    reconciler.reconcile();
    jobs.as("alice").remove(ResourceId.of("Job", "app"));
    git.declare("Job/app", Map.of("command", "run2"));
    assertThat(reconciler.plan().changes())
        .filteredOn(change -> change.action() == Action.CREATE)
        .extracting(Change::cause)
        .containsExactly(Cause.DECLARED);
    assertThat(reconciler.reconcile().status()).isEqualTo(Status.CONVERGED);
    assertThat(order())
        .containsSubsequence(
            "DELETE app", "DELETE hook-before", "CREATE hook-before", "CREATE app");
    jobs.as("alice").remove(ResourceId.of("Job", "app"));
    Map<String, String> labels = Map.of("team", "shop");
    Metadata labelled =
        new Metadata(labels, List.of(), 0, Phase.SYNC, OnRemoval.DELETE, OnChange.UPDATE, null);
    git.declare("Job/app", Map.of("command", "run2"), labelled);
    assertThat(reconciler.plan().changes()).extracting(Change::cause).containsExactly(Cause.DRIFT);
  }

  @Test
  void whatABrokenOffRunMayHaveLeftIsNotRemovedWhereNothingTellsItApart() {
    MemoryTarget<Job> nameless =
        MemoryTarget.<Job>options()
            .withoutHandles()
            .faults(
                call ->
                    lost && call.operation() == Operation.CREATE
                        ? Fault.failing(new IOException("No route"))
                        : Fault.NONE)
            .build();
    git.declare("Job/hook-before", Map.of("command", "migrate"), phase(Phase.PRE_SYNC));
    git.declare("Job/app", Map.of("command", "run"));
    ResourceId hook = ResourceId.of("Job", "hook-before");
    ManualTiming timing = new ManualTiming();
    try (Reconciler other =
        Reconciler.builder("nameless", git)
            .route(Kind.of("Job", Job.class), nameless)
            .store(store)
            .timing(timing)
            .executor(Runnable::run)
            .build()) {
      lost = true;
      assertThat(other.reconcile().status()).isEqualTo(Status.FAILED);
      lost = false;
      timing.pass(Duration.ofHours(1));
      nameless.as("alice").put(hook, new Job("hers", null));
      assertThat(other.reconcile().remaining())
          .filteredOn(change -> change.id().equals(hook))
          .extracting(change -> Objects.requireNonNull(change.block()).reason())
          .containsExactly(Reason.CONFLICT);
      assertThat(nameless.log().live(hook).orElseThrow().actor()).isEqualTo("alice");
    }
  }

  @Test
  void aHookWhosePredecessorTookTooLongToRemoveIsNotCreatedAnyMore() {
    ManualTiming timing = new ManualTiming();
    MemoryTarget<Job> slow =
        MemoryTarget.<Job>options()
            .faults(
                call ->
                    call.operation() == Operation.DELETE
                        ? Fault.NONE.after(() -> timing.pass(Duration.ofHours(1)))
                        : Fault.NONE)
            .build();
    try (Reconciler other =
        Reconciler.builder("slow", git)
            .route(Kind.of("Job", Job.class), slow)
            .store(store)
            .timing(timing)
            .executor(Runnable::run)
            .build()) {
      declareAll();
      other.reconcile();
      git.declare("Job/app", Map.of("command", "run2"));
      assertThat(other.reconcile().status()).isEqualTo(Status.FAILED);
    }
    assertThat(slow.log().entries())
        .filteredOn(entry -> entry.id().name().equals("hook-before"))
        .extracting(entry -> entry.action())
        .containsExactly(Action.CREATE, Action.DELETE);
  }
}
