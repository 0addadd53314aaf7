// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gitops.core.model.Block;
import dev.gitops.core.model.Change;
import dev.gitops.core.model.Change.Action;
import dev.gitops.core.model.Origin;
import dev.gitops.core.model.Plan;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.model.Revision;
import dev.gitops.core.model.Run;
import dev.gitops.core.spi.Gate;
import dev.gitops.core.spi.Review;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class GatesTest {
  private static final Instant NOW = Instant.parse("2026-11-23T12:00:00Z");

  @Test
  void deletionsUpToTheLimitPassAndAboveItAllAreHeld() throws Exception {
    assertThat(review(DeletionLimit.of(3), facts(), deletions(3))).isEmpty();
    assertThat(review(DeletionLimit.of(3), facts(), deletions(4)))
        .hasSize(4)
        .allSatisfy(
            verdict -> {
              assertThat(verdict.severity()).isEqualTo(Review.Severity.HOLD);
              assertThat(verdict.message())
                  .isEqualTo("4 deletions are planned within one hour, where 3 are allowed");
              assertThat(verdict.unblock())
                  .isEqualTo("confirm deletes by digest, or raise allowDeletes");
            });
  }

  @Test
  void aLimitOfZeroHoldsTheFirst() throws Exception {
    assertThat(review(DeletionLimit.of(0), facts(), deletions(0))).isEmpty();
    assertThat(review(DeletionLimit.of(0), facts(), deletions(1)))
        .extracting(Review.Verdict::message)
        .containsExactly("1 deletion is planned within one hour, where 0 are allowed");
  }

  @Test
  void replacementsCountAndOtherChangesDoNot() throws Exception {
    List<Change> changes =
        List.of(
            change("a", Action.REPLACE),
            change("b", Action.DELETE),
            change("c", Action.CREATE),
            change("d", Action.UPDATE));
    assertThat(review(DeletionLimit.of(1), facts(), changes))
        .extracting(verdict -> verdict.change().id().name())
        .containsExactly("a", "b");
    assertThat(review(DeletionLimit.of(2), facts(), changes)).isEmpty();
  }

  @Test
  void whatWasDeletedWithinTheWindowCounts() throws Exception {
    Review.Facts facts =
        facts(100, NOW.minusSeconds(3599), NOW.minusSeconds(3600), NOW.minusSeconds(7000));
    assertThat(review(DeletionLimit.of(3), facts, deletions(2))).isEmpty();
    assertThat(review(DeletionLimit.of(2), facts, deletions(2)))
        .extracting(Review.Verdict::message)
        .containsOnly("2 deletions are planned and 1 made within one hour, where 2 are allowed");
    assertThat(review(DeletionLimit.of(4).per(Duration.ofHours(2)), facts, deletions(2)))
        .hasSize(2);
    assertThat(review(DeletionLimit.of(5).per(Duration.ofHours(2)), facts, deletions(2))).isEmpty();
  }

  @Test
  void confirmedDeletionsPassAndAreNotCountedBeforeTheyAreMade() throws Exception {
    Review.Facts facts =
        new Review.Facts(NOW, 100, List.of(), Set.of(), Set.of("digest-0", "digest-1"));
    assertThat(review(DeletionLimit.of(0), facts, deletions(3)))
        .extracting(verdict -> verdict.change().digest())
        .containsExactly("digest-2");
    assertThat(review(DeletionLimit.of(1), facts, deletions(3))).isEmpty();
  }

  @Test
  void aShareBoundsSmallEstates() throws Exception {
    DeletionLimit tenth = DeletionLimit.of(50).share(0.1);
    assertThat(review(tenth, facts(30), deletions(3))).isEmpty();
    assertThat(review(tenth, facts(30), deletions(4))).hasSize(4);
    assertThat(review(tenth, facts(29), deletions(3))).hasSize(3);
    assertThat(review(tenth, facts(9), deletions(1))).hasSize(1);
    assertThat(review(tenth, facts(10_000), deletions(50))).isEmpty();
    assertThat(review(tenth, facts(10_000), deletions(51))).hasSize(51);
    assertThat(review(tenth, facts(29, NOW.minusSeconds(1)), deletions(2)))
        .as("what was just deleted belongs to the 30 that were managed")
        .isEmpty();
  }

  @Test
  void whatTheEngineBlocksAlreadyIsNotCounted() throws Exception {
    List<Change> changes = new ArrayList<>(deletions(1));
    changes.add(
        change("blocked", Action.DELETE)
            .withBlock(new Block(Block.Reason.UNKNOWN, "unreadable", NOW, "")));
    assertThat(review(DeletionLimit.of(1), facts(), changes)).isEmpty();
  }

  @Test
  void limitsThatMakeNoSenseAreRefused() {
    assertThatThrownBy(() -> DeletionLimit.of(-1)).isInstanceOf(IllegalArgumentException.class);
    for (double share : new double[] {0, -0.1, 1.01, Double.NaN}) {
      assertThatThrownBy(() -> DeletionLimit.of(1).share(share))
          .isInstanceOf(IllegalArgumentException.class);
    }
    for (Duration window :
        List.of(Duration.ZERO, Duration.ofSeconds(-1), Duration.ofDays(30).plusNanos(1))) {
      assertThatThrownBy(() -> DeletionLimit.of(1).per(window))
          .isInstanceOf(IllegalArgumentException.class);
    }
    assertThat(DeletionLimit.of(1).per(Duration.ofDays(30)).share(1)).isNotNull();
  }

  @Test
  void whatIsNotApprovedIsHeld() throws Exception {
    Review.Facts facts = new Review.Facts(NOW, 100, List.of(), Set.of("digest-a"), Set.of());
    List<Change> changes = List.of(change("a", Action.CREATE), change("b", Action.UPDATE));
    assertThat(review(Approval.required(), facts, changes))
        .extracting(verdict -> verdict.change().digest())
        .containsExactly("digest-b");
    assertThat(review(Approval.forChanges(Change::destructive), facts, changes)).isEmpty();
  }

  @Test
  void whatIsOnlyObservedIsNeitherHeldNorRefused() throws Exception {
    List<Change> changes = List.of(change("a", Action.CREATE), change("b", Action.DELETE));
    assertThat(review(Observe.everything(), facts(), changes))
        .extracting(Review.Verdict::severity)
        .containsExactly(Review.Severity.OBSERVE, Review.Severity.OBSERVE);
    assertThat(review(Observe.changes(Change::destructive), facts(), changes))
        .extracting(verdict -> verdict.change().id().name())
        .containsExactly("b");
  }

  @Test
  void whatIsOutsideOfTheBoundaryIsRefused() throws Exception {
    Change other = change(ResourceId.of("Role", "shop", "a"), Action.CREATE);
    Change inside = change(ResourceId.of("Topic", "shop", "shop-a"), Action.CREATE);
    Change elsewhere = change(ResourceId.of("Topic", "bank", "shop-a"), Action.DELETE);
    Change misnamed = change(ResourceId.of("Topic", "shop", "my-shop-a"), Action.CREATE);
    List<Review.Verdict> verdicts =
        review(
            Boundary.kinds("Topic").in("shop").names("shop-.*"),
            facts(),
            List.of(other, inside, elsewhere, misnamed));
    assertThat(verdicts).extracting(Review.Verdict::severity).containsOnly(Review.Severity.REFUSE);
    assertThat(verdicts)
        .extracting(Review.Verdict::message)
        .containsExactly(
            "Outside of this reconciler's boundary: kind Role is not one of [Topic]",
            "Outside of this reconciler's boundary: scope 'bank' is not one of [shop]",
            "Outside of this reconciler's boundary: the name does not match shop-.*");
    assertThat(review(Boundary.scopes("shop"), facts(), List.of(other, inside, elsewhere)))
        .hasSize(1);
    assertThat(
            review(
                Boundary.kinds("Topic"),
                facts(),
                List.of(change(ResourceId.of("Topic", "a\nb"), Action.CREATE))))
        .isEmpty();
  }

  private static List<Review.Verdict> review(Gate gate, Review.Facts facts, List<Change> changes)
      throws Exception {
    Plan plan =
        new Plan("r", Run.all(), Revision.of("1"), Map.of(), NOW, changes, List.of(), 0, List.of());
    Review review = new Review(plan, facts);
    gate.review(review);
    return review.verdicts();
  }

  private static Review.Facts facts(Instant... deletions) {
    return facts(100, deletions);
  }

  private static Review.Facts facts(int managed, Instant... deletions) {
    return new Review.Facts(NOW, managed, Arrays.asList(deletions), Set.of(), Set.of());
  }

  private static List<Change> deletions(int count) {
    List<Change> changes = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      changes.add(change(String.valueOf(i), Action.DELETE));
    }
    return changes;
  }

  private static Change change(String name, Action action) {
    return change(ResourceId.of("Topic", name), action);
  }

  private static Change change(ResourceId id, Action action) {
    return new Change(
        id,
        action,
        Change.Cause.DECLARED,
        List.of(),
        "digest-" + id.name(),
        null,
        List.of(),
        Origin.NONE);
  }
}
