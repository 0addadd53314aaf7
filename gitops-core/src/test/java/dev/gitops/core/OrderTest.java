// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gitops.core.contract.MemoryTarget;
import dev.gitops.core.contract.WriteLog;
import dev.gitops.core.model.Change.Action;
import dev.gitops.core.model.Kind;
import dev.gitops.core.model.Metadata;
import dev.gitops.core.model.Metadata.OnChange;
import dev.gitops.core.model.Metadata.OnRemoval;
import dev.gitops.core.model.Phase;
import dev.gitops.core.model.Plan;
import dev.gitops.core.model.ResourceId;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A plan lists its changes in the order in which they are applied. */
class OrderTest {
  record Topic(@Nullable Long partitions) {}

  private final Git git = new Git();
  private final MemoryTarget<Topic> target = MemoryTarget.<Topic>options().build();
  private final Reconciler reconciler =
      Reconciler.builder("topics", git)
          .route(Kind.of("Topic", Topic.class), target)
          .ephemeral()
          .concurrency(1)
          .allowDeletes(100)
          .build();

  @AfterEach
  void close() {
    reconciler.close();
  }

  private void declare(String name, int wave, Phase phase, String... needs) {
    List<ResourceId> ids = Arrays.stream(needs).map(n -> ResourceId.of("Topic", n)).toList();
    git.declare(
        "Topic/" + name,
        Map.of("partitions", 1),
        new Metadata(Map.of(), ids, wave, phase, OnRemoval.DELETE, OnChange.UPDATE, null));
  }

  private static List<String> names(Plan plan) {
    return plan.changes().stream().map(change -> change.id().name()).toList();
  }

  private List<String> written(Action action) {
    return target.log().entries().stream()
        .filter(entry -> entry.action() == action)
        .map(WriteLog.Entry::id)
        .map(ResourceId::name)
        .toList();
  }

  @Test
  void dependenciesAndLowerWavesComeFirstAndDeletionsLastInReverse() {
    declare("a-needs-z", 0, Phase.SYNC, "z");
    declare("b-late", 2, Phase.SYNC);
    declare("c-after", 0, Phase.POST_SYNC);
    declare("y-before", 0, Phase.PRE_SYNC);
    declare("z", 0, Phase.SYNC);
    declare("zz", -1, Phase.SYNC);

    assertThat(names(reconciler.plan()))
        .containsExactly("y-before", "zz", "z", "a-needs-z", "b-late", "c-after");
    reconciler.reconcile();
    assertThat(written(Action.CREATE)).startsWith("y-before", "zz", "z", "a-needs-z", "b-late");

    git.remove("Topic/z", "Topic/zz", "Topic/a-needs-z", "Topic/b-late");
    declare("new", 0, Phase.SYNC);
    assertThat(names(reconciler.plan()))
        .containsSubsequence("new", "b-late", "a-needs-z", "z", "zz");
    reconciler.reconcile();
    assertThat(written(Action.DELETE)).containsSubsequence("b-late", "a-needs-z", "z", "zz");
  }

  @Test
  void aLongChainIsNoTrouble() {
    int length = 1_000;
    for (int i = 0; i < length; i++) {
      String name = String.format("t%05d", i);
      if (i == length - 1) {
        declare(name, 0, Phase.SYNC);
      } else {
        declare(name, 0, Phase.SYNC, String.format("t%05d", i + 1));
      }
    }
    List<String> names = names(reconciler.plan());
    assertThat(names).hasSize(length).startsWith("t00999", "t00998").endsWith("t00000");
  }
}
