// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gitops.core.contract.Fault;
import dev.gitops.core.contract.Faults.Operation;
import dev.gitops.core.model.Block;
import dev.gitops.core.model.Block.Reason;
import dev.gitops.core.model.Change;
import dev.gitops.core.model.Health;
import dev.gitops.core.model.Kind;
import dev.gitops.core.model.Metadata;
import dev.gitops.core.model.Metadata.OnChange;
import dev.gitops.core.model.Metadata.OnRemoval;
import dev.gitops.core.model.Outcome;
import dev.gitops.core.model.Outcome.Result;
import dev.gitops.core.model.Phase;
import dev.gitops.core.model.Report;
import dev.gitops.core.model.Report.Status;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.model.Selection;
import dev.gitops.core.spi.HealthCheck;
import dev.gitops.core.spi.RetryAfterException;
import dev.gitops.core.spi.TerminalException;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Histories of hooks that don't go well: what waits, what is tried again, and what is said. */
class HookFailuresTest extends TopicHistory {
  private static final ResourceId HOOK = ResourceId.of("Topic", "hook");
  private static final Duration MINUTE = Duration.ofMinutes(1);

  private final ManualTiming timing = new ManualTiming();
  private Function<String, Health> health = name -> Health.HEALTHY;

  @BeforeEach
  void onManualTime() {
    restart(steps());
  }

  private ReconcilerBuilder judged() {
    return Reconciler.builder("topics", git)
        .route(
            Kind.of("Topic", Topic.class),
            new Delegating<>(target) {
              @Override
              public HealthCheck<Topic> health(Kind<Topic> kind) {
                return live -> health.apply(live.id().name());
              }
            })
        .store(store)
        .retry(MINUTE, MINUTE.multipliedBy(2));
  }

  private ReconcilerBuilder steps() {
    return judged().timing(timing).executor(timing.meanwhile::add);
  }

  private void declare(String name, Phase phase, int wave, @Nullable Duration timeout) {
    Metadata metadata =
        new Metadata(Map.of(), List.of(), wave, phase, OnRemoval.DELETE, OnChange.UPDATE, timeout);
    git.declare("Topic/" + name, Map.of("partitions", 1), metadata);
  }

  private void declareAll() {
    declare("hook", Phase.PRE_SYNC, 0, null);
    declare("app", Phase.SYNC, 0, null);
  }

  private void failing(String name, Throwable failure) {
    creationsGo(now -> now.equals(name) ? Fault.failing(failure) : Fault.NONE);
  }

  private static Block block(Report report, String name) {
    return report.remaining().stream()
        .filter(change -> change.id().name().equals(name))
        .map(Change::block)
        .findFirst()
        .orElseThrow();
  }

  private static Result result(Report report, ResourceId id) {
    return report.outcome(id).map(Outcome::result).orElseThrow();
  }

  @Test
  void aHookThatCannotBeStartedIsTriedAgainLaterAndChangesWait() {
    declareAll();
    failing("hook", new IOException("connection refused"));
    Report failed = reconciler.reconcile();
    assertThat(result(failed, HOOK)).isEqualTo(Result.FAILED);
    assertThat(result(failed, ResourceId.of("Topic", "app"))).isEqualTo(Result.SKIPPED);
    creationsGo(name -> Fault.NONE);
    reconciler.reconcile();
    assertThat(order()).isEmpty(); // it is not yet time to try again
    timing.pass(MINUTE);
    assertThat(reconciler.reconcile().status()).isEqualTo(Status.CONVERGED);
    assertThat(order()).containsExactly("hook", "app");
  }

  @Test
  void itsTargetSaysWhenToTryAgain() {
    declareAll();
    failing("hook", new RetryAfterException("slow down", MINUTE.multipliedBy(30)));
    reconciler.reconcile();
    creationsGo(name -> Fault.NONE);
    timing.pass(MINUTE.multipliedBy(29));
    reconciler.reconcile();
    assertThat(order()).isEmpty();
    timing.pass(MINUTE);
    reconciler.reconcile();
    assertThat(order()).containsExactly("hook", "app");
  }

  @Test
  void whatWasAFailureOnceDoesNotMakeTheNextOneWaitLonger() {
    declareAll();
    failing("hook", new IOException("connection refused"));
    reconciler.reconcile();
    creationsGo(name -> Fault.NONE);
    timing.pass(MINUTE);
    reconciler.reconcile();
    git.declare("Topic/app", Map.of("partitions", 2));
    failing("hook", new IOException("connection refused"));
    reconciler.reconcile();
    creationsGo(name -> Fault.NONE);
    timing.pass(MINUTE);
    assertThat(reconciler.reconcile().status()).isEqualTo(Status.CONVERGED);
  }

  @Test
  void whatItsTargetRefusesForGoodIsNotTriedAgainUntilSomebodySaysSo() throws IOException {
    declareAll();
    failing("hook", new TerminalException("no such image"));
    reconciler.reconcile();
    creationsGo(name -> Fault.NONE);
    timing.pass(MINUTE.multipliedBy(100));
    Report report = reconciler.reconcile();
    assertThat(block(report, "hook").reason()).isEqualTo(Reason.TERMINAL);
    assertThat(block(report, "hook").message()).contains("no such image");
    assertThat(order()).isEmpty();
    Commands.of(store, "topics", "ann").retry(Selection.all(), "it was pushed");
    assertThat(reconciler.reconcile().status()).isEqualTo(Status.CONVERGED);
  }

  @Test
  void aHookThatHangsIsInDoubtAndNothingGoesOnBeforeItHasEnded() {
    CountDownLatch go = new CountDownLatch(1);
    restart(judged().timeout(Duration.ofMinutes(10)));
    declare("hook", Phase.PRE_SYNC, 0, Duration.ofSeconds(2)); // its own time, which is shorter
    declare("app", Phase.SYNC, 0, null);
    faulty = Operation.CREATE;
    faultyName = "hook";
    fault = Fault.NONE.after(() -> uninterruptibly(go));
    Report report = reconciler.reconcile();
    assertThat(result(report, HOOK)).isEqualTo(Result.IN_DOUBT);
    assertThat(reconciler.inDoubt()).containsExactly(HOOK);
    assertThat(block(reconciler.reconcile(), "hook").reason()).isEqualTo(Reason.IN_DOUBT);
    assertThat(live("app")).isNull();
    go.countDown();
    assertThat(reconciler.reconcileUntilSettled(Duration.ofMinutes(5)).status())
        .isEqualTo(Status.CONVERGED);
    assertThat(order()).containsExactly("hook", "app"); // and it ran once
  }

  @Test
  void aWaveOfHooksWaitsForTheOneBefore() {
    declare("second", Phase.PRE_SYNC, 1, null);
    declare("first", Phase.PRE_SYNC, 0, null);
    declare("app", Phase.SYNC, 0, null);
    health = name -> Health.progressing("running");
    reconciler.reconcile();
    assertThat(order()).containsExactly("first");
    health = name -> name.equals("first") ? Health.HEALTHY : Health.progressing("running");
    reconciler.reconcile();
    assertThat(order()).containsExactly("first", "second");
  }

  @Test
  void aHookOfWhichNobodyCanTellHowItIsHasNotFailed() {
    declareAll();
    health =
        name -> {
          throw new IllegalStateException("no answer");
        };
    Report report = reconciler.reconcile();
    assertThat(report.status()).isEqualTo(Status.PROGRESSING);
    assertThat(block(report, "hook").message()).contains("no answer");
    health = name -> Health.HEALTHY;
    assertThat(reconciler.reconcile().status()).isEqualTo(Status.CONVERGED);
  }

  @Test
  void itsOwnTimeoutIsItsDeadline() {
    declare("hook", Phase.PRE_SYNC, 0, MINUTE);
    declare("app", Phase.SYNC, 0, null);
    health = name -> Health.progressing("running");
    reconciler.reconcile();
    assertThat(reconciler.reconcile().status()).isEqualTo(Status.PROGRESSING);
    timing.pass(MINUTE.minusSeconds(1));
    assertThat(reconciler.reconcile().status()).isEqualTo(Status.PROGRESSING);
    timing.pass(Duration.ofSeconds(2));
    Report late = reconciler.reconcile();
    assertThat(late.status()).isEqualTo(Status.FAILED);
    assertThat(late.outcome(HOOK).orElseThrow().message()).contains("deadline", "running");
  }

  @Test
  void aFailedHookSaysWhyAlsoAfterARestart() {
    declareAll();
    health = name -> Health.degraded("exit 1");
    reconciler.reconcile();
    restart(steps());
    Block block = block(reconciler.reconcile(), "hook");
    assertThat(block.reason()).isEqualTo(Reason.TERMINAL);
    assertThat(block.message()).contains("exit 1");
    assertThat(block.unblock()).contains("retry");
    assertThat(live("app")).isNull();
  }

  @Test
  void whatIsLeftOfARollOutIsRunInALaterCycle() {
    declare("hook", Phase.POST_SYNC, 0, null);
    declare("app", Phase.SYNC, 0, null);
    health = name -> name.equals("app") ? Health.progressing("starting") : Health.HEALTHY;
    reconciler.reconcile();
    assertThat(order()).containsExactly("app");
    restart(steps());
    health = name -> Health.HEALTHY;
    assertThat(reconciler.reconcile().status()).isEqualTo(Status.CONVERGED);
    assertThat(order()).containsExactly("app", "hook");
    git.mended();
    reconciler.reconcile();
    assertThat(order()).containsExactly("app", "hook"); // that roll-out is complete
  }

  @Test
  void aHookThatCannotBeReadIsNotStartedBlindly() {
    declareAll();
    faulty = Operation.READ;
    faultyName = null;
    fault = Fault.partial(HOOK::equals);
    Report report = reconciler.reconcile();
    assertThat(block(report, "hook").reason()).isEqualTo(Reason.UNKNOWN);
    assertThat(order()).isEmpty();
  }

  @Test
  void theFailureHookRunsWhenAChangeFails() {
    declareAll();
    declare("alarm", Phase.SYNC_FAIL, 0, null);
    failing("app", new TerminalException("quota"));
    assertThat(reconciler.reconcile().status()).isEqualTo(Status.FAILED);
    assertThat(order()).containsExactly("hook", "alarm");
  }
}
