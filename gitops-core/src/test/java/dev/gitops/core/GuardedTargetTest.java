// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gitops.core.contract.MemoryTarget;
import dev.gitops.core.model.Block.Reason;
import dev.gitops.core.model.Kind;
import dev.gitops.core.model.Metadata.OnChange;
import dev.gitops.core.model.Metadata.OnRemoval;
import dev.gitops.core.model.Report;
import dev.gitops.core.model.Report.Status;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.spi.Gate;
import java.io.IOException;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Histories of another target, another source, and gates: what holds, and what a person opens. */
class GuardedTargetTest extends TopicHistory {

  private void elsewhere() {
    git.declare("Topic/a", Map.of("partitions", 1));
    reconciler.reconcile();
    target = MemoryTarget.<Topic>options().identity("elsewhere").build();
    restart(builder());
  }

  @Test
  void anotherTargetIsWrittenToOnlyWhenThatIsConfirmed() throws IOException {
    elsewhere();
    Report held = reconciler.reconcile();
    assertThat(blocked(held)).isEqualTo(Reason.HELD);
    assertThat(held.remaining().get(0).block().unblock()).contains("confirm target:elsewhere");
    Commands.of(store, "topics", "ann").confirm(Set.of("target:elsewhere"), "we moved");
    assertThat(reconciler.reconcile().status()).isEqualTo(Status.CONVERGED);
    assertThat(order()).containsExactly("a");
    restart(builder());
    assertThat(reconciler.reconcile().status()).isEqualTo(Status.CONVERGED);
  }

  @Test
  void whatIsNotThereInAnotherTargetIsNotForgotten() {
    MemoryTarget<Topic> right = target;
    elsewhere();
    git.remove("Topic/a");
    reconciler.reconcile(); // a is absent there
    target = right;
    restart(builder());
    assertThat(reconciler.reconcile().status()).isEqualTo(Status.CONVERGED);
    assertThat(live("a")).isNull(); // it was still known to be ours
  }

  @Test
  void deletionsAtAReconfiguredSourceAreConfirmedOneByOne() throws IOException {
    git.declare("Topic/a", Map.of("partitions", 1)).declare("Topic/b", Map.of("partitions", 1));
    reconciler.reconcile();
    git.identity = "git:other";
    git.remove("Topic/a", "Topic/b");
    Report report = reconciler.reconcile();
    assertThat(report.remaining()).hasSize(2);
    String digest =
        report.remaining().stream()
            .filter(change -> change.id().name().equals("a"))
            .map(change -> change.digest())
            .findFirst()
            .orElseThrow();
    Commands.of(store, "topics", "ann").confirm(Set.of(digest), "really gone");
    assertThat(blocked(reconciler.reconcile())).isEqualTo(Reason.HELD);
    assertThat(live("a")).isNull();
    assertThat(live("b")).isNotNull();
  }

  @Test
  void whatWasGivenUpDoesNotKeepAReconfiguredSourceFromBeingAccepted() throws IOException {
    target.as("bob").put(ResourceId.of("Topic", "b"), new Topic(1L, null));
    git.declare("Topic/a", Map.of("partitions", 1)).declare("Topic/c", Map.of("partitions", 1));
    git.declare("Topic/b", Map.of("partitions", 1), dependingOn("Topic/a"));
    reconciler.reconcile();
    git.remove("Topic/b"); // matched only, so it is given up, and stands on a
    reconciler.reconcile();
    git.identity = "git:other";
    reconciler.reconcile();
    git.remove("Topic/c");
    assertThat(reconciler.reconcile().status()).isEqualTo(Status.CONVERGED);
    assertThat(live("c")).isNull();
  }

  @Test
  void whatIsGoneOrKeptDoesNotKeepAReconfiguredSourceFromBeingAccepted() {
    git.declare("Topic/gone", Map.of("partitions", 1)).declare("Topic/c", Map.of("partitions", 1));
    git.declare("Topic/kept", Map.of("partitions", 1), with(OnRemoval.KEEP, OnChange.UPDATE));
    reconciler.reconcile();
    target.as("bob").remove(ResourceId.of("Topic", "gone"));
    git.remove("Topic/gone", "Topic/kept");
    git.identity = "git:other";
    reconciler.reconcile();
    git.remove("Topic/c");
    reconciler.reconcile();
    assertThat(live("c")).isNull(); // by the source that has been accepted
    assertThat(live("kept")).isNotNull();
  }

  @Test
  void aTargetThatIsAnotherConcernsItsOwnKindOnly() {
    MemoryTarget<Topic> queues = MemoryTarget.empty();
    ResourceId queue = ResourceId.of("Queue", "q");
    ResourceId lost = ResourceId.of("Queue", "lost");
    restart(builder().route(Kind.of("Queue", Topic.class), queues));
    git.declare("Topic/a", Map.of("partitions", 1)).declare("Queue/lost", Map.of("partitions", 1));
    reconciler.reconcile();
    queues.as("bob").remove(lost);
    git.remove("Queue/lost");
    git.declare("Queue/q", Map.of("partitions", 1)).declare("Topic/b", Map.of("partitions", 1));
    target = MemoryTarget.<Topic>options().identity("elsewhere").build();
    restart(builder().route(Kind.of("Queue", Topic.class), queues));
    Report report = reconciler.reconcile();
    assertThat(report.remaining())
        .extracting(change -> change.id().toString())
        .containsExactlyInAnyOrder("Topic/a", "Topic/b");
    assertThat(queues.log().live(queue)).isPresent();
    queues.as("bob").put(lost, new Topic(7L, null)); // it had been forgotten, so this is bob's
    reconciler.reconcile();
    assertThat(queues.log().live(lost)).isPresent();
  }

  @Test
  void aWarningIsShownAndHoldsNothing() {
    Gate warning =
        review -> review.changes().forEach(change -> review.warn(change, "it is Friday"));
    restart(builder().gate(warning));
    git.declare("Topic/a", Map.of("partitions", 1));
    Report report = reconciler.reconcile();
    assertThat(report.plan().changes().get(0).warnings()).containsExactly("it is Friday");
    assertThat(order()).containsExactly("a");
  }

  @Test
  void gatesAreNotAskedWhereNothingIsToBeDone() {
    AtomicInteger asked = new AtomicInteger();
    restart(builder().gate(review -> asked.incrementAndGet()));
    git.declare("Topic/a", Map.of("partitions", 1));
    reconciler.reconcile();
    reconciler.reconcile();
    assertThat(asked).hasValue(1);
  }

  @Test
  void whatTheEngineItselfBlocksAGateDoesNotTakeForItsOwn() {
    target.as("bob").put(ResourceId.of("Topic", "a"), new Topic(9L, "bob"));
    git.declare("Topic/a", Map.of("partitions", 1)).declare("Topic/b", Map.of("partitions", 1));
    Gate everything =
        review -> review.plan().changes().forEach(change -> review.hold(change, "later", ""));
    restart(builder().gate(everything));
    assertThat(reconciler.reconcile().remaining())
        .extracting(change -> change.block().reason())
        .containsExactlyInAnyOrder(Reason.CONFLICT, Reason.HELD);
  }
}
