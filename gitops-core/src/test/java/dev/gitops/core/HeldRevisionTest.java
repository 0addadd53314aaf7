// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gitops.core.contract.MemoryTarget;
import dev.gitops.core.model.Kind;
import dev.gitops.core.model.Report;
import dev.gitops.core.model.Report.Status;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.model.Revision;
import dev.gitops.core.model.Run;
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

/** Histories of a source whose rules hold some revisions back. */
class HeldRevisionTest {
  record Topic(@Nullable Long partitions) {}

  private static final ResourceId ORDERS = ResourceId.of("Topic", "orders");
  private static final ResourceId BILLS = ResourceId.of("Topic", "bills");

  private final Git git = new Git();
  private final Set<String> untrusted = new HashSet<>();
  private final MemoryStateStore store = new MemoryStateStore();
  private final MemoryTarget<Topic> target = MemoryTarget.<Topic>options().build();
  private Reconciler reconciler = start();

  /** Holds what is untrusted, unless a person has confirmed it. */
  private final class Ruled implements StateSource {
    @Override
    public Snapshot fetch(@Nullable String revision) throws Exception {
      return git.fetch(revision);
    }

    @Override
    public Snapshot fetch(@Nullable String revision, @Nullable String accepted) throws Exception {
      String id = revision == null ? git.headId() : revision;
      if (untrusted.contains(id) && !id.equals(accepted)) {
        throw new HeldRevisionException(Revision.of(id), "it is not signed", "sign it");
      }
      return git.fetch(revision);
    }

    @Override
    public String identity() {
      return "ruled";
    }
  }

  private Reconciler start() {
    return Reconciler.builder("topics", new Ruled())
        .route(Kind.of("Topic", Topic.class), target)
        .store(store)
        .allowDeletes(5)
        .build();
  }

  private void restart() {
    reconciler.close();
    reconciler = start();
  }

  @AfterEach
  void close() {
    reconciler.close();
  }

  private @Nullable Long partitions(ResourceId id) {
    return target.log().live(id).map(live -> live.value().partitions()).orElse(null);
  }

  @Test
  void aHeldRevisionChangesNothingAndDriftIsStillCorrected() {
    git.declare("Topic/orders", Map.of("partitions", 1));
    git.declare("Topic/bills", Map.of("partitions", 1));
    assertThat(reconciler.reconcile().status()).isEqualTo(Status.CONVERGED);

    git.declare("Topic/orders", Map.of("partitions", 99));
    git.remove("Topic/bills");
    untrusted.add(git.headId());
    target.put(ORDERS, new Topic(7L));
    Report report = reconciler.reconcile();

    assertThat(partitions(ORDERS)).isEqualTo(1);
    assertThat(partitions(BILLS)).isEqualTo(1);
    assertThat(report.status()).isEqualTo(Status.HELD);
    assertThat(report.plan().problems().toString())
        .contains(git.headId())
        .contains("it is not signed (sign it)");
  }

  @Test
  void whatWasAcceptedIsRememberedAcrossARestart() {
    git.declare("Topic/orders", Map.of("partitions", 1));
    reconciler.reconcile();
    git.declare("Topic/orders", Map.of("partitions", 99));
    untrusted.add(git.headId());
    restart();
    target.put(ORDERS, new Topic(7L));

    assertThat(reconciler.reconcile().status()).isEqualTo(Status.HELD);
    assertThat(partitions(ORDERS)).isEqualTo(1);
  }

  @Test
  void nothingIsDoneWhenNothingWasEverAccepted() {
    git.declare("Topic/orders", Map.of("partitions", 1));
    untrusted.add(git.headId());

    Report report = reconciler.reconcile();

    assertThat(report.status()).isEqualTo(Status.HELD);
    assertThat(partitions(ORDERS)).isNull();
  }

  @Test
  void nothingIsDeletedWhenWhatWasAcceptedIsHeldToo() {
    git.declare("Topic/orders", Map.of("partitions", 1));
    reconciler.reconcile();
    git.remove("Topic/orders");
    untrusted.add(git.headId());
    Reconciler strict =
        Reconciler.builder(
                "topics",
                new StateSource() {
                  @Override
                  public Snapshot fetch(@Nullable String revision) throws Exception {
                    String id = revision == null ? git.headId() : revision;
                    throw new HeldRevisionException(Revision.of(id), "no key is trusted", "");
                  }

                  @Override
                  public String identity() {
                    return "ruled";
                  }
                })
            .route(Kind.of("Topic", Topic.class), target)
            .store(store)
            .allowDeletes(5)
            .build();
    reconciler.close();
    try (strict) {
      assertThat(strict.reconcile().status()).isEqualTo(Status.HELD);
    }
    assertThat(partitions(ORDERS)).isEqualTo(1);
  }

  @Test
  void aConfirmedRevisionIsUsed() throws Exception {
    git.declare("Topic/orders", Map.of("partitions", 1));
    reconciler.reconcile();
    git.declare("Topic/orders", Map.of("partitions", 2));
    untrusted.add(git.headId());
    reconciler.reconcile();
    Commands commands = Commands.of(store, "topics", "ann");
    commands.confirm(Set.of("revision:" + git.headId()), "we rewrote it ourselves");

    assertThat(reconciler.reconcile().status()).isEqualTo(Status.CONVERGED);
    assertThat(partitions(ORDERS)).isEqualTo(2);
    restart();
    assertThat(reconciler.reconcile().status()).isEqualTo(Status.CONVERGED);
  }

  @Test
  void aRevisionThatAPersonNamesIsCheckedToo() {
    git.declare("Topic/orders", Map.of("partitions", 1));
    String first = git.headId();
    git.declare("Topic/orders", Map.of("partitions", 2));
    reconciler.reconcile();
    untrusted.add(first);

    assertThat(reconciler.reconcile(Run.all().at(first)).status()).isEqualTo(Status.HELD);
    assertThat(partitions(ORDERS)).isEqualTo(2);
  }
}
