// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.groups.Tuple.tuple;

import dev.gitops.core.contract.MemoryTarget;
import dev.gitops.core.model.Block;
import dev.gitops.core.model.Block.Reason;
import dev.gitops.core.model.Change;
import dev.gitops.core.model.Change.Action;
import dev.gitops.core.model.FieldChange;
import dev.gitops.core.model.Kind;
import dev.gitops.core.model.Plan;
import dev.gitops.core.model.ReconcileEvent;
import dev.gitops.core.model.Report.Status;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.model.Snapshot;
import dev.gitops.core.model.Tree;
import dev.gitops.core.report.PlanText;
import dev.gitops.core.store.MemoryStateStore;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Histories of proposals that are planned before they are in force, some of them by strangers. */
class PreviewTest {
  record Topic(@Nullable Long partitions, @Nullable Object config) {}

  private static final ResourceId ORDERS = ResourceId.of("Topic", "orders");
  private static final ResourceId PAYROLL = ResourceId.of("Topic", "payroll");

  private final Git git = new Git();
  private final Git fork = new Git();
  private final MemoryTarget<Topic> target = MemoryTarget.<Topic>options().build();
  private final List<ReconcileEvent> events = new ArrayList<>();
  private final Reconciler reconciler =
      Reconciler.builder("topics", git)
          .route(Kind.of("Topic", Topic.class), target)
          .store(new MemoryStateStore())
          .listener(events::add)
          .allowDeletes(5)
          .build();

  @AfterEach
  void close() {
    reconciler.close();
  }

  private void inForce(String id, Map<String, ?> spec) {
    git.declare(id, spec);
    fork.declare(id, spec);
    assertThat(reconciler.reconcile().status()).isEqualTo(Status.CONVERGED);
    events.clear();
  }

  private Snapshot proposal() throws Exception {
    return fork.fetch(null);
  }

  private static Change change(Plan plan, ResourceId id) {
    return plan.changes().stream().filter(c -> c.id().equals(id)).findFirst().orElseThrow();
  }

  @Test
  void aProposalIsPlannedWithTheDigestsThatItWillHave() throws Exception {
    inForce("Topic/orders", Map.of("partitions", 1));
    fork.declare("Topic/orders", Map.of("partitions", 2));
    fork.declare("Topic/bills", Map.of("partitions", 3));
    Plan preview = reconciler.preview(proposal());
    Plan open = reconciler.plan(proposal());

    assertThat(events).isEmpty();
    assertThat(target.log().live(ORDERS).orElseThrow().value().partitions()).isEqualTo(1);
    assertThat(preview.ready()).extracting(Change::action).contains(Action.CREATE, Action.UPDATE);
    git.declare("Topic/orders", Map.of("partitions", 2));
    git.declare("Topic/bills", Map.of("partitions", 3));
    Plan merged = reconciler.plan();
    assertThat(preview.changes()).isEqualTo(merged.changes()).isEqualTo(open.changes());
  }

  @Test
  void aDeletionIsPreviewedAndNotHeld() throws Exception {
    inForce("Topic/orders", Map.of("partitions", 1));
    fork.remove("Topic/orders");

    assertThat(reconciler.preview(proposal()).ready())
        .extracting(Change::action)
        .containsExactly(Action.DELETE);
    assertThat(target.log().live(ORDERS)).isPresent();
  }

  @Test
  void nobodyReadsWhatIsLiveByDeclaringItsId() throws Exception {
    inForce("Topic/orders", Map.of("partitions", 1));
    target.put(PAYROLL, new Topic(4711L, Map.of("password", "hunter2")));
    fork.declare("Topic/payroll", Map.of("partitions", 1, "config", Map.of("password", "x")));

    Plan preview = reconciler.preview(proposal());
    assertThat(PlanText.of(preview)).doesNotContain("4711", "hunter2").contains("nothing of it");
    Change wrong = change(preview, PAYROLL);
    assertThat(wrong.action()).isEqualTo(Action.NONE);
    assertThat(wrong.digest()).isEmpty();
    assertThat(preview.notes()).anyMatch(note -> note.contains("in force"));
    assertThat(PlanText.of(reconciler.plan(proposal()))).contains("4711", "hunter2");

    fork.declare("Topic/payroll", Map.of("partitions", 4711));
    Change right = change(reconciler.preview(proposal()), PAYROLL);
    assertThat(right.withBlock(null)).isEqualTo(wrong.withBlock(null));
    assertThat(right.block()).extracting(Block::message).isEqualTo(wrong.block().message());
  }

  @Test
  void aRightGuessOfWhatIsOursButNoLongerDeclaredLooksLikeAWrongOne() throws Exception {
    inForce("Topic/orders", Map.of("partitions", 1));
    git.remove("Topic/orders");
    fork.declare("Topic/orders", Map.of("partitions", 1));
    Plan right = reconciler.preview(proposal());
    fork.declare("Topic/orders", Map.of("partitions", 2));
    Plan wrong = reconciler.preview(proposal());

    assertThat(right.changes()).hasSize(1);
    assertThat(change(right, ORDERS).withBlock(null))
        .isEqualTo(change(wrong, ORDERS).withBlock(null));
    assertThat(right.unchanged()).isEqualTo(wrong.unchanged());
  }

  @Test
  void aFieldThatIsNotDeclaredInForceIsNotShown() throws Exception {
    inForce("Topic/orders", Map.of("partitions", 1));
    target.put(ORDERS, new Topic(7L, Map.of("password", "hunter2")));
    fork.declare("Topic/orders", Map.of("partitions", 2, "config", Map.of("password", "x")));

    Plan preview = reconciler.preview(proposal());
    assertThat(PlanText.of(preview)).doesNotContain("hunter2");
    Change change = change(preview, ORDERS);
    assertThat(change.digest()).isNotEmpty();
    assertThat(change.fields())
        .extracting(FieldChange::pointer, FieldChange::from)
        .contains(
            tuple("/partitions", Tree.of(7)), tuple("/config/password", Tree.of("(not shown)")));
  }

  @Test
  void aWholeObjectIsShownOnlyWhenAllOfItIsDeclared() throws Exception {
    inForce("Topic/orders", Map.of("partitions", 1, "config", Map.of("a", "1")));
    target.put(ORDERS, new Topic(1L, Map.of("a", "1", "password", "hunter2")));
    fork.declare("Topic/orders", Map.of("partitions", 1, "config", "x"));

    assertThat(PlanText.of(reconciler.plan(proposal()))).contains("hunter2");
    assertThat(PlanText.of(reconciler.preview(proposal()))).doesNotContain("hunter2");
  }

  @Test
  void aPreviewChangesNoWaitingTime() throws Exception {
    inForce("Topic/orders", Map.of("partitions", 1));
    target.put(PAYROLL, new Topic(4L, null));
    git.declare("Topic/payroll", Map.of("partitions", 1));
    Block before = change(reconciler.plan(), PAYROLL).block();
    assertThat(before).extracting(Block::reason).isEqualTo(Reason.CONFLICT);
    reconciler.preview(proposal());

    assertThat(change(reconciler.plan(), PAYROLL).block()).isEqualTo(before);
  }
}
