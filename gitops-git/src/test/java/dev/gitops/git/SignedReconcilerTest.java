// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import static dev.gitops.git.SigningTeam.Signer.NOBODY;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gitops.core.Commands;
import dev.gitops.core.Reconciler;
import dev.gitops.core.contract.MemoryTarget;
import dev.gitops.core.model.Kind;
import dev.gitops.core.model.Report;
import dev.gitops.core.model.Report.Status;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.store.MemoryStateStore;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A reconciler that follows a branch on which not everybody signs. */
class SignedReconcilerTest {
  record Topic(long partitions) {}

  private static final ResourceId ORDERS = ResourceId.of("Topic", "orders");

  @TempDir Path directory;
  private final MemoryStateStore store = new MemoryStateStore();
  private final MemoryTarget<Topic> target = MemoryTarget.<Topic>options().build();
  private SigningTeam team;
  private SigningTeam.Signer ann;
  private Trust keys;

  @BeforeEach
  void start() throws Exception {
    team = new SigningTeam(directory);
    ann = team.sshKey("ann", "ed25519", 0);
    keys = Trust.ssh(team.allowed("ann", "ann@example.com", ""));
  }

  @AfterEach
  void close() {
    team.close();
  }

  private Reconciler reconciler(RevisionRule rule) {
    GitStateSource source =
        GitStateSource.of(team.repository.toString())
            .branch("main")
            .cache(directory.resolve("cache"))
            .require(rule)
            .build();
    return Reconciler.builder("topics", source)
        .route(Kind.of("Topic", Topic.class), target)
        .store(store)
        .build();
  }

  private String partitions(SigningTeam.Signer signer, int partitions) {
    return team.commit(signer, "orders.yaml", RealGit.topic("orders", partitions));
  }

  private long live() {
    return target.log().live(ORDERS).orElseThrow().value().partitions();
  }

  @Test
  void inModeHeadASignedCommitOnTopGoesOn() {
    partitions(ann, 1);
    try (Reconciler topics = reconciler(keys.head())) {
      assertThat(topics.reconcile().status()).isEqualTo(Status.CONVERGED);
      String unsigned = partitions(NOBODY, 99);
      target.put(ORDERS, new Topic(7));
      assertHeldAndCorrected(topics.reconcile(), unsigned);

      team.commitIndex(ann, "I have looked at it");
      assertThat(topics.reconcile().status()).isEqualTo(Status.CONVERGED);
      assertThat(live()).isEqualTo(99);
    }
  }

  @Test
  void inModeEveryCommitItStaysHeldUntilAPersonConfirmsIt() throws Exception {
    String root = partitions(ann, 1);
    try (Reconciler topics = reconciler(keys.everyCommitSince(root))) {
      assertThat(topics.reconcile().status()).isEqualTo(Status.CONVERGED);
      String unsigned = partitions(NOBODY, 99);
      target.put(ORDERS, new Topic(7));
      assertHeldAndCorrected(topics.reconcile(), unsigned);

      String onTop = partitions(ann, 100);
      target.put(ORDERS, new Topic(7));
      Report report = topics.reconcile();
      assertHeldAndCorrected(report, unsigned);
      assertThat(report.plan().problems().toString()).contains("confirm revision:" + onTop);

      Commands.of(store, "topics", "ann").confirm(Set.of("revision:" + onTop), "I read it");
      assertThat(topics.reconcile().status()).isEqualTo(Status.CONVERGED);
      assertThat(live()).isEqualTo(100);
    }
  }

  private void assertHeldAndCorrected(Report report, String unsigned) {
    assertThat(report.status()).isEqualTo(Status.HELD);
    assertThat(report.plan().problems().toString())
        .contains("commit " + unsigned + ": it is not signed");
    assertThat(live()).isEqualTo(1);
  }
}
