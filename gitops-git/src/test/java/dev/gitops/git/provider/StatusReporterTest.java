// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git.provider;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.groups.Tuple.tuple;

import dev.gitops.core.model.Plan;
import dev.gitops.core.model.ReconcileEvent;
import dev.gitops.core.model.Report;
import dev.gitops.core.model.Report.Status;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.model.Revision;
import dev.gitops.core.model.Run;
import dev.gitops.core.model.Selection;
import dev.gitops.git.provider.CommitStatus.State;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Histories of cycles, and of a service that is not always there. */
class StatusReporterTest {
  private static final String ONE = "1".repeat(40);
  private static final String TWO = "2".repeat(40);

  private final Service service = new Service();
  private final ManualTime time = new ManualTime();
  private final StatusReporter reporter = StatusReporter.to(service).timing(time).start();

  /** Takes statuses, after the troubles that it was told to make. */
  private static final class Service implements Provider {
    final LinkedBlockingQueue<CommitStatus> taken = new LinkedBlockingQueue<>();
    final LinkedBlockingQueue<CommitStatus> refused = new LinkedBlockingQueue<>();
    final Queue<IOException> troubles = new ArrayDeque<>();
    volatile CountDownLatch gate = new CountDownLatch(0);

    @Override
    public void setStatus(CommitStatus status) throws IOException, InterruptedException {
      gate.await();
      synchronized (troubles) {
        if (!troubles.isEmpty()) {
          IOException trouble = troubles.remove();
          refused.add(status);
          throw trouble;
        }
      }
      taken.add(status);
    }

    @Override
    public void comment(long pullRequest, String key, String markdown) {}

    @Override
    public List<MergedPullRequest> mergedBy(String commit) {
      return List.of();
    }
  }

  @AfterEach
  void close() {
    service.gate.countDown();
    reporter.close(Duration.ofMillis(1));
  }

  private static Plan plan(String commit, Run run) {
    return new Plan(
        "topics",
        run,
        Revision.of(commit),
        Map.of(),
        Instant.EPOCH,
        List.of(),
        List.of(),
        1,
        List.of());
  }

  private void ended(String commit, Status status, int millis, Run run) {
    String failure = status == Status.FAILED ? "broken @everyone \u001b[2J" : null;
    reporter.on(
        new ReconcileEvent.CycleEnded(
            "topics",
            Instant.EPOCH,
            new Report(
                status,
                plan(commit, run),
                List.of(),
                List.of(),
                Map.of(),
                Duration.ofMillis(millis),
                failure)));
  }

  private void ended(String commit, Status status, int millis) {
    ended(commit, status, millis, Run.all());
  }

  private CommitStatus taken() throws InterruptedException {
    CommitStatus status = service.taken.poll(20, TimeUnit.SECONDS);
    assertThat(status).isNotNull();
    return status;
  }

  private void refused() throws InterruptedException {
    assertThat(service.refused.poll(20, TimeUnit.SECONDS)).isNotNull();
  }

  @Test
  void anOutcomeIsSaidOnce() throws Exception {
    ended(ONE, Status.CONVERGED, 1);
    ended(ONE, Status.CONVERGED, 2);
    ended(ONE, Status.PROGRESSING, 3);
    ended(ONE, Status.PROGRESSING, 4);
    ended(TWO, Status.HELD, 5);
    reporter.close(Duration.ofSeconds(20));

    assertThat(service.taken)
        .extracting(CommitStatus::commit, CommitStatus::state)
        .doesNotHaveDuplicates()
        .last()
        .isEqualTo(tuple(TWO, State.FAILURE));
    assertThat(service.taken).extracting(CommitStatus::context).containsOnly("gitops/topics");
    assertThat(service.taken)
        .extracting(CommitStatus::description)
        .noneMatch(words -> words.contains(" ms"))
        .contains("HELD: nothing applied");
  }

  @Test
  void descriptionIsInert() throws Exception {
    ended(ONE, Status.FAILED, 1);
    CommitStatus status = taken();
    assertThat(status.state()).isEqualTo(State.FAILURE);
    assertThat(status.description()).startsWith("FAILED: broken").doesNotContain("\u001b");
  }

  @Test
  void partsStandbyAndWhatIsNoCommitAreNotSaid() throws Exception {
    ended(ONE, Status.STANDBY, 1);
    ended("r1", Status.CONVERGED, 1);
    ended(ONE, Status.CONVERGED, 1, Run.of(Selection.ids(ResourceId.of("Topic", "orders"))));
    ended(TWO, Status.CONVERGED, 1);
    assertThat(taken().commit()).isEqualTo(TWO);
    assertThat(service.taken).isEmpty();
  }

  @Test
  void whatIsNewerTakesThePlaceOfWhatWaits() throws Exception {
    service.gate = new CountDownLatch(1);
    ended(TWO, Status.CONVERGED, 1); // on its way, or waiting: nobody else is
    ended(ONE, Status.PROGRESSING, 1);
    ended(ONE, Status.CONVERGED, 1);
    service.gate.countDown();
    assertThat(taken().commit()).isEqualTo(TWO);
    assertThat(taken().state()).isEqualTo(State.SUCCESS);
    reporter.close(Duration.ofSeconds(20));
    assertThat(service.taken).isEmpty();
  }

  @Test
  void aFailureIsTriedAgainAndNeverOvertakesWhatIsNewer() throws Exception {
    service.troubles.add(new IOException("connection reset"));
    ended(ONE, Status.PROGRESSING, 1);
    refused();
    ended(ONE, Status.CONVERGED, 1);
    while (reporter.trouble() == null) {
      Thread.onSpinWait();
    }
    assertThat(reporter.trouble()).isEqualTo("connection reset");
    assertThat(reporter.waiting()).isEqualTo(1);
    time.pass(Duration.ofSeconds(2));
    assertThat(taken().state()).isEqualTo(State.SUCCESS);
    reporter.close(Duration.ofSeconds(20));
    assertThat(service.taken).isEmpty();
    assertThat(reporter.trouble()).isNull();
  }

  @Test
  void theServicesWishToWaitIsHonoured() throws Exception {
    service.troubles.add(new ProviderException("busy", 429, true, Duration.ofMinutes(30)));
    ended(ONE, Status.CONVERGED, 1);
    refused();
    while (reporter.trouble() == null) {
      Thread.onSpinWait();
    }
    time.pass(Duration.ofMinutes(29));
    assertThat(service.taken.poll(100, TimeUnit.MILLISECONDS)).isNull();
    time.pass(Duration.ofMinutes(2));
    assertThat(taken().commit()).isEqualTo(ONE);
  }

  @Test
  void whatCanNotSucceedOrFailsTooOftenIsGivenUp() throws Exception {
    service.troubles.add(new ProviderException("no such repository", 404, false, Duration.ZERO));
    ended(ONE, Status.CONVERGED, 1);
    refused();
    for (int i = 0; i < 10; i++) {
      synchronized (service.troubles) {
        service.troubles.add(new IOException("down"));
      }
    }
    ended(TWO, Status.CONVERGED, 1);
    int refusals = 0;
    while (refusals < 10) {
      refusals += service.refused.poll(10, TimeUnit.MILLISECONDS) == null ? 0 : 1;
      time.pass(Duration.ofMinutes(6));
    }
    ended(ONE, Status.CONVERGED, 1);
    assertThat(taken().commit()).as("the next one is sent").isEqualTo(ONE);
  }

  @Test
  void aCycleNeverWaitsAndWhatWaitsIsBounded() {
    service.gate = new CountDownLatch(1);
    for (int i = 0; i < 1_000; i++) {
      ended("%040d".formatted(i), Status.CONVERGED, 1);
    }
    assertThat(reporter.waiting()).isLessThanOrEqualTo(100);
  }
}
