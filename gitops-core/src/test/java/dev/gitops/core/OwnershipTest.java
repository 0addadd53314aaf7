// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gitops.core.contract.Fault;
import dev.gitops.core.contract.Faults.Operation;
import dev.gitops.core.model.Block.Reason;
import dev.gitops.core.model.Change.Action;
import dev.gitops.core.model.Metadata.OnChange;
import dev.gitops.core.model.Metadata.OnRemoval;
import dev.gitops.core.model.Report;
import dev.gitops.core.model.Report.Status;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.model.Selection;
import dev.gitops.core.spi.TerminalException;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Histories of how resources become ours, and stop being ours. */
class OwnershipTest extends TopicHistory {
  @Test
  void aForeignResourceThatDiffersIsAConflictUntilAdopted() throws IOException {
    target.as("bob").put(ResourceId.of("Topic", "a"), new Topic(9L, "bob"));
    git.declare("Topic/a", Map.of("partitions", 3));
    assertThat(blocked(reconciler.reconcile())).isEqualTo(Reason.CONFLICT);
    assertThat(live("a")).isEqualTo(new Topic(9L, "bob"));
    Commands.of(store, "topics", "ann").adopt(Selection.kinds("Topic"), "ours now");
    Report adopted = reconciler.reconcile();
    assertThat(adopted.status()).isEqualTo(Status.CONVERGED);
    assertThat(live("a").partitions()).isEqualTo(3L);
    git.remove("Topic/a");
    assertThat(reconciler.reconcile().status()).isEqualTo(Status.CONVERGED);
    assertThat(live("a")).isNull();
  }

  @Test
  void whatWasFoundAsDeclaredMayBeUpdatedButNotDeleted() {
    target.as("bob").put(ResourceId.of("Topic", "a"), new Topic(3L, null));
    git.declare("Topic/a", Map.of("partitions", 3));
    assertThat(reconciler.reconcile().status()).isEqualTo(Status.CONVERGED);
    git.declare("Topic/a", Map.of("partitions", 4));
    assertThat(reconciler.reconcile().status()).isEqualTo(Status.CONVERGED);
    assertThat(live("a").partitions()).isEqualTo(4L);
    git.remove("Topic/a");
    reconciler.reconcile();
    assertThat(live("a")).isNotNull();
    assertThat(reconciler.reconcile().plan().inSync()).isTrue();
  }

  @Test
  void releasedResourcesAreForeignAgain() throws IOException {
    git.declare("Topic/a", Map.of("partitions", 3));
    reconciler.reconcile();
    Commands.of(store, "topics", "ann")
        .release(Selection.ids(ResourceId.of("Topic", "a")), "hands off");
    assertThat(blocked(reconciler.reconcile())).isEqualTo(Reason.CONFLICT);
    git.remove("Topic/a");
    reconciler.reconcile();
    assertThat(live("a")).isNotNull();
  }

  @Test
  void keepOrphanAndCreateOnlyDoWhatTheySay() {
    git.declare("Topic/keep", Map.of("partitions", 1), with(OnRemoval.KEEP, OnChange.UPDATE));
    git.declare("Topic/orphan", Map.of("partitions", 1), with(OnRemoval.ORPHAN, OnChange.UPDATE));
    git.declare("Topic/once", Map.of("partitions", 1), with(OnRemoval.DELETE, OnChange.IGNORE));
    reconciler.reconcile();
    git.declare("Topic/once", Map.of("partitions", 5), with(OnRemoval.DELETE, OnChange.IGNORE));
    git.remove("Topic/keep", "Topic/orphan");
    Report report = reconciler.reconcile();
    assertThat(live("keep")).isNotNull();
    assertThat(live("orphan")).isNotNull();
    assertThat(live("once").partitions()).isEqualTo(1L);
    assertThat(report.plan().notes()).anyMatch(note -> note.contains("Topic/keep"));
    assertThat(reconciler.reconcile().plan().notes()).noneMatch(note -> note.contains("orphan"));
  }

  @Test
  void replaceDeletesAndCreatesWhenAnUpdateIsImpossible() {
    git.declare("Topic/a", Map.of("partitions", 1), with(OnRemoval.DELETE, OnChange.REPLACE));
    reconciler.reconcile();
    git.declare("Topic/a", Map.of("partitions", 0), with(OnRemoval.DELETE, OnChange.REPLACE));
    faulty = Operation.UPDATE;
    fault = Fault.failing(new TerminalException("can't shrink"));
    reconciler.reconcile();
    assertThat(only(reconciler.plan()).action()).isEqualTo(Action.REPLACE);
    reconciler.reconcileUntilSettled(Duration.ofSeconds(5));
    assertThat(live("a").partitions()).isEqualTo(0L);
  }

  @Test
  void thatItCouldNotBeCreatedIsNoReasonToReplaceIt() {
    git.declare("Topic/a", Map.of("partitions", 1), with(OnRemoval.DELETE, OnChange.REPLACE));
    faulty = Operation.CREATE;
    fault = Fault.appliedBut(new TerminalException("no"));
    reconciler.reconcile();
    fault = Fault.NONE;
    assertThat(reconciler.reconcile().status()).isEqualTo(Status.CONVERGED); // it was, after all
    target.as("bob").put(ResourceId.of("Topic", "a"), new Topic(9L, null));
    assertThat(only(reconciler.plan()).action()).isEqualTo(Action.UPDATE);
  }

  /** b existed before and depends on a, which is ours; both are no longer declared. */
  private void aIsOursAndItsDependentIsNot() {
    target.as("bob").put(ResourceId.of("Topic", "b"), new Topic(1L, null));
    git.declare("Topic/a", Map.of("partitions", 1));
    git.declare("Topic/b", Map.of("partitions", 1), dependingOn("Topic/a"));
    reconciler.reconcile();
    git.remove("Topic/a", "Topic/b");
  }

  @Test
  void whatAReleasedDependentNeedsIsNotDeletedAsLongAsItStands() {
    aIsOursAndItsDependentIsNot();
    for (int i = 0; i < 3; i++) {
      Report report = reconciler.reconcile();
      assertThat(live("b")).isNotNull(); // only matched, so it is released
      assertThat(live("a")).isNotNull();
      assertThat(blocked(report)).isEqualTo(Reason.HELD);
      assertThat(report.remaining().get(0).block().toString())
          .isEqualTo(
              "HELD: Topic/b depends on it and stays (remove Topic/b there, or release Topic/a)");
      restart(builder());
    }
    target.as("bob").remove(ResourceId.of("Topic", "b"));
    assertThat(reconciler.reconcile().status()).isEqualTo(Status.CONVERGED);
    assertThat(live("a")).isNull();
  }

  @Test
  void aReleasedDependentIsNotForgottenWhileItCannotBeRead() {
    aIsOursAndItsDependentIsNot();
    reconciler.reconcile();
    faulty = Operation.READ;
    fault = Fault.partial(id -> id.name().equals("b"));
    reconciler.reconcile();
    faulty = null;
    reconciler.reconcile();
    assertThat(live("a")).isNotNull();
  }

  @Test
  void aReleasedDependentIsAdoptedToBeDeleted() throws IOException {
    aIsOursAndItsDependentIsNot();
    reconciler.reconcile();
    Commands.of(store, "topics", "ann")
        .adopt(Selection.ids(ResourceId.of("Topic", "b")), "not needed");
    assertThat(reconciler.reconcile().status()).isEqualTo(Status.CONVERGED);
    assertThat(order()).endsWith("b", "a");
    assertThat(live("a")).isNull();
  }

  @Test
  void whatIsReleasedByCommandKeepsWhatItNeeds() throws IOException {
    git.declare("Topic/a", Map.of("partitions", 1));
    git.declare("Topic/b", Map.of("partitions", 1), dependingOn("Topic/a"));
    reconciler.reconcile();
    git.remove("Topic/a", "Topic/b");
    Commands.of(store, "topics", "ann")
        .release(Selection.ids(ResourceId.of("Topic", "b")), "hands off");
    assertThat(blocked(reconciler.reconcile())).isEqualTo(Reason.HELD);
    assertThat(blocked(reconciler.reconcile())).isEqualTo(Reason.HELD);
    Commands.of(store, "topics", "ann")
        .release(Selection.ids(ResourceId.of("Topic", "a")), "hands off, too");
    assertThat(reconciler.reconcile().status()).isEqualTo(Status.CONVERGED);
    assertThat(reconciler.reconcile().plan().inSync()).isTrue();
    assertThat(live("a")).isNotNull();
    assertThat(live("b")).isNotNull();
  }

  @Test
  void aReleasedDependentThatIsDeclaredAgainIsSomebodyElses() {
    aIsOursAndItsDependentIsNot();
    reconciler.reconcile();
    git.declare("Topic/a", Map.of("partitions", 1));
    git.declare("Topic/b", Map.of("partitions", 2), dependingOn("Topic/a"));
    assertThat(blocked(reconciler.reconcile())).isEqualTo(Reason.CONFLICT);
    git.declare("Topic/b", Map.of("partitions", 1), dependingOn("Topic/a"));
    assertThat(reconciler.reconcile().status()).isEqualTo(Status.CONVERGED);
    git.declare("Topic/b", Map.of("partitions", 2), dependingOn("Topic/a"));
    assertThat(reconciler.reconcile().status()).isEqualTo(Status.CONVERGED);
    assertThat(live("b").partitions()).isEqualTo(2L);
  }

  @Test
  void whatAKeptDependentNeedsIsKept() {
    git.declare("Topic/a", Map.of("partitions", 1));
    git.declare(
        "Topic/b", Map.of("partitions", 1), with(OnRemoval.KEEP, OnChange.UPDATE, "Topic/a"));
    reconciler.reconcile();
    git.remove("Topic/a", "Topic/b");
    assertThat(blocked(reconciler.reconcile())).isEqualTo(Reason.HELD);
    assertThat(live("a")).isNotNull();
  }

  @Test
  void anAdoptionIsRememberedThoughTheDeletionIsHeld() throws IOException {
    target.as("bob").put(ResourceId.of("Topic", "a"), new Topic(1L, null));
    git.declare("Topic/a", Map.of("partitions", 1));
    reconciler.reconcile();
    git.remove("Topic/a");
    restart(builder().allowDeletes(0));
    Commands.of(store, "topics", "ann").adopt(Selection.kinds("Topic"), "ours, to go");
    assertThat(blocked(reconciler.reconcile())).isEqualTo(Reason.HELD);
    restart(builder().allowDeletes(1));
    reconciler.reconcile();
    assertThat(live("a")).isNull();
  }
}
