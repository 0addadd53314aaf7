// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gitops.core.contract.MemoryTarget;
import dev.gitops.core.model.Block.Reason;
import dev.gitops.core.model.Kind;
import dev.gitops.core.model.Metadata;
import dev.gitops.core.model.Metadata.OnChange;
import dev.gitops.core.model.Metadata.OnRemoval;
import dev.gitops.core.model.Origin;
import dev.gitops.core.model.Outcome.Result;
import dev.gitops.core.model.Phase;
import dev.gitops.core.model.Problem;
import dev.gitops.core.model.Report;
import dev.gitops.core.model.Report.Status;
import dev.gitops.core.model.ResourceId;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What depends on something that may be declared in a file that can't be read. */
class HiddenDependencyTest {
  record Topic(@Nullable Long partitions) {}

  private static final ResourceId ORDERS = ResourceId.of("Topic", "orders");

  private final Git git = new Git();
  private final MemoryTarget<Topic> target = MemoryTarget.<Topic>options().build();

  @Test
  void itWaitsUntilTheFileCanBeReadAndTheRestGoesOn() {
    Metadata needsQuota =
        new Metadata(
            Map.of(),
            List.of(ResourceId.of("Topic", "quota")),
            0,
            Phase.SYNC,
            OnRemoval.DELETE,
            OnChange.UPDATE,
            null);
    git.declare("Topic/orders", Map.of("partitions", 1), needsQuota)
        .declare("Topic/bills", Map.of("partitions", 1))
        .problem(Problem.hidesAnything(Origin.file("quota.yaml"), "broken"));
    try (Reconciler reconciler =
        Reconciler.builder("topics", git)
            .route(Kind.of("Topic", Topic.class), target)
            .ephemeral()
            .build()) {
      Report report = reconciler.reconcile();

      assertThat(target.log().live(ORDERS)).isEmpty();
      assertThat(target.log().live(ResourceId.of("Topic", "bills"))).isPresent();
      assertThat(report.outcome(ORDERS).orElseThrow().result()).isEqualTo(Result.SKIPPED);
      assertThat(report.remaining().get(0).block().reason()).isEqualTo(Reason.WAITING);
      assertThat(report.remaining().get(0).block().message()).contains("Topic/quota", "behind");

      git.mended().declare("Topic/quota", Map.of("partitions", 9));

      assertThat(reconciler.reconcile().status()).isEqualTo(Status.CONVERGED);
      assertThat(target.log().live(ORDERS)).isPresent();
    }
  }
}
