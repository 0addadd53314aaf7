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
import dev.gitops.core.model.Live;
import dev.gitops.core.model.Metadata;
import dev.gitops.core.model.Metadata.OnChange;
import dev.gitops.core.model.Metadata.OnRemoval;
import dev.gitops.core.model.Observed;
import dev.gitops.core.model.Phase;
import dev.gitops.core.model.Plan;
import dev.gitops.core.model.Report;
import dev.gitops.core.model.Resource;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.model.Selection;
import dev.gitops.core.model.Tree;
import dev.gitops.core.spi.Differ;
import dev.gitops.core.spi.HealthCheck;
import dev.gitops.core.spi.ReadScope;
import dev.gitops.core.spi.Target;
import dev.gitops.core.spi.Written;
import dev.gitops.core.store.MemoryStateStore;
import java.time.Duration;
import java.util.LinkedHashMap;
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

  /** A system whose every change is known. */
  private final class Watched implements Target<Topic> {
    private final Map<ResourceId, Observed<Topic>> resources = new LinkedHashMap<>();
    private Live<Topic> live = Live.of(List.of());
    private ReadScope asked = ReadScope.of(Set.of(), Set.of());

    void put(ResourceId id, int partitions) {
      resources.put(id, Observed.of(id, new Topic(partitions)).withHandle(id.name()));
      live = Live.of(resources.values());
    }

    @Override
    public Live<Topic> read(ReadScope scope) {
      asked = scope;
      return live;
    }

    @Override
    public Written create(Resource<Topic> desired) {
      put(desired.id(), desired.spec().partitions());
      return Written.of(null, desired.id().name());
    }

    @Override
    public Written update(Observed<Topic> observed, Resource<Topic> desired) {
      return create(desired);
    }

    @Override
    public void delete(Observed<Topic> observed) {
      resources.remove(observed.id());
      live = Live.of(resources.values());
    }

    @Override
    public Differ<Topic> differ(Kind<Topic> kind) {
      return differ == null ? Target.super.differ(kind) : differ;
    }

    @Override
    public HealthCheck<Topic> health(Kind<Topic> kind) {
      return live -> health;
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
  private final Watched target = new Watched();
  private Health health = Health.HEALTHY;
  private @Nullable Differ<Topic> differ;
  private Reconciler reconciler = reconciler();

  private Reconciler reconciler() {
    return Reconciler.builder("topics", git)
        .route(Kind.of("Topic", Topic.class), target)
        .store(store)
        .executor(Runnable::run)
        .timing(timing)
        .allowDeletes(10)
        .progressDeadline(Duration.ofMinutes(5))
        .build();
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

  @Test
  void nothingIsComparedAgainAsLongAsTheAnswerIsTheSame() {
    Plan plan = reconciler.plan();

    assertThat(COMPARED).hasValue(0);
    assertThat(plan.unchanged()).isEqualTo(2);
    assertThat(plan.changes()).isEmpty();
  }

  private int askedInThreePlans(Counting counting) {
    reconciler.close();
    differ = counting;
    target.put(ORDERS, 6); // not equal, but the differ finds nothing
    reconciler = reconciler();
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
    target.put(ORDERS, 6);

    Plan plan = reconciler.plan();

    assertThat(COMPARED.get()).isGreaterThanOrEqualTo(2);
    assertThat(plan.changes()).extracting(Change::cause).containsExactly(Cause.DRIFT);
    assertThat(plan.unchanged()).isEqualTo(1);
  }

  @Test
  void whatDiffersIsInEveryPlan() {
    target.put(ORDERS, 6);

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
    target.put(found, 1);
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
  void whatIsNotHealthyIsJudgedAgainThoughTheAnswerIsTheSame() {
    health = Health.progressing("starting");
    target.put(ORDERS, 12);
    assertThat(reconciler.reconcile().status()).isEqualTo(Report.Status.PROGRESSING);

    timing.pass(Duration.ofMinutes(6));

    assertThat(reconciler.reconcile().status()).isEqualTo(Report.Status.FAILED);
    health = Health.HEALTHY;
    assertThat(reconciler.reconcile().status()).isEqualTo(Report.Status.CONVERGED);
  }

  @Test
  void everythingDeclaredOrOwnedIsAskedFor() {
    Metadata none = Metadata.DEFAULT;
    Metadata hook =
        new Metadata(
            Map.of(), List.of(), 0, Phase.POST_SYNC, OnRemoval.DELETE, OnChange.UPDATE, null);
    Metadata kept =
        new Metadata(Map.of(), List.of(), 0, none.phase(), OnRemoval.KEEP, OnChange.UPDATE, null);
    git.declare("Topic/kept", Map.of("partitions", 1), kept);
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
