// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gitops.core.contract.MemoryTarget;
import dev.gitops.core.model.Block.Reason;
import dev.gitops.core.model.Document;
import dev.gitops.core.model.Kind;
import dev.gitops.core.model.Metadata;
import dev.gitops.core.model.Origin;
import dev.gitops.core.model.Outcome;
import dev.gitops.core.model.Outcome.Result;
import dev.gitops.core.model.Problem;
import dev.gitops.core.model.Report;
import dev.gitops.core.model.Report.Status;
import dev.gitops.core.model.Resource;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.model.Revision;
import dev.gitops.core.model.Snapshot;
import dev.gitops.core.model.Tree;
import dev.gitops.core.spi.StateSource;
import dev.gitops.core.store.MemoryStateStore;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Histories of two reconcilers over one repository. */
class HandOverTest {
  record Topic(@Nullable Long partitions) {}

  private final ResourceId id = ResourceId.of("Topic", "orders");
  private final MemoryStateStore store = new MemoryStateStore();
  private final MemoryTarget<Topic> target = MemoryTarget.empty();
  private String revision = "r1";
  private final Map<String, Long> left = new java.util.TreeMap<>();
  private final Map<String, Long> right = new java.util.TreeMap<>();
  private final Set<String> broken = new TreeSet<>();
  private Reconciler one = reconciler("one", left);
  private final Reconciler two = reconciler("two", right);

  private Reconciler reconciler(String name, Map<String, Long> declared) {
    return Reconciler.builder(name, new Part(name, declared))
        .route(Kind.of("Topic", Topic.class), target)
        .store(store)
        .group("shop")
        .allowDeletes(5)
        .build();
  }

  /** One path of the repository. */
  private final class Part implements StateSource {
    private final String path;
    private final Map<String, Long> declared;

    Part(String path, Map<String, Long> declared) {
      this.path = path;
      this.declared = declared;
    }

    @Override
    public Snapshot fetch(@Nullable String selector) {
      List<Document> documents = new ArrayList<>();
      declared.forEach(
          (name, partitions) ->
              documents.add(
                  Document.of(
                      new Resource<>(
                          ResourceId.of("Topic", name),
                          Tree.of(Map.of("partitions", partitions)),
                          Metadata.DEFAULT,
                          Origin.file(path + "/topics.yaml")))));
      String file = path + "/topics.yaml";
      return broken.contains(path)
          ? new Snapshot(
              Revision.of(revision),
              List.of(),
              List.of(
                  Problem.hides(
                      Origin.file(file),
                      "Not YAML",
                      (hidden, known) -> known.isEmpty() || known.equals(file))))
          : new Snapshot(Revision.of(revision), documents, List.of());
    }

    @Override
    public String identity() {
      return "git:repo path=" + path;
    }
  }

  @AfterEach
  void close() {
    one.close();
    two.close();
  }

  private void bothAtFirst() {
    left.put("orders", 3L);
    one.reconcile();
    two.reconcile();
    assertThat(one.reconcile().status()).isEqualTo(Status.CONVERGED);
  }

  private void move() {
    left.clear();
    right.put("orders", 3L);
    revision = "r2";
  }

  private long writes() {
    return target.log().entries().size();
  }

  @Test
  void whatMovesIsHandedOverWhicheverRunsFirst() {
    bothAtFirst();
    move();
    Report waiting = one.reconcile();
    assertThat(waiting.remaining())
        .extracting(change -> change.block().reason())
        .containsExactly(Reason.WAITING);
    two.reconcile();
    Report handed = one.reconcile();
    assertThat(handed.outcome(id)).map(Outcome::result).contains(Result.HANDED_OVER);
    assertThat(two.reconcile().status()).isEqualTo(Status.CONVERGED);
    assertThat(writes()).isEqualTo(1); // only the creation
    right.clear();
    revision = "r3";
    two.reconcile();
    one.reconcile();
    two.reconcile();
    assertThat(target.log().live(id)).isEmpty(); // it came with the right to delete it
  }

  @Test
  void theNewOwnerMayChangeItAtOnce() {
    bothAtFirst();
    move();
    right.put("orders", 9L);
    assertThat(two.reconcile().status()).isEqualTo(Status.HELD);
    one.reconcile();
    assertThat(two.reconcile().status()).isEqualTo(Status.CONVERGED);
    assertThat(target.log().live(id).orElseThrow().value()).isEqualTo(new Topic(9L));
  }

  @Test
  void whatNobodyClaimsIsDeletedOnceAllAreAtTheRevision() {
    bothAtFirst();
    left.clear();
    revision = "r2";
    one.reconcile();
    assertThat(target.log().live(id)).isPresent();
    two.reconcile();
    one.reconcile();
    assertThat(target.log().live(id)).isEmpty();
  }

  @Test
  void aSiblingThatIsGoneIsWaitedForUntilSomebodyConfirms() throws Exception {
    bothAtFirst();
    left.clear();
    revision = "r2";
    Report held = one.reconcile();
    assertThat(held.remaining().get(0).block().message()).contains("two");
    Commands.of(store, "one", "ann")
        .confirm(Set.of(held.remaining().get(0).digest()), "two is retired");
    one.reconcile();
    assertThat(target.log().live(id)).isEmpty();
  }

  @Test
  void aCrashBetweenTellingAndForgettingLosesNothing() {
    bothAtFirst();
    move();
    two.reconcile();
    one.reconcile();
    one.close();
    one = reconciler("one", left);
    one.reconcile();
    assertThat(two.reconcile().status()).isEqualTo(Status.CONVERGED);
    assertThat(writes()).isEqualTo(1);
  }

  @Test
  void whatComesBackFromASiblingThatHadCreatedItAgainIsNotDeleted() {
    bothAtFirst();
    target.as("alice").remove(id);
    move();
    two.reconcile(); // creates it, and one, which knows of its own only, does not look
    left.put("orders", 3L);
    right.clear();
    revision = "r3";
    one.reconcile();
    two.reconcile();
    assertThat(target.log().live(id)).isPresent();
    assertThat(two.reconcile().plan().inSync()).isTrue();
    assertThat(one.reconcile().status()).isEqualTo(Status.CONVERGED);
  }

  @Test
  void whatWasHandedOverIsNotDeletedWhileTheNewOwnersFileIsBroken() {
    bothAtFirst();
    move();
    one.reconcile();
    two.reconcile();
    assertThat(one.reconcile().outcome(id)).map(Outcome::result).contains(Result.HANDED_OVER);
    broken.add("two");
    Report report = two.reconcile();
    assertThat(report.remaining())
        .extracting(change -> change.block().reason())
        .containsExactly(Reason.UNKNOWN);
    assertThat(target.log().live(id)).isPresent();
  }
}
