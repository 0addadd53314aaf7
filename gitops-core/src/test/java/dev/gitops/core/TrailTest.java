// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gitops.core.contract.MemoryTarget;
import dev.gitops.core.model.Document;
import dev.gitops.core.model.Kind;
import dev.gitops.core.model.Live;
import dev.gitops.core.model.Observed;
import dev.gitops.core.model.Report.Status;
import dev.gitops.core.model.Resource;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.model.Revision;
import dev.gitops.core.model.Snapshot;
import dev.gitops.core.model.Tree;
import dev.gitops.core.spi.ReadScope;
import dev.gitops.core.spi.StateSource;
import dev.gitops.core.spi.StateStore.Session;
import dev.gitops.core.spi.StateStore.Stored;
import dev.gitops.core.spi.Target;
import dev.gitops.core.spi.Written;
import dev.gitops.core.store.MemoryStateStore;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What a store tells of a cycle's writes, during it, after it, and after a crash. */
class TrailTest {
  private static final String LONG_NAME = "x".repeat(900);

  record Topic(int partitions) {}

  private final MemoryStateStore store = new MemoryStateStore();
  private final MemoryTarget<Topic> memory = MemoryTarget.empty();
  private int resources;
  private boolean crash;

  /** A source with so many topics. */
  private final class Many implements StateSource {
    @Override
    public Snapshot fetch(@Nullable String revision) {
      List<Document> documents =
          IntStream.range(0, resources).mapToObj(TrailTest::document).toList();
      return new Snapshot(
          new Revision("r" + resources, "ann", "ann", null, ""), documents, List.of());
    }

    @Override
    public String identity() {
      return "many";
    }
  }

  private static Document document(int i) {
    ResourceId id = ResourceId.of("Topic", LONG_NAME + i);
    return Document.of(Resource.of(id, Tree.of(Map.of("partitions", 12))));
  }

  /** A target under which the process dies. */
  private final class Deadly implements Target<Topic> {
    @Override
    public Live<Topic> read(ReadScope scope) throws Exception {
      return memory.read(scope);
    }

    @Override
    public Written create(Resource<Topic> desired) throws Exception {
      if (crash) {
        throw new Error("the process dies");
      }
      return memory.create(desired);
    }

    @Override
    public Written update(Observed<Topic> live, Resource<Topic> desired) throws Exception {
      return memory.update(live, desired);
    }

    @Override
    public void delete(Observed<Topic> live) throws Exception {
      memory.delete(live);
    }
  }

  private Reconciler reconciler() {
    return Reconciler.builder("topics", new Many())
        .route(Kind.of("Topic", Topic.class), new Deadly())
        .store(store)
        .allowDeletes(100_000)
        .build();
  }

  private Map<String, Tree> trail() throws IOException {
    Map<String, Tree> records = new TreeMap<>();
    try (Session session = store.open("topics")) {
      for (Stored record : records(session)) {
        records.put(record.key(), Ledger.json(record.value()));
      }
    }
    return records;
  }

  private static List<Stored> records(Session session) throws IOException {
    List<Stored> records = new ArrayList<>();
    session.scan("trail", records::add);
    return records;
  }

  private static List<Object> changes(Map<String, Tree> trail, String name) {
    List<Object> changes = new ArrayList<>();
    trail.forEach(
        (key, record) -> {
          if (key.startsWith(name + "/")) {
            changes.addAll(record.at("/changes").orElseThrow().items());
          }
        });
    return changes;
  }

  @Test
  void aFirstSyncMayBeLargerThanARecordOfAStore() throws Exception {
    resources = 20_000; // their ids alone are 18 M characters, and a record takes 16 M

    try (Reconciler reconciler = reconciler()) {
      assertThat(reconciler.reconcile().status()).isEqualTo(Status.CONVERGED);
    }

    Map<String, Tree> trail = trail();
    assertThat(changes(trail, "open")).isEmpty();
    assertThat(changes(trail, "last")).hasSize(20_000);
    assertThat(trail.get("last").at("/changes")).contains(Tree.of(20_000));
    assertThat(trail.get("last").at("/revision")).contains(Tree.of("r20000"));
    assertThat(trail.get("last").at("/author")).contains(Tree.of("ann"));
  }

  @Test
  void whatIsWrittenIsRememberedWithItsDigestAndResult() throws Exception {
    resources = 1;

    String digest;
    try (Reconciler reconciler = reconciler()) {
      digest = reconciler.reconcile().plan().changes().get(0).digest();
    }

    Map<String, String> entry =
        Map.of(
            "id",
            "Topic/" + LONG_NAME + "0",
            "action",
            "CREATE",
            "digest",
            digest,
            "result",
            "APPLIED");
    assertThat(changes(trail(), "last")).containsExactly(entry);
  }

  @Test
  void aShorterCycleLeavesNothingOfALongerOne() throws Exception {
    resources = 3_000;
    try (Reconciler reconciler = reconciler()) {
      reconciler.reconcile();
      resources = 3_001;
      reconciler.reconcile();
    }

    assertThat(trail()).containsOnlyKeys("last", "last/0");
    assertThat(changes(trail(), "last")).hasSize(1);
  }

  @Test
  void afterACrashTheIntentsAreThereAndTheNextCycleSaysSo() throws Exception {
    resources = 3_000;
    crash = true;
    try (Reconciler reconciler = reconciler()) {
      assertThatThrownBy(reconciler::reconcile).hasMessage("the process dies");
    }
    assertThat(changes(trail(), "open")).hasSize(3_000);

    crash = false;
    resources = 2;
    try (Reconciler reconciler = reconciler()) {
      assertThat(reconciler.reconcile().plan().notes())
          .anyMatch(note -> note.contains("was interrupted; what came of its 3000 changes"));
      assertThat(reconciler.reconcile().plan().notes()).isEmpty();
    }
    assertThat(trail()).containsOnlyKeys("last", "last/0");
  }
}
