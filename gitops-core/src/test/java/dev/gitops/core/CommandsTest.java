// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gitops.core.contract.Fault;
import dev.gitops.core.contract.MemoryTarget;
import dev.gitops.core.model.Block.Reason;
import dev.gitops.core.model.Change;
import dev.gitops.core.model.Command;
import dev.gitops.core.model.Command.Verb;
import dev.gitops.core.model.Kind;
import dev.gitops.core.model.ReconcileEvent;
import dev.gitops.core.model.Report;
import dev.gitops.core.model.Report.Status;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.model.Selection;
import dev.gitops.core.policy.Approval;
import dev.gitops.core.spi.TerminalException;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Histories of what people say: carried out once, recorded, refused when it makes no sense. */
class CommandsTest extends TopicHistory {
  private static final Duration HOUR = Duration.ofHours(1);

  private final MemoryTarget<Topic> queues = MemoryTarget.empty();
  private final List<ReconcileEvent.CommandHandled> handled = new ArrayList<>();

  @BeforeEach
  void listen() {
    restart(listening());
  }

  private ReconcilerBuilder listening() {
    return builder()
        .route(Kind.of("Queue", Topic.class), queues)
        .listener(
            event -> {
              if (event instanceof ReconcileEvent.CommandHandled command) {
                handled.add(command);
              }
            });
  }

  private Commands ann() throws IOException {
    return Commands.of(store, "topics", "ann");
  }

  private static Set<String> digests(Report report) {
    return Set.copyOf(report.remaining().stream().map(Change::digest).toList());
  }

  @Test
  void whatWasCarriedOutIsToldWithWhoAndWhyAndIsNoLongerInTheInbox() throws IOException {
    String id = ann().suspend("holiday");
    reconciler.reconcile();
    assertThat(handled).hasSize(1);
    assertThat(handled.get(0).result()).isEqualTo("suspended");
    assertThat(handled.get(0).command())
        .extracting(Command::id, Command::verb, Command::by, Command::reason)
        .containsExactly(id, Verb.SUSPEND, "ann", "holiday");
    assertThat(store.inbox("topics").read()).isEmpty();
    reconciler.reconcile();
    assertThat(handled).hasSize(1);
  }

  @Test
  void aMessageThatCouldNotBeRemovedIsNotCarriedOutAgain() throws IOException {
    ann().suspend("holiday");
    String message = store.inbox("topics").read().get(0).value();
    String key = store.inbox("topics").read().get(0).key();
    reconciler.reconcile();
    store.inbox("topics").append(key, message); // as if it had still been there after a crash
    ann().resume("back");
    reconciler.reconcile();
    assertThat(handled)
        .extracting(ReconcileEvent.CommandHandled::result)
        .containsExactly("suspended", "resumed");
    assertThat(store.inbox("topics").read()).isEmpty();
    reconciler.reconcile(); // it is forgotten now, so that what is remembered does not grow
    store.inbox("topics").append(key, message);
    reconciler.reconcile();
    assertThat(handled).hasSize(3);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "rm -rf",
        "{}",
        "{\"format\": 2}",
        "{\"format\":1,\"verb\":\"EXPLODE\",\"at\":\"2026-01-01T00:00:00Z\"}",
        "{\"format\":1,\"verb\":\"PIN\",\"at\":\"yesterday\"}",
        "{\"format\":1,\"verb\":\"RETRY\",\"ids\":[\"?\"],\"at\":\"2026-01-01T00:00:00Z\"}",
        "{\"format\":1,\"verb\":\"APPROVE\",\"digests\":[\"d\"],\"at\":\"2026-01-01T00:00:00Z\","
            + "\"arguments\":{\"expires\":\"soon\"}}",
        "{\"format\":1,\"verb\":\"PIN\",\"at\":\"2026-01-01T00:00:00Z\"}"
      })
  void whatMakesNoSenseIsRefusedAndStopsNothing(String message) throws IOException {
    git.declare("Topic/a", Map.of("partitions", 1));
    store.inbox("topics").append("odd", message);
    assertThat(reconciler.reconcile().status()).isEqualTo(Status.CONVERGED);
    assertThat(handled).hasSize(1);
    assertThat(handled.get(0).result()).startsWith("refused: ");
    assertThat(store.inbox("topics").read()).isEmpty();
    assertThat(reconciler.reconcile().status()).isEqualTo(Status.CONVERGED);
  }

  @Test
  void reportsSayWhoSuspendedAndWhy() throws IOException {
    git.declare("Topic/a", Map.of("partitions", 1));
    ann().suspend("holiday");
    Report report = reconciler.reconcile();
    assertThat(report.remaining().get(0).block().message())
        .startsWith("suspended by ann at 2")
        .endsWith(": holiday");
    assertThat(report.remaining().get(0).block().unblock()).isEqualTo("resume");
  }

  @Test
  void aPinSaysUntilWhenAndEndsThen() throws IOException {
    git.declare("Topic/a", Map.of("partitions", 1));
    String first = git.headId();
    git.declare("Topic/a", Map.of("partitions", 2));
    Instant until = Instant.now().plus(HOUR);
    ann().pin(first, HOUR, "2 is broken");
    Report report = reconciler.reconcile();
    assertThat(live("a").partitions()).isEqualTo(1L);
    assertThat(report.plan().notes().toString())
        .contains(
            "Pinned to " + first + " by ann at ", ", until " + until.toString().substring(0, 13))
        .contains(": 2 is broken");
    ManualTiming later = new ManualTiming(); // of another year
    restart(listening().timing(later).executor(later.meanwhile::add));
    reconciler.reconcile();
    assertThat(live("a").partitions()).isEqualTo(2L);
  }

  @Test
  void anApprovalEnds() throws IOException {
    restart(listening().gate(Approval.required()));
    git.declare("Topic/a", Map.of("partitions", 1));
    ann().approve(digests(reconciler.reconcile()), HOUR, "looks good");
    ManualTiming later = new ManualTiming();
    restart(listening().gate(Approval.required()).timing(later).executor(later.meanwhile::add));
    assertThat(blocked(reconciler.reconcile())).isEqualTo(Reason.HELD);
    assertThat(live("a")).isNull();
  }

  @Test
  void anApprovalIsUsedUp() throws IOException {
    restart(listening().gate(Approval.required()));
    git.declare("Topic/a", Map.of("partitions", 1));
    ann().approve(digests(reconciler.reconcile()), HOUR, "looks good");
    assertThat(reconciler.reconcile().status()).isEqualTo(Status.CONVERGED);
    git.declare("Topic/a", Map.of("partitions", 2));
    ann().approve(digests(reconciler.reconcile()), HOUR, "better");
    reconciler.reconcile();
    target.as("bob").put(ResourceId.of("Topic", "a"), new Topic(1L, null));
    Report again = reconciler.reconcile();
    assertThat(blocked(again)).isEqualTo(Reason.HELD);
    assertThat(live("a").partitions()).isEqualTo(1L);
  }

  @Test
  void aConfirmationIsUsedUp() throws IOException {
    ReconcilerBuilder none = listening().allowDeletes(0);
    restart(none);
    git.declare("Topic/a", Map.of("partitions", 1));
    reconciler.reconcile();
    git.remove("Topic/a");
    Set<String> deletion = digests(reconciler.reconcile());
    ann().confirm(deletion, "really");
    reconciler.reconcile();
    assertThat(live("a")).isNull();
    git.declare("Topic/a", Map.of("partitions", 1));
    reconciler.reconcile();
    git.remove("Topic/a");
    assertThat(blocked(reconciler.reconcile())).isEqualTo(Reason.HELD);
    assertThat(live("a")).isNotNull();
  }

  @Test
  void adoptingOneKindLeavesWhatWasReleasedOfAnotherReleased() throws IOException {
    git.declare("Topic/a", Map.of("partitions", 1)).declare("Queue/q", Map.of("partitions", 1));
    reconciler.reconcile();
    ann().release(Selection.all(), "by hand from now on");
    reconciler.reconcile();
    assertThat(handled.get(0).result()).isEqualTo("released 2 resources");
    ann().adopt(Selection.kinds("Topic"), "ours again");
    reconciler.reconcile();
    git.remove("Topic/a", "Queue/q");
    reconciler.reconcile();
    assertThat(live("a")).isNull();
    assertThat(queues.log().live(ResourceId.of("Queue", "q"))).isPresent();
  }

  @Test
  void whatWasReleasedSaysByWhom() throws IOException {
    git.declare("Topic/a", Map.of("partitions", 1));
    reconciler.reconcile();
    ann().release(Selection.all(), "by hand from now on");
    Report report = reconciler.reconcile();
    assertThat(handled.get(0).result()).isEqualTo("released 1 resource");
    assertThat(report.remaining().get(0).block().message())
        .startsWith("was released by ann at 2")
        .endsWith(": by hand from now on");
  }

  @Test
  void whatConcernsNothingIsNoApprovalAndNoConfirmation() throws IOException {
    ann().approve(Set.of(), HOUR, "all");
    ann().confirm(Set.of(), "all");
    ann().confirm(Set.of("revision:r7"), "seen it");
    reconciler.reconcile();
    assertThat(handled)
        .extracting(ReconcileEvent.CommandHandled::result)
        .containsExactlyInAnyOrder(
            "refused: an approval needs the digests of changes",
            "refused: a confirmation needs the digests of changes, or a revision or target",
            "confirmed, for whatever these concern: revision:r7");
    assertThatThrownBy(() -> ann().approve(Set.of("d"), Duration.ofSeconds(-1), "late"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void anAdoptionConcernsWhatIsSelectedInTheNextCycleOnly() throws IOException {
    target.as("bob").put(ResourceId.of("Topic", "a"), new Topic(9L, null));
    git.declare("Topic/a", Map.of("partitions", 1));
    ann().adopt(Selection.kinds("Queue"), "these");
    assertThat(blocked(reconciler.reconcile())).isEqualTo(Reason.CONFLICT);
    ann().adopt(Selection.ids(ResourceId.of("Topic", "b")), "that");
    assertThat(blocked(reconciler.reconcile())).isEqualTo(Reason.CONFLICT);
    ann().adopt(Selection.all(), "whatever there is");
    reconciler.reconcile();
    assertThat(live("a").partitions()).isEqualTo(1L);
    target.as("bob").put(ResourceId.of("Topic", "b"), new Topic(9L, null));
    git.declare("Topic/b", Map.of("partitions", 1));
    assertThat(blocked(reconciler.reconcile())).isEqualTo(Reason.CONFLICT);
  }

  @Test
  void aRetryOfOneKindLeavesOthersAlone() throws IOException {
    creationsGo(name -> Fault.failing(new TerminalException("no")));
    git.declare("Topic/a", Map.of("partitions", 1));
    reconciler.reconcile();
    creationsGo(name -> Fault.NONE);
    ann().retry(Selection.kinds("Queue"), "they work again");
    reconciler.reconcile();
    assertThat(live("a")).isNull();
    ann().retry(Selection.kinds("Topic"), "so do these");
    reconciler.reconcile();
    assertThat(live("a")).isNotNull();
  }
}
