// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gitops.core.model.Block.Reason;
import dev.gitops.core.model.Change;
import dev.gitops.core.model.Change.Action;
import dev.gitops.core.model.Change.Cause;
import dev.gitops.core.model.FieldChange;
import dev.gitops.core.model.Health;
import dev.gitops.core.model.Kind;
import dev.gitops.core.model.Metadata;
import dev.gitops.core.model.Metadata.OnChange;
import dev.gitops.core.model.Metadata.OnRemoval;
import dev.gitops.core.model.Observed;
import dev.gitops.core.model.Phase;
import dev.gitops.core.model.Plan;
import dev.gitops.core.model.Report;
import dev.gitops.core.model.Resource;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.model.Run;
import dev.gitops.core.model.Selection;
import dev.gitops.core.model.Tree;
import dev.gitops.core.policy.Approval;
import dev.gitops.core.spi.Differ;
import dev.gitops.core.store.MemoryStateStore;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Histories with a target that answers with the same object as long as nothing has changed. */
class BaselineTest {
  private static final AtomicInteger COMPARED = new AtomicInteger();
  private static final ResourceId ORDERS = ResourceId.parse("Topic/orders");

  /** Counts how often it is compared. */
  record Topic(int partitions) {
    @Override
    public boolean equals(@Nullable Object other) {
      COMPARED.incrementAndGet();
      return other instanceof Topic topic && topic.partitions == partitions;
    }

    @Override
    public int hashCode() {
      return partitions;
    }
  }

  /** Counts how often it is asked, and finds nothing. */
  private static final class Counting implements Differ<Topic> {
    private final boolean blocking;
    private int asked;

    Counting(boolean blocking) {
      this.blocking = blocking;
    }

    @Override
    public List<FieldChange> diff(
        @Nullable Tree lastApplied, Observed<Topic> live, Resource<Topic> desired) {
      asked++;
      return List.of();
    }

    @Override
    public boolean blocking() {
      return blocking;
    }
  }

  private final Git git = new Git();
  private final MemoryStateStore store = new MemoryStateStore();
  private final ManualTiming timing = new ManualTiming();
  private final StandingTarget<Topic> target = new StandingTarget<>();
  private Reconciler reconciler = builder().build();

  private ReconcilerBuilder builder() {
    return Reconciler.builder("topics", git)
        .route(Kind.of("Topic", Topic.class), target)
        .store(store)
        .executor(Runnable::run)
        .timing(timing)
        .allowDeletes(10)
        .progressDeadline(Duration.ofMinutes(5));
  }

  private void restart(ReconcilerBuilder with) {
    reconciler.close();
    reconciler = with.build();
  }

  @BeforeEach
  void converge() {
    git.declare("Topic/orders", Map.of("partitions", 12));
    git.declare("Topic/bills", Map.of("partitions", 3));
    reconciler.reconcile();
    assertThat(reconciler.reconcile().status()).isEqualTo(Report.Status.CONVERGED);
    COMPARED.set(0);
  }

  @AfterEach
  void close() {
    reconciler.close();
  }

  private static Metadata onRemoval(OnRemoval onRemoval) {
    return new Metadata(Map.of(), List.of(), 0, Phase.SYNC, onRemoval, OnChange.UPDATE, null);
  }

  @Test
  void nothingIsComparedAgainAsLongAsTheAnswerIsTheSame() {
    Plan plan = reconciler.plan();

    assertThat(COMPARED).hasValue(0);
    assertThat(plan.unchanged()).isEqualTo(2);
    assertThat(plan.changes()).isEmpty();
  }

  private int askedInThreePlans(Counting counting) {
    target.differ = counting;
    target.put(ORDERS, new Topic(6)); // not equal, but the differ finds nothing
    restart(builder());
    for (int i = 0; i < 3; i++) {
      assertThat(reconciler.plan().unchanged()).isEqualTo(2);
    }
    return counting.asked;
  }

  @Test
  void aDifferThatOnlyComputesIsNotAskedAgain() {
    assertThat(askedInThreePlans(new Counting(false))).isEqualTo(1);
  }

  @Test
  void aDifferThatAsksAServerIsAskedEachTime() {
    assertThat(askedInThreePlans(new Counting(true))).isEqualTo(3);
  }

  @Test
  void aNewAnswerIsComparedWholly() {
    target.put(ORDERS, new Topic(6));

    Plan plan = reconciler.plan();

    assertThat(COMPARED.get()).isGreaterThanOrEqualTo(2);
    assertThat(plan.changes()).extracting(Change::cause).containsExactly(Cause.DRIFT);
    assertThat(plan.unchanged()).isEqualTo(1);
  }

  @Test
  void whatDiffersIsInEveryPlan() {
    target.put(ORDERS, new Topic(6));

    for (int i = 0; i < 3; i++) {
      assertThat(reconciler.plan().changes()).extracting(Change::id).containsExactly(ORDERS);
      assertThat(reconciler.plan().unchanged()).isEqualTo(1);
    }
  }

  @Test
  void anotherDeclarationIsComparedThoughTheAnswerIsTheSame() {
    git.declare("Topic/orders", Map.of("partitions", 24));

    Plan plan = reconciler.plan();

    assertThat(plan.changes()).extracting(Change::cause).containsExactly(Cause.DECLARED);
  }

  @Test
  void anotherInventoryIsComparedThoughTheAnswerIsTheSame() throws Exception {
    Commands.of(store, "topics", "ann").release(Selection.ids(ORDERS), "not ours");

    Report report = reconciler.reconcile();

    assertThat(report.remaining())
        .extracting(change -> change.block().reason())
        .containsExactly(Reason.CONFLICT);
  }

  @Test
  void anAdoptionTakesEffectThoughTheAnswerIsTheSame() throws Exception {
    ResourceId found = ResourceId.parse("Topic/found");
    target.put(found, new Topic(1));
    git.declare("Topic/found", Map.of("partitions", 1));
    reconciler.reconcile(); // found as declared: may be updated, not deleted
    reconciler.reconcile();
    Commands.of(store, "topics", "ann").adopt(Selection.ids(found), "ours");
    reconciler.reconcile();
    git.remove("Topic/found");

    Report report = reconciler.reconcile();

    assertThat(report.plan().changes()).extracting(Change::action).containsExactly(Action.DELETE);
    assertThat(target.resources).doesNotContainKey(found);
  }

  @Test
  void whatAnotherProcessHasReleasedIsNotOursThoughTheAnswerIsTheSame() throws Exception {
    SharedStore shared = new SharedStore();
    timing.pass(Duration.ofSeconds(1)); // now its clocks do not overflow any more
    restart(builder().store(shared));
    reconciler.reconcile();
    assertThat(reconciler.reconcile().status()).isEqualTo(Report.Status.CONVERGED);
    Commands.of(shared, "topics", "ann").release(Selection.ids(ORDERS), "not ours");
    try (Reconciler other = builder().store(shared).build()) {
      other.reconcile(); // sees the lease
      timing.pass(Duration.ofHours(1)); // no lease lasts so long
      other.reconcile();
    }

    assertThat(reconciler.plan().changes())
        .extracting(change -> change.block().reason())
        .containsExactly(Reason.CONFLICT);
  }

  @Test
  void anApprovedChangeIsAppliedThoughTheAnswerIsTheSame() throws Exception {
    restart(builder().gate(Approval.required()));
    git.declare("Topic/orders", Map.of("partitions", 24));
    Report held = reconciler.reconcile();
    assertThat(held.status()).isEqualTo(Report.Status.HELD);
    Commands.of(store, "topics", "ann")
        .approve(Set.of(held.remaining().get(0).digest()), Duration.ofDays(1_000_000), "ok");

    reconciler.reconcile();

    assertThat(target.resources.get(ORDERS).value()).isEqualTo(new Topic(24));
  }

  @Test
  void aPinAndItsEndTakeEffectThoughTheAnswerIsTheSame() throws Exception {
    String before = git.headId();
    git.declare("Topic/orders", Map.of("partitions", 24));
    Commands.of(store, "topics", "ann").pin(before, null, "not yet");
    assertThat(reconciler.reconcile().status()).isEqualTo(Report.Status.CONVERGED);

    Commands.of(store, "topics", "ann").unpin("now");
    reconciler.reconcile();

    assertThat(target.resources.get(ORDERS).value()).isEqualTo(new Topic(24));
  }

  @Test
  void whatOnlyTheMetadataSayIsRememberedThoughAPlanHasSeenItBefore() {
    git.declare("Topic/orders", Map.of("partitions", 12), onRemoval(OnRemoval.KEEP));
    reconciler.plan();
    reconciler.reconcile();
    git.remove("Topic/orders");

    reconciler.reconcile();

    assertThat(target.resources).containsKey(ORDERS);
  }

  private void becomesLateAndThenHealthy() {
    target.health =
        live -> live.id().equals(ORDERS) ? Health.progressing("starting") : Health.HEALTHY;
    target.renew();
    assertThat(reconciler.reconcile().status()).isEqualTo(Report.Status.PROGRESSING);
    timing.pass(Duration.ofMinutes(6));
    assertThat(reconciler.reconcile().status()).isEqualTo(Report.Status.FAILED);
    target.health = live -> Health.HEALTHY;
    assertThat(reconciler.reconcileUntilSettled(Duration.ofMinutes(1)).status())
        .isEqualTo(Report.Status.CONVERGED);
  }

  @Test
  void whatIsNotHealthyIsJudgedAgainThoughTheAnswerIsTheSame() {
    becomesLateAndThenHealthy();
  }

  @Test
  void whatIsAsDeclaredButNotEqualAndNotHealthyIsJudgedAgain() {
    target.differ = new Counting(false);
    target.put(ORDERS, new Topic(6));
    restart(builder());
    becomesLateAndThenHealthy();
  }

  @Test
  void whatHasNeverBeenReadIsUnknown() {
    target.down = true;
    git.declare("Topic/orders", Map.of("partitions", 24));

    assertThat(reconciler.plan().changes())
        .extracting(change -> change.block().reason())
        .containsExactly(Reason.UNKNOWN, Reason.UNKNOWN);
  }

  @Test
  void aFailedReadIsUnknownAndTheSameAnswerAfterItIsGoodAgain() {
    target.down = true;
    assertThat(reconciler.plan().changes())
        .extracting(change -> change.block().reason())
        .containsExactly(Reason.UNKNOWN, Reason.UNKNOWN);
    target.down = false;

    assertThat(reconciler.plan().changes()).isEmpty();
    assertThat(reconciler.plan().unchanged()).isEqualTo(2);
  }

  @Test
  void whatTheSameAnswerCanNotSayIsUnknownInEveryPlan() {
    target.readable(ORDERS, false);

    for (int i = 0; i < 3; i++) {
      Plan plan = reconciler.plan();
      assertThat(plan.changes())
          .extracting(change -> change.block().reason())
          .containsExactly(Reason.UNKNOWN);
      assertThat(plan.unchanged()).isEqualTo(1);
    }
  }

  @Test
  void whatCouldNotBeComparedIsComparedAgain() {
    target.differ =
        (applied, live, desired) -> {
          throw new IllegalStateException("not now");
        };
    target.put(ORDERS, new Topic(6));
    restart(builder());
    assertThat(reconciler.plan().changes())
        .extracting(change -> change.block().reason())
        .containsExactly(Reason.UNKNOWN);
    target.differ = new Counting(false);

    assertThat(reconciler.plan().unchanged()).isEqualTo(1);
  }

  @Test
  void aProposalIsComparedAndLeavesWhatIsInForceAsItIs() throws Exception {
    Git fork = new Git();
    fork.declare("Topic/orders", Map.of("partitions", 24));
    fork.declare("Topic/bills", Map.of("partitions", 3));
    reconciler.plan();
    COMPARED.set(0);
    Plan proposed = reconciler.plan(fork.fetch(null));
    assertThat(proposed.changes()).extracting(Change::id).containsExactly(ORDERS);
    assertThat(proposed.unchanged()).isEqualTo(1);
    COMPARED.set(0);

    assertThat(reconciler.plan().changes()).isEmpty();

    assertThat(COMPARED).hasValue(0);
  }

  @Test
  void whatOneRunDidNotSelectTheNextOneFinds() {
    target.put(ORDERS, new Topic(6));
    Selection bills = Selection.ids(ResourceId.parse("Topic/bills"));
    assertThat(reconciler.reconcile(Run.of(bills)).plan().changes()).isEmpty();

    assertThat(reconciler.plan().changes()).extracting(Change::id).containsExactly(ORDERS);
  }

  @Test
  void everythingDeclaredOrOwnedIsAskedFor() {
    Metadata hook =
        new Metadata(
            Map.of(), List.of(), 0, Phase.POST_SYNC, OnRemoval.DELETE, OnChange.UPDATE, null);
    git.declare("Topic/kept", Map.of("partitions", 1), onRemoval(OnRemoval.KEEP));
    reconciler.reconcile();
    git.remove("Topic/kept");
    git.declare("Topic/check", Map.of("partitions", 1), hook);

    reconciler.plan();

    Set<ResourceId> ids = target.asked.ids();
    assertThat(ids)
        .extracting(ResourceId::name)
        .containsExactlyInAnyOrder("orders", "bills", "check", "kept");
    assertThat(ids).hasSize(4).allMatch(ids::contains);
    assertThat(ids.contains(ResourceId.parse("Topic/other"))).isFalse();
    assertThat(target.asked.kinds()).containsExactly("Topic");
  }
}
