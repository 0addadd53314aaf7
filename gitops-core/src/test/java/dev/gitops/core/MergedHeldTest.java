// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gitops.core.contract.MemoryTarget;
import dev.gitops.core.model.Kind;
import dev.gitops.core.model.Report;
import dev.gitops.core.model.Report.Status;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.model.Revision;
import dev.gitops.core.model.Snapshot;
import dev.gitops.core.spi.HeldRevisionException;
import dev.gitops.core.spi.StateSource;
import dev.gitops.core.store.MemoryStateStore;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A history of two sources that are one, of which one holds a revision back. */
class MergedHeldTest {
  record Topic(@Nullable Long partitions) {}

  private static final ResourceId ORDERS = ResourceId.of("Topic", "orders");
  private static final ResourceId BILLS = ResourceId.of("Topic", "bills");

  private final Git shared = new Git();
  private final Git team = new Git();
  private final Set<String> untrusted = new HashSet<>();
  private final MemoryStateStore store = new MemoryStateStore();
  private final MemoryTarget<Topic> target = MemoryTarget.<Topic>options().build();
  private final Reconciler reconciler =
      Reconciler.builder(
              "topics",
              MergedStateSource.of("shared", new Ruled(shared)).and("team", new Ruled(team)))
          .route(Kind.of("Topic", Topic.class), target)
          .store(store)
          .allowDeletes(5)
          .build();

  /** Holds what is untrusted, unless a person has confirmed it. */
  private final class Ruled implements StateSource {
    private final Git git;

    Ruled(Git git) {
      this.git = git;
    }

    @Override
    public Snapshot fetch(@Nullable String revision) throws Exception {
      return git.fetch(revision);
    }

    @Override
    public Snapshot fetch(@Nullable String revision, @Nullable String accepted) throws Exception {
      String id = revision == null ? git.headId() : revision;
      if (untrusted.contains(id) && !id.equals(accepted)) {
        throw new HeldRevisionException(
            Revision.of(id), "it is not signed", "sign it, or confirm revision:" + id);
      }
      return git.fetch(revision);
    }

    @Override
    public String identity() {
      return "ruled";
    }
  }

  @AfterEach
  void close() {
    reconciler.close();
  }

  private @Nullable Long partitions(ResourceId id) {
    return target.log().live(id).map(live -> live.value().partitions()).orElse(null);
  }

  @Test
  void aPartThatIsHeldHoldsTheWholeUntilAPersonConfirmsIt() throws Exception {
    shared.declare(ORDERS.toString(), Map.of("partitions", 0));
    shared.declare(ORDERS.toString(), Map.of("partitions", 1));
    team.declare(BILLS.toString(), Map.of("partitions", 1));
    assertThat(reconciler.reconcile().status()).isEqualTo(Status.CONVERGED);

    shared.declare(ORDERS.toString(), Map.of("partitions", 2));
    team.declare(BILLS.toString(), Map.of("partitions", 2));
    untrusted.add(team.headId());
    Report held = reconciler.reconcile();

    assertThat(held.status()).isEqualTo(Status.HELD);
    assertThat(partitions(ORDERS)).isEqualTo(1);
    assertThat(partitions(BILLS)).isEqualTo(1);
    String text = held.plan().problems().toString();
    assertThat(text).contains("part 'team': it is not signed");
    String key = text.substring(text.indexOf("revision:"), text.indexOf(")]"));
    assertThat(key).endsWith("+team=" + team.headId());

    Commands.of(store, "topics", "ann").confirm(Set.of(key), "it is Bob's");
    assertThat(reconciler.reconcile().status()).isEqualTo(Status.CONVERGED);
    assertThat(partitions(BILLS)).isEqualTo(2);
    assertThat(partitions(ORDERS)).isEqualTo(2);
    assertThat(reconciler.reconcile().status()).isEqualTo(Status.CONVERGED);
  }
}
