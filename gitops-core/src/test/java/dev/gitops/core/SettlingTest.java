// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gitops.core.contract.Fault;
import dev.gitops.core.contract.Faults.Operation;
import dev.gitops.core.model.Block.Reason;
import dev.gitops.core.model.Change;
import dev.gitops.core.model.Report;
import dev.gitops.core.model.Report.Status;
import dev.gitops.core.spi.TerminalException;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Executor;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** When reconciling until settled ends; time passes only by waiting. */
class SettlingTest extends TopicHistory {
  private final ManualTiming timing = new ManualTiming();
  private final Executor meanwhile = timing.meanwhile::add;
  private long started;

  @BeforeEach
  void onManualTime() {
    restart(
        builder()
            .timing(timing)
            .executor(meanwhile)
            .retry(Duration.ofSeconds(1), Duration.ofSeconds(8)));
    started = timing.nanos();
  }

  private Duration waited() {
    return Duration.ofNanos(timing.nanos() - started);
  }

  private Report settle() {
    return reconciler.reconcileUntilSettled(Duration.ofMinutes(2));
  }

  @Test
  void itEndsAtOnceWhenOnlyTerminalFailuresAndWhatWaitsForThemAreLeft() {
    git.declare("Topic/a", Map.of("partitions", -1));
    git.declare("Topic/b", Map.of("partitions", 1), dependingOn("Topic/a"));
    git.declare("Topic/c", Map.of("partitions", 1));
    faulty = Operation.CREATE;
    faultyName = "a";
    fault = Fault.failing(new TerminalException("negative"));
    Report report = settle();
    assertThat(report.status()).isEqualTo(Status.FAILED);
    assertThat(report.remaining())
        .extracting(change -> change.block().reason())
        .containsExactlyInAnyOrder(Reason.TERMINAL, Reason.WAITING);
    assertThat(live("c")).isNotNull();
    assertThat(waited()).isZero();
  }

  @Test
  void itGoesOnWhileSomethingElseIsTriedAgain() {
    git.declare("Topic/a", Map.of("partitions", -1)).declare("Topic/b", Map.of("partitions", 1));
    int[] calls = {0};
    creationsGo(
        name ->
            name.equals("a")
                ? Fault.failing(new TerminalException("negative"))
                : calls[0]++ < 3 ? Fault.failing(new IOException("disk full")) : Fault.NONE);
    Report report = settle();
    assertThat(report.remaining()).extracting(Change::id).hasSize(1);
    assertThat(live("b")).isNotNull();
    assertThat(waited()).isBetween(Duration.ofSeconds(5), Duration.ofSeconds(60));
  }

  @Test
  void itGoesOnWhileTheSourceCannotBeRead() {
    git.down = true;
    assertThat(settle().status()).isEqualTo(Status.FAILED);
    assertThat(waited()).isGreaterThan(Duration.ofMinutes(1));
  }

  @Test
  void itEndsAtOnceWhenAllIsWellOrHeld() {
    git.declare("Topic/a", Map.of("partitions", 1));
    assertThat(settle().status()).isEqualTo(Status.CONVERGED);
    restart(builder().timing(timing).executor(meanwhile).allowDeletes(0));
    git.remove("Topic/a");
    assertThat(settle().status()).isEqualTo(Status.HELD);
    assertThat(waited()).isZero();
  }
}
