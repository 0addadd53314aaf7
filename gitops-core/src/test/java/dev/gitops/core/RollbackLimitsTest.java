// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gitops.core.model.Block.Reason;
import dev.gitops.core.model.Change.Cause;
import dev.gitops.core.model.Metadata;
import dev.gitops.core.model.Metadata.OnChange;
import dev.gitops.core.model.Metadata.OnRemoval;
import dev.gitops.core.model.Phase;
import dev.gitops.core.model.Report;
import dev.gitops.core.model.Report.Status;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.policy.Approval;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What an automatic rollback does not do, and what comes before it. */
class RollbackLimitsTest extends RollbackHistory {
  @Test
  void withoutTheOptionNothingGoesBack() {
    restart(plain());
    good("a", 1);
    declare("a", SICK);
    assertThat(afterTheDeadline().status()).isEqualTo(Status.FAILED);
    assertThat(partitions("a")).isEqualTo(SICK);
  }

  @Test
  void whatIsNewInWhatFailedIsDeletedOnlyWithinTheLimit() {
    good("a", 1);
    declare("a", SICK);
    declare("n", 1);
    declare("a", SICK, "Topic/n");
    restart(rollingBack().allowDeletes(0));
    Report held = afterTheDeadline();
    assertThat(partitions("a")).isEqualTo(1L);
    assertThat(partitions("n")).isEqualTo(1L);
    assertThat(blocked(held)).isEqualTo(Reason.HELD);
    assertThat(held.remaining().get(0).cause()).isEqualTo(Cause.ROLLED_BACK);
    restart(rollingBack().allowDeletes(1));
    reconciler.reconcile();
    assertThat(live("n")).isNull();
  }

  @Test
  void whatIsNewInWhatFailedAndWasThereBeforeStays() {
    good("a", 1);
    target.as("bob").put(ResourceId.of("Topic", "n"), new Topic(1L, null));
    declare("n", 1);
    declare("a", SICK, "Topic/n");
    afterTheDeadline();
    assertThat(partitions("a")).isEqualTo(1L);
    assertThat(partitions("n")).isEqualTo(1L);
    assertThat(reconciler.reconcile().outcomes()).isEmpty();
  }

  @Test
  void goodDeclarationsThatAreNotHealthyEitherAreLeftAlone() {
    good("a", 1);
    declare("a", SICK);
    reconciler.reconcile();
    sick.add(1L);
    Report report = afterTheDeadline();
    assertThat(partitions("a")).isEqualTo(1L);
    int writes = order().size();
    for (int i = 0; i < 5; i++) {
      timing.pass(DEADLINE);
      report = reconciler.reconcile();
    }
    assertThat(order()).hasSize(writes);
    assertThat(wentBack).hasSize(1);
    assertThat(report.status()).isEqualTo(Status.FAILED);
    assertThat(report.unhealthy()).containsKey(ResourceId.of("Topic", "a"));
  }

  @Test
  void aGoodRevisionThatIsGoneMeansThatNothingGoesBack() {
    good("a", 1);
    git.gone.add(git.headId());
    declare("a", SICK);
    reconciler.reconcile();
    timing.pass(DEADLINE);
    Report report = reconciler.reconcile();
    assertThat(report.plan().notes())
        .anyMatch(note -> note.contains("it can't go back: revision") && note.contains("gone"));
    assertThat(reconciler.reconcile().status()).isEqualTo(Status.FAILED);
    assertThat(partitions("a")).isEqualTo(SICK);
    git.gone.clear();
    reconciler.reconcile();
    reconciler.reconcile();
    assertThat(partitions("a")).isEqualTo(1L);
  }

  @Test
  void whatFailedDoesNotComeBackWhileTheGoodRevisionCannotBeRead() {
    good("a", 1);
    String good = git.headId();
    declare("a", SICK);
    afterTheDeadline();
    git.gone.add(good);
    restart(rollingBack());
    Report report = reconciler.reconcile();
    assertThat(partitions("a")).isEqualTo(1L);
    assertThat(blocked(report)).isEqualTo(Reason.INVALID);
    assertThat(problems(report)).contains("can't be read now");
    git.gone.clear();
    target.as("bob").put(ResourceId.of("Topic", "a"), new Topic(9L, null));
    assertThat(only(reconciler.plan()).cause()).isEqualTo(Cause.DRIFT);
    reconciler.reconcile();
    assertThat(partitions("a")).isEqualTo(1L);
  }

  @Test
  void whatNeverWasGoodStaysAndTheReportSaysSo() {
    declare("a", SICK);
    reconciler.reconcile();
    timing.pass(DEADLINE);
    assertThat(reconciler.reconcile().plan().notes())
        .anyMatch(note -> note.contains("there is no earlier good state to go back to"));
    assertThat(partitions("a")).isEqualTo(SICK);
  }

  @Test
  void suspensionComesFirstThenThePinThenWhatFailed() throws IOException {
    Commands ann = Commands.of(store, "topics", "ann");
    good("a", 1);
    String first = git.headId();
    good("a", 2);
    declare("a", SICK);
    String bad = git.headId();
    afterTheDeadline();
    assertThat(partitions("a")).isEqualTo(2L);
    ann.pin(bad, null, "look into it");
    reconciler.reconcile();
    assertThat(partitions("a")).isEqualTo(SICK);
    afterTheDeadline();
    assertThat(partitions("a")).isEqualTo(SICK); // a person wants it so
    ann.pin(first, null, "back further");
    reconciler.reconcile();
    assertThat(partitions("a")).isEqualTo(1L);
    ann.suspend("holiday");
    ann.unpin("done");
    reconciler.reconcile();
    assertThat(partitions("a")).isEqualTo(1L);
    ann.resume("back");
    reconciler.reconcile();
    assertThat(partitions("a")).isEqualTo(2L);
  }

  @Test
  void nothingIsDecidedWhileSuspended() throws IOException {
    good("a", 1);
    declare("a", SICK);
    reconciler.reconcile();
    Commands.of(store, "topics", "ann").suspend("incident");
    afterTheDeadline();
    assertThat(wentBack).isEmpty();
  }

  @Test
  void theWayBackNeedsAnApprovalLikeAnyOtherChange() throws IOException {
    good("a", 1);
    declare("a", SICK);
    reconciler.reconcile();
    restart(rollingBack().gate(Approval.required()));
    Report report = afterTheDeadline();
    assertThat(partitions("a")).isEqualTo(SICK);
    String digest = report.remaining().get(0).digest();
    Commands.of(store, "topics", "ann").approve(Set.of(digest), Duration.ofDays(200_000), "back");
    reconciler.reconcile();
    assertThat(partitions("a")).isEqualTo(1L);
  }

  @Test
  void whatAGateHoldsIsNotOnTrial() throws IOException {
    good("a", 1);
    sick.add(1L);
    reconciler.reconcile();
    restart(rollingBack().gate(Approval.required()));
    declare("a", 2);
    afterTheDeadline();
    afterTheDeadline();
    assertThat(wentBack).isEmpty();
  }

  @Test
  void hooksDoNotRunForIt() {
    Metadata after =
        new Metadata(
            Map.of(), List.of(), 0, Phase.POST_SYNC, OnRemoval.DELETE, OnChange.UPDATE, null);
    git.declare("Topic/announce", Map.of("partitions", 1), after);
    good("a", 1);
    assertThat(order()).containsExactly("a", "announce");
    declare("a", SICK);
    afterTheDeadline();
    reconciler.reconcile();
    assertThat(order()).containsExactly("a", "announce", "a", "a");
    target.as("bob").put(ResourceId.of("Topic", "a"), new Topic(9L, null));
    reconciler.reconcile();
    assertThat(order()).endsWith("a", "a", "a"); // bob's, and its correction
  }

  @Test
  void anEphemeralReconcilerCannotRememberWhatWasGood() {
    assertThatThrownBy(() -> rollingBack().ephemeral().build())
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("call store(...)");
  }
}
