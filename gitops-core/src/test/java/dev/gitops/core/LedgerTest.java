// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gitops.core.Owned.State;
import dev.gitops.core.model.Metadata.OnRemoval;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.model.Tree;
import dev.gitops.core.spi.StateStore;
import dev.gitops.core.spi.StateStore.Session;
import dev.gitops.core.spi.StateStore.Stored;
import dev.gitops.core.spi.StateStore.Write;
import dev.gitops.core.spi.Timing;
import dev.gitops.core.store.MemoryStateStore;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a ledger writes, in which commits, and what it knows after one of them has failed. */
class LedgerTest {
  private final MemoryStateStore store = new MemoryStateStore();
  private final List<List<Write>> commits = new ArrayList<>();
  private int failing = -1;
  private @Nullable String unreadable;
  private Ledger ledger;
  private Writer writer;

  @BeforeEach
  void open() throws Exception {
    ledger = Ledger.open(new Watched(store), "test");
    writer = new Writer(ledger.session(), true, null, Timing.system(), "me");
    assertThat(writer.acquire()).isTrue();
    ledger.refresh(false);
    commits.clear();
  }

  @AfterEach
  void close() throws IOException {
    ledger.close();
  }

  private static ResourceId id(int i) {
    return ResourceId.of("Topic", "orders-" + i);
  }

  private static Owned owned(int i) {
    return new Owned(
        id(i),
        State.CREATED,
        "d" + i,
        null,
        null,
        List.of(),
        0,
        OnRemoval.DELETE,
        "",
        Map.of(),
        null);
  }

  private Ledger.Batch batch(int resources, String spec) {
    Ledger.Batch batch = ledger.batch();
    Tree applied = Tree.of(Map.of("spec", spec));
    IntStream.range(0, resources).forEach(i -> batch.own(owned(i), applied));
    return batch;
  }

  @Test
  void aBatchOfMoreThanAStoreTakesIsWrittenInSeveralFencedCommits() throws Exception {
    batch(70_000, "").commit(writer);

    assertThat(commits).hasSizeGreaterThan(1);
    assertThat(commits).allSatisfy(commit -> assertThat(commit).contains(writer.fence()));
    assertThat(ledger.inventory()).hasSize(70_000);
    ledger.refresh(true);
    assertThat(ledger.inventory()).hasSize(70_000);
  }

  @Test
  void aBatchOfMoreTextThanACommitShouldHaveIsSplit() throws Exception {
    batch(40, "x".repeat(1_000_000)).commit(writer);

    assertThat(commits)
        .hasSizeGreaterThan(1)
        .allSatisfy(
            commit ->
                assertThat(commit.stream().mapToLong(LedgerTest::chars).sum())
                    .isLessThan(20_000_000));
  }

  private static long chars(Write write) {
    return write.value() == null ? 0 : write.value().length();
  }

  @Test
  void whatBelongsToOneResourceIsNeverSplit() throws Exception {
    Ledger.Batch batch = ledger.batch().control("one", Tree.of("shifts the pairs by one"));
    IntStream.range(0, 60_000).forEach(i -> batch.own(owned(i), Tree.EMPTY));
    batch.commit(writer);

    assertThat(commits).hasSizeGreaterThan(1);
    for (List<Write> commit : commits) {
      long owned = commit.stream().filter(write -> write.table().equals("owned")).count();
      long applied = commit.stream().filter(write -> write.table().equals("applied")).count();
      assertThat(owned).isEqualTo(applied);
    }
  }

  @Test
  void afterAFailedCommitItReadsWhatIsThere() throws Exception {
    failing = 1;

    assertThatThrownBy(() -> batch(70_000, "").commit(writer)).hasMessage("disk full");

    ledger.refresh(false);
    assertThat(ledger.inventory()).hasSize(commits.get(0).size() / 2);
  }

  @Test
  void whatAnotherWriterChangedIsReadAlthoughReadingItFailedAtFirst() throws Exception {
    batch(1, "").commit(writer);
    ledger.session().commit(List.of(Write.delete("owned", id(0).toString(), Write.ANY)));
    unreadable = "control";
    assertThatThrownBy(() -> ledger.refresh(true)).hasMessage("connection reset");
    unreadable = null;

    ledger.refresh(false);
    assertThat(ledger.inventory()).isEmpty();
  }

  @Test
  void aBatchOfNothingWritesNothing() throws Exception {
    ledger.batch().commit(writer);

    assertThat(commits).isEmpty();
  }

  /** Sees every commit, and lets one of them fail. */
  private final class Watched implements StateStore {
    private final StateStore real;

    Watched(StateStore real) {
      this.real = real;
    }

    @Override
    public Session open(String namespace) throws IOException {
      Session session = real.open(namespace);
      return new Session() {
        @Override
        public Optional<Stored> read(String table, String key) throws IOException {
          return session.read(table, key);
        }

        @Override
        public void scan(String table, Consumer<Stored> each) throws IOException {
          if (table.equals(unreadable)) {
            throw new IOException("connection reset");
          }
          session.scan(table, each);
        }

        @Override
        public long commit(List<Write> writes) throws IOException {
          if (commits.size() == failing) {
            throw new IOException("disk full");
          }
          commits.add(writes);
          return session.commit(writes);
        }

        @Override
        public void close() throws IOException {
          session.close();
        }
      };
    }

    @Override
    public Inbox inbox(String namespace) throws IOException {
      return real.inbox(namespace);
    }

    @Override
    public boolean exclusive() {
      return real.exclusive();
    }
  }
}
