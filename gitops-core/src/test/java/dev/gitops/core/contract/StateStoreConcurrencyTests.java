// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gitops.core.spi.StateStore;
import dev.gitops.core.spi.StateStore.Inbox;
import dev.gitops.core.spi.StateStore.Session;
import dev.gitops.core.spi.StateStore.StaleRecordException;
import dev.gitops.core.spi.StateStore.Stored;
import dev.gitops.core.spi.StateStore.Write;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What every {@link StateStore} promises to those who use it at the same time. Each thread has a
 * session and a store of its own where the store is not exclusive; else they share one session.
 */
abstract class StateStoreConcurrencyTests extends StateStoreModelTests {
  private static final int THREADS = 4;

  private final List<AutoCloseable> opened = new ArrayList<>();
  private final List<Session> sessions = new ArrayList<>();
  private ExecutorService threads;
  private StateStore store;

  private void openSessions() throws Exception {
    threads = Executors.newFixedThreadPool(THREADS);
    store = open();
    opened.add(store);
    for (int i = 0; i < THREADS; i++) {
      if (store.exclusive() && i > 0) {
        sessions.add(sessions.get(0));
      } else {
        StateStore own = i == 0 ? store : reopen();
        Session session = own.open("shared");
        opened.add(0, own);
        opened.add(0, session);
        sessions.add(session);
      }
    }
  }

  @AfterEach
  final void closeSessions() throws Exception {
    if (threads != null) {
      threads.shutdownNow();
      assertThat(threads.awaitTermination(30, TimeUnit.SECONDS)).isTrue();
    }
    for (AutoCloseable each : opened) {
      each.close();
    }
  }

  @Test
  @Timeout(60)
  void noIncrementIsLostAndNoVersionIsGivenTwice() throws Exception {
    openSessions();
    int each = 25;
    Set<Long> versions = ConcurrentHashMap.newKeySet();
    sessions.get(0).commit(List.of(Write.put("t", "count", Write.ABSENT, "0")));
    together(
        session -> {
          for (int done = 0; done < each; ) {
            Stored now = session.read("t", "count").orElseThrow();
            String next = Integer.toString(Integer.parseInt(now.value()) + 1);
            try {
              long version = session.commit(List.of(Write.put("t", "count", now.version(), next)));
              assertThat(versions.add(version)).isTrue();
              done++;
            } catch (StaleRecordException raced) {
              // Somebody else was first: read again.
            }
          }
        });
    assertThat(sessions.get(0).read("t", "count").orElseThrow().value())
        .isEqualTo(Integer.toString(THREADS * each));
  }

  @Test
  @Timeout(60)
  void onlyOneOfManyCreatesARecord() throws Exception {
    openSessions();
    for (int round = 0; round < 20; round++) {
      String key = "k" + round;
      CyclicBarrier start = new CyclicBarrier(THREADS);
      Set<Long> won = ConcurrentHashMap.newKeySet();
      together(
          session -> {
            start.await();
            try {
              won.add(session.commit(List.of(Write.put("t", key, Write.ABSENT, "mine"))));
            } catch (StaleRecordException raced) {
              // Another one was first, as all but one must find.
            }
          });
      assertThat(won).hasSize(1);
      assertThat(sessions.get(0).read("t", key).orElseThrow().version()).isIn(won);
    }
  }

  @Test
  @Timeout(60)
  void twoCommitsThatEachCheckWhatTheOtherWritesNeverBothSucceed() throws Exception {
    openSessions();
    for (int round = 0; round < 20; round++) {
      String[] keys = {"x" + round, "y" + round};
      CyclicBarrier start = new CyclicBarrier(2);
      List<Future<Boolean>> results = new ArrayList<>();
      for (int i = 0; i < 2; i++) {
        Session session = sessions.get(i);
        String checked = keys[i];
        String written = keys[1 - i];
        results.add(
            threads.submit(
                () -> {
                  start.await();
                  try {
                    session.commit(
                        List.of(
                            Write.check("t", checked, Write.ABSENT),
                            Write.put("t", written, Write.ABSENT, "1")));
                    return true;
                  } catch (StaleRecordException raced) {
                    return false;
                  }
                }));
      }
      assertThat(results.get(0).get()).isNotEqualTo(results.get(1).get());
    }
  }

  @Test
  @Timeout(60)
  void onceAnEpochIsTakenNoCommitUnderTheOldOneSucceeds() throws Exception {
    openSessions();
    for (int round = 0; round < 5; round++) {
      long epoch = sessions.get(0).commit(List.of(Write.put("writer", "epoch", Write.ANY, "old")));
      String prefix = round + "-";
      CountDownLatch running = new CountDownLatch(THREADS * 3);
      List<Future<?>> writers = new ArrayList<>();
      for (int i = 1; i < THREADS; i++) {
        Session session = sessions.get(i);
        String name = prefix + i + "-";
        writers.add(
            threads.submit(
                (Callable<Void>)
                    () -> {
                      for (int n = 0; ; n++) {
                        try {
                          session.commit(
                              List.of(
                                  Write.check("writer", "epoch", epoch),
                                  Write.put("log", name + n, Write.ABSENT, "1")));
                          running.countDown();
                        } catch (StaleRecordException fenced) {
                          return null;
                        }
                      }
                    }));
      }
      running.await();
      sessions.get(0).commit(List.of(Write.put("writer", "epoch", epoch, "new")));
      Set<String> atTakeOver = keys(sessions.get(0), "log");
      for (Future<?> writer : writers) {
        writer.get();
      }
      assertThat(keys(sessions.get(0), "log")).isEqualTo(atTakeOver);
    }
  }

  @Test
  @Timeout(60)
  void aScanSeesWholeCommitsOnly() throws Exception {
    openSessions();
    Session scanner = sessions.get(0);
    scanner.commit(pair("0"));
    AtomicBoolean enough = new AtomicBoolean();
    List<Future<?>> writers = new ArrayList<>();
    for (int i = 1; i < THREADS; i++) {
      Session session = sessions.get(i);
      String name = i + "-";
      writers.add(
          threads.submit(
              (Callable<Void>)
                  () -> {
                    for (int n = 0; !enough.get(); n++) {
                      session.commit(pair(name + n));
                    }
                    return null;
                  }));
    }
    for (int i = 0; i < 50; i++) {
      Map<String, Stored> seen = new TreeMap<>();
      scanner.scan("t", stored -> seen.put(stored.key(), stored));
      assertThat(seen).containsOnlyKeys("a", "b");
      assertThat(seen.get("a").value()).isEqualTo(seen.get("b").value());
      assertThat(seen.get("a").version()).isEqualTo(seen.get("b").version());
    }
    enough.set(true);
    for (Future<?> writer : writers) {
      writer.get();
    }
  }

  @Test
  @Timeout(60)
  void messagesOfManySendersAllArriveOnce() throws Exception {
    openSessions();
    int each = 20;
    List<Inbox> inboxes = new ArrayList<>();
    for (int i = 0; i < THREADS; i++) {
      StateStore own = reopen();
      opened.add(0, own);
      inboxes.add(own.inbox("shared"));
    }
    List<Future<?>> senders = new ArrayList<>();
    Set<String> expected = new HashSet<>();
    for (int i = 0; i < THREADS; i++) {
      Inbox inbox = inboxes.get(i);
      String name = i + "-";
      for (int n = 0; n < each; n++) {
        expected.add(name + n);
      }
      senders.add(
          threads.submit(
              (Callable<Void>)
                  () -> {
                    for (int n = 0; n < each; n++) {
                      inbox.append(name + n, "from " + name + n);
                      inbox.append("the same", "for all");
                    }
                    return null;
                  }));
    }
    for (Future<?> sender : senders) {
      sender.get();
    }
    expected.add("the same");
    assertThat(store.inbox("shared").read())
        .extracting(Stored::key)
        .containsExactlyInAnyOrderElementsOf(expected);
    for (int i = 0; i < THREADS; i++) {
      String own = i + "-";
      assertThat(store.inbox("shared").read())
          .extracting(Stored::key)
          .filteredOn(key -> key.startsWith(own))
          .as("one sender's messages keep their order")
          .isSortedAccordingTo((a, b) -> Integer.compare(number(a), number(b)));
    }
  }

  private static int number(String key) {
    return Integer.parseInt(key.substring(2));
  }

  private interface Work {
    void with(Session session) throws Exception;
  }

  private void together(Work work) throws Exception {
    List<Future<?>> results = new ArrayList<>();
    for (Session session : sessions) {
      results.add(
          threads.submit(
              (Callable<Void>)
                  () -> {
                    work.with(session);
                    return null;
                  }));
    }
    for (Future<?> result : results) {
      result.get();
    }
  }

  private static List<Write> pair(String value) {
    return List.of(Write.put("t", "a", Write.ANY, value), Write.put("t", "b", Write.ANY, value));
  }

  private static Set<String> keys(Session session, String table) throws IOException {
    Set<String> keys = new TreeSet<>();
    session.scan(table, stored -> keys.add(stored.key()));
    return keys;
  }
}
