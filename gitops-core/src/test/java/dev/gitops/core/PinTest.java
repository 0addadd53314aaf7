// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gitops.core.model.ReconcileEvent;
import dev.gitops.core.model.Report;
import dev.gitops.core.model.Report.Status;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.model.Run;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Histories of pins: to what is no revision, to a branch, beside other wishes. */
class PinTest extends TopicHistory {
  private final List<String> results = new ArrayList<>();
  private String first = "";

  @BeforeEach
  void twoRevisions() {
    restart(listening());
    git.declare("Topic/a", Map.of("partitions", 1));
    first = git.headId();
    git.declare("Topic/a", Map.of("partitions", 2));
    reconciler.reconcile();
  }

  private ReconcilerBuilder listening() {
    return builder()
        .listener(
            event -> {
              if (event instanceof ReconcileEvent.CommandHandled handled) {
                results.add(handled.result());
              }
            });
  }

  private void pin(String revision) throws IOException {
    Commands.of(store, "topics", "ann").pin(revision, null, "look into it");
  }

  @Test
  void whatIsNoRevisionIsRefusedAndDriftIsStillCorrected() throws IOException {
    pin("no-such-rev");
    target.as("bob").put(ResourceId.of("Topic", "a"), new Topic(7L, null));
    Report report = reconciler.reconcile();
    assertThat(results).containsExactly("refused: no such revision: no-such-rev");
    assertThat(report.status()).isEqualTo(Status.CONVERGED);
    assertThat(report.plan().notes()).isEmpty();
    assertThat(live("a").partitions()).isEqualTo(2L);
  }

  @Test
  void aBranchIsPinnedToWhereItStands() throws IOException {
    String second = git.headId();
    pin("main");
    reconciler.reconcile();
    git.declare("Topic/a", Map.of("partitions", 3));
    Report report = reconciler.reconcile();
    assertThat(results).containsExactly("pinned to " + second + " (main)");
    assertThat(live("a").partitions()).isEqualTo(2L);
    assertThat(report.plan().notes().get(0))
        .startsWith("Pinned to " + second + " (main) by ann at ")
        .endsWith(": look into it");
  }

  @Test
  void whileTheSourceIsDownAPinIsTakenAtItsWordAndUnderstoodLater() throws IOException {
    pin("main");
    git.down = true;
    assertThat(reconciler.reconcile().failure())
        .startsWith("Pinned to main by ann at ")
        .contains(": look into it. The source git:test can't be read: connection refused");
    assertThat(results).containsExactly("pinned to main");
    git.down = false;
    reconciler.plan(); // which remembers nothing
    git.declare("Topic/a", Map.of("partitions", 3));
    String third = git.headId();
    reconciler.reconcile();
    git.declare("Topic/a", Map.of("partitions", 4));
    Report report = reconciler.reconcile();
    assertThat(live("a").partitions()).isEqualTo(3L);
    assertThat(report.plan().notes().get(0)).startsWith("Pinned to " + third + " (main) by ann");
  }

  @Test
  void aPinnedRevisionThatIsGoneIsToldAsThePinsFailure() throws IOException {
    pin(first);
    reconciler.reconcile();
    restart(listening());
    git.gone.add(first);
    assertThat(reconciler.reconcile().failure())
        .startsWith("Pinned to " + first + " by ann at ")
        .contains(": look into it. The source git:test can't be read: " + first + " is gone");
  }

  @Test
  void anotherRevisionCanBePlannedUnderAPinButNotApplied() throws IOException {
    pin(first);
    reconciler.reconcile();
    String second = git.headId();
    Run run = Run.all().at(second);
    assertThat(only(reconciler.plan(run)).fields().toString()).contains("1").contains("2");
    assertThat(reconciler.plan(run).revision().id()).isEqualTo(second);
    assertThat(reconciler.plan(run).notes().get(0))
        .startsWith("Pinned to " + first)
        .endsWith(": look into it. This is about revision " + second);
    Report report = reconciler.reconcile(run);
    assertThat(report.status()).isEqualTo(Status.FAILED);
    assertThat(report.failure())
        .startsWith("Pinned to " + first + " by ann at ")
        .endsWith("Revision " + second + " can be planned meanwhile; to apply it, unpin first");
    assertThat(live("a").partitions()).isEqualTo(1L);
    assertThat(reconciler.reconcile(Run.all().at(first)).status()).isEqualTo(Status.CONVERGED);
  }
}
