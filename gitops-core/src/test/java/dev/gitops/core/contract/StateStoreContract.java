// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gitops.core.spi.StateStore;
import dev.gitops.core.spi.StateStore.Inbox;
import dev.gitops.core.spi.StateStore.Session;
import dev.gitops.core.spi.StateStore.StaleRecordException;
import dev.gitops.core.spi.StateStore.Stored;
import dev.gitops.core.spi.StateStore.Write;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What every {@link StateStore} promises, one sentence a test. The author of a store extends this
 * class and says how to come by a store. Random histories are part of it: a failure names its seed,
 * which {@code -Dgitops.store.seed=…} runs again; {@code -Dgitops.store.histories=…} says how many
 * are tried.
 */
public abstract class StateStoreContract extends StateStoreConcurrencyTests {
  private StateStore store;

  @BeforeEach
  final void openStore() throws Exception {
    store = open();
  }

  @AfterEach
  final void closeStore() {
    store.close();
  }

  private void restart() throws Exception {
    store.close();
    store = reopen();
  }

  @Test
  void aNamespaceThatNobodyWroteToIsEmpty() throws Exception {
    try (Session session = store.open("topics")) {
      assertThat(session.read("owned", "a")).isEmpty();
      assertThat(all(session, "owned")).isEmpty();
    }
  }

  @Test
  void whatWasCommittedIsReadBackNowAndAfterARestart() throws Exception {
    long version;
    try (Session session = store.open("topics")) {
      version = session.commit(List.of(Write.put("owned", "a", Write.ABSENT, "{\"x\":1}")));
      assertThat(session.read("owned", "a")).contains(new Stored("a", version, "{\"x\":1}"));
    }
    restart();
    try (Session session = store.open("topics")) {
      assertThat(session.read("owned", "a")).contains(new Stored("a", version, "{\"x\":1}"));
    }
  }

  @Test
  void tablesAndNamespacesAreApart() throws Exception {
    try (Session one = store.open("topics");
        Session two = store.open("Topics")) {
      one.commit(List.of(put("owned", "a", "1"), put("runs", "a", "2")));
      two.commit(List.of(put("owned", "a", "3"), put("Owned", "a", "4"), put("owned", "A", "5")));
      assertThat(all(one, "owned")).containsExactly(Map.entry("a", "1"));
      assertThat(all(one, "runs")).containsExactly(Map.entry("a", "2"));
      assertThat(all(two, "owned")).containsExactly(Map.entry("A", "5"), Map.entry("a", "3"));
      assertThat(all(two, "Owned")).containsExactly(Map.entry("a", "4"));
    }
  }

  @Test
  void namesAndValuesAreExactText() throws Exception {
    List<String> texts =
        List.of(
            "../../etc/passwd",
            "a/b",
            "a%2Fb",
            "A",
            "a",
            "a ",
            " a",
            "ä",
            "a\u0308",
            "\uD83D\uDE00");
    for (String text : texts) {
      try (Session session = store.open(text)) {
        assertThat(all(session, "t")).as(text).isEmpty();
        session.commit(texts.stream().map(key -> put("t", key, text + key)).toList());
      }
    }
    restart();
    for (String text : texts) {
      Map<String, String> expected = new TreeMap<>();
      texts.forEach(key -> expected.put(key, text + key));
      try (Session session = store.open(text)) {
        assertThat(all(session, "t")).isEqualTo(expected);
      }
    }
  }

  @Test
  void longNamesAndLongAndEmptyValuesAreKept() throws Exception {
    String name = "ü".repeat(1_024);
    String value = "é😀".repeat(100_000);
    try (Session session = store.open(name)) {
      session.commit(List.of(put(name, name, value), put(name, "empty", "")));
    }
    restart();
    try (Session session = store.open(name)) {
      assertThat(session.read(name, name).orElseThrow().value()).isEqualTo(value);
      assertThat(session.read(name, "empty").orElseThrow().value()).isEmpty();
      assertThat(all(session, name)).containsOnlyKeys("empty", name);
    }
  }

  @Test
  void whatNoStoreCanKeepIsRefusedAndChangesNothing() throws Exception {
    String tooLong = "x".repeat(1_025);
    Inbox inbox = store.inbox("topics");
    try (Session session = store.open("topics")) {
      for (String bad : List.of("", tooLong, "a\u0000", "\uD83D", "\uDE00\uD83D")) {
        assertThatIllegalArgumentException().isThrownBy(() -> store.open(bad));
        assertThatIllegalArgumentException().isThrownBy(() -> store.inbox(bad));
        assertThatIllegalArgumentException().isThrownBy(() -> inbox.append(bad, "m"));
        Write fine = put("t", "fine", "v");
        assertThatIllegalArgumentException()
            .isThrownBy(() -> session.commit(List.of(fine, put("t", bad, "v"))));
        assertThatIllegalArgumentException()
            .isThrownBy(() -> session.commit(List.of(fine, put(bad, "k", "v"))));
      }
      assertThatIllegalArgumentException()
          .isThrownBy(() -> session.commit(List.of(put("t", "k", "a\u0000b"))));
      assertThatIllegalArgumentException()
          .isThrownBy(() -> inbox.append("m", "x".repeat((1 << 20) + 1)));
      assertThatIllegalArgumentException()
          .isThrownBy(() -> session.commit(List.of(put("t", "k", "1"), put("t", "k", "2"))));
      assertThat(all(session, "t")).isEmpty();
      assertThat(inbox.read()).isEmpty();
    }
  }

  @Test
  void versionsGrowWithEveryCommitEvenAfterADeletionAndARestart() throws Exception {
    long first;
    long second;
    try (Session session = store.open("topics")) {
      first = session.commit(List.of(put("t", "a", "1"), put("t", "b", "1")));
      assertThat(session.read("t", "b").orElseThrow().version()).isEqualTo(first);
      second = session.commit(List.of(Write.delete("t", "a", first)));
      assertThat(second).isGreaterThan(first);
    }
    restart();
    try (Session session = store.open("topics")) {
      long third = session.commit(List.of(Write.put("t", "a", Write.ABSENT, "1")));
      assertThat(third).isGreaterThan(second);
      assertThat(session.read("t", "b").orElseThrow().version()).isEqualTo(first);
    }
  }

  @Test
  void aConditionThatDoesNotHoldStopsTheWholeCommit() throws Exception {
    try (Session session = store.open("topics")) {
      long old = session.commit(List.of(put("t", "a", "1")));
      long now = session.commit(List.of(put("t", "a", "2")));
      List<Write> wrong =
          List.of(
              Write.put("t", "a", Write.ABSENT, "x"),
              Write.put("t", "a", old, "x"),
              Write.put("t", "none", now, "x"),
              Write.delete("t", "a", Write.ABSENT),
              Write.delete("t", "a", old),
              Write.delete("t", "none", now),
              Write.check("t", "a", Write.ABSENT),
              Write.check("t", "a", old),
              Write.check("t", "none", now));
      for (Write write : wrong) {
        assertThatThrownBy(() -> session.commit(List.of(put("t", "b", "x"), write)))
            .as(write.toString())
            .isInstanceOf(StaleRecordException.class)
            .hasMessageContaining("t/" + write.key());
        assertThatThrownBy(() -> session.commit(List.of(write, put("t", "b", "x"))))
            .isInstanceOf(StaleRecordException.class);
      }
      assertThat(all(session, "t")).containsExactly(Map.entry("a", "2"));
      assertThat(session.read("t", "a").orElseThrow().version()).isEqualTo(now);
    }
  }

  @Test
  void aConditionThatHoldsLetsTheCommitThrough() throws Exception {
    try (Session session = store.open("topics")) {
      long one = session.commit(List.of(put("t", "a", "1"), put("t", "b", "1")));
      long two =
          session.commit(
              List.of(
                  Write.put("t", "a", one, "2"),
                  Write.delete("t", "b", one),
                  Write.check("t", "c", Write.ABSENT),
                  Write.delete("t", "d", Write.ABSENT),
                  Write.check("t", "e", Write.ANY),
                  Write.delete("t", "f", Write.ANY)));
      assertThat(all(session, "t")).containsExactly(Map.entry("a", "2"));
      session.commit(List.of(Write.check("t", "a", two), Write.put("t", "a", two, "3")));
      assertThat(all(session, "t")).containsExactly(Map.entry("a", "3"));
    }
  }

  @Test
  void conditionsAreCheckedAgainstTheStateBeforeTheCommit() throws Exception {
    try (Session session = store.open("topics")) {
      session.commit(
          List.of(Write.put("t", "a", Write.ABSENT, "1"), Write.check("t", "a", Write.ABSENT)));
      assertThat(all(session, "t")).containsExactly(Map.entry("a", "1"));
    }
  }

  @Test
  void aCommitOfChecksAloneGivesTheNewestVersion() throws Exception {
    try (Session session = store.open("topics")) {
      assertThat(session.commit(List.of())).isZero();
      long version = session.commit(List.of(put("t", "a", "1")));
      assertThat(session.commit(List.of(Write.check("t", "a", version)))).isEqualTo(version);
      assertThat(session.commit(List.of())).isEqualTo(version);
    }
  }

  @Test
  void aScanMayUseItsSession() throws Exception {
    try (Session session = store.open("topics")) {
      session.commit(List.of(put("t", "a", "1"), put("t", "b", "1")));
      Map<String, String> seen = new TreeMap<>();
      session.scan(
          "t",
          stored -> {
            seen.put(stored.key(), stored.value());
            try {
              session.commit(List.of(put("t", "a", "2"), put("t", "b", "2")));
              assertThat(session.read("t", "a").orElseThrow().value()).isEqualTo("2");
            } catch (IOException e) {
              throw new AssertionError(e);
            }
          });
      assertThat(seen).containsExactly(Map.entry("a", "1"), Map.entry("b", "1"));
    }
  }

  @Test
  void whatTheConsumerThrowsEndsTheScanAndHarmsNothing() throws Exception {
    try (Session session = store.open("topics")) {
      session.commit(List.of(put("t", "a", "1")));
      assertThatThrownBy(
              () ->
                  session.scan(
                      "t",
                      stored -> {
                        throw new IllegalStateException("enough");
                      }))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("enough");
      assertThat(all(session, "t")).hasSize(1);
    }
  }

  @Test
  void aClosedSessionDoesNothingAnyMore() throws Exception {
    Session session = store.open("topics");
    session.commit(List.of(put("t", "a", "1")));
    session.close();
    session.close();
    assertThatThrownBy(() -> session.read("t", "a")).isInstanceOf(IOException.class);
    assertThatThrownBy(() -> session.scan("t", stored -> {})).isInstanceOf(IOException.class);
    assertThatThrownBy(() -> session.commit(List.of(put("t", "a", "2"))))
        .isInstanceOf(IOException.class);
    try (Session next = store.open("topics")) {
      assertThat(all(next, "t")).containsExactly(Map.entry("a", "1"));
      session.close();
      next.commit(List.of(put("t", "a", "3")));
    }
  }

  @Test
  void aSecondSessionIsRefusedOrSeesEverythingAtOnce() throws Exception {
    try (Session session = store.open("topics")) {
      if (store.exclusive()) {
        assertThatThrownBy(() -> store.open("topics"))
            .isInstanceOf(IOException.class)
            .hasMessageContaining("topics");
        session.commit(List.of(put("t", "a", "1")));
      } else {
        try (Session second = store.open("topics")) {
          long version = session.commit(List.of(put("t", "a", "1")));
          assertThat(second.read("t", "a")).contains(new Stored("a", version, "1"));
          assertThatThrownBy(() -> second.commit(List.of(Write.delete("t", "a", Write.ABSENT))))
              .isInstanceOf(StaleRecordException.class);
        }
      }
    }
    store.open("topics").close();
  }

  @Test
  void interruptedThreadsCommitAndReadAllTheSame() throws Exception {
    try (Session session = store.open("topics")) {
      Thread.currentThread().interrupt();
      session.commit(List.of(put("t", "a", "1")));
      assertThat(session.read("t", "a").orElseThrow().value()).isEqualTo("1");
      assertThat(all(session, "t")).hasSize(1);
      store.inbox("topics").append("m", "1");
      assertThat(store.inbox("topics").read()).hasSize(1);
      store.open("other").close();
      assertThat(Thread.interrupted()).as("the interrupt is kept for the caller").isTrue();
      session.commit(List.of(put("t", "a", "2")));
    } finally {
      Thread.interrupted();
    }
    restart();
    try (Session session = store.open("topics")) {
      assertThat(all(session, "t")).containsExactly(Map.entry("a", "2"));
    }
  }

  @Test
  void messagesWaitInTheirOrderUntilTheyAreRemoved() throws Exception {
    Inbox inbox = store.inbox("topics");
    assertThat(inbox.read()).isEmpty();
    for (String id : List.of("z", "../a", "A", "a", "ü".repeat(1_024))) {
      inbox.append(id, "say " + id);
    }
    store.inbox("others").append("z", "elsewhere");
    inbox.append("z", "something else");
    restart();
    Inbox again = store.inbox("topics");
    again.append("z", "something else");
    assertThat(again.read())
        .extracting(Stored::key)
        .containsExactly("z", "../a", "A", "a", "ü".repeat(1_024));
    assertThat(again.read()).extracting(Stored::version).isSorted().doesNotHaveDuplicates();
    assertThat(again.read().get(0).value()).isEqualTo("say z");
    again.remove("../a");
    again.remove("../a");
    again.remove("A");
    assertThat(store.inbox("topics").read())
        .extracting(Stored::value)
        .containsExactly("say z", "say a", "say " + "ü".repeat(1_024));
  }

  @Test
  void messagesArriveWhileSomebodyElseHoldsTheNamespace() throws Exception {
    try (Session session = store.open("topics");
        StateStore visitor = reopen()) {
      visitor.inbox("topics").append("m", "{\"pin\":\"abc\"}");
      session.commit(List.of(put("t", "a", "1")));
      assertThat(store.inbox("topics").read())
          .extracting(Stored::value)
          .containsExactly("{\"pin\":\"abc\"}");
      visitor.inbox("topics").remove("m");
      assertThat(store.inbox("topics").read()).isEmpty();
    }
  }

  private static Write put(String table, String key, String value) {
    return Write.put(table, key, Write.ANY, value);
  }

  private static Map<String, String> all(Session session, String table) throws IOException {
    Map<String, String> records = new TreeMap<>();
    session.scan(
        table,
        stored -> assertThat(records.put(stored.key(), stored.value())).as("once each").isNull());
    return records;
  }
}
