// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gitops.core.spi.StateStore;
import dev.gitops.core.spi.StateStore.Session;
import dev.gitops.core.spi.StateStore.Write;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

/** What is particular to the database store: connections, transactions, failures. */
class JdbcStateStoreTransactionsTest {
  private static EmbeddedPostgres postgres;

  @BeforeAll
  static void startPostgres() throws IOException {
    postgres = EmbeddedPostgres.start();
  }

  @AfterAll
  static void stopPostgres() throws IOException {
    postgres.close();
  }

  private static void sql(String statement) throws SQLException {
    try (Connection connection = postgres.getPostgresDatabase().getConnection();
        var execute = connection.createStatement()) {
      execute.execute(statement);
    }
  }

  private interface Intercept {
    void before(String method) throws SQLException;
  }

  /** A data source whose connections tell each call before it is made. */
  private static DataSource intercepted(Intercept intercept) {
    DataSource source = postgres.getPostgresDatabase();
    return proxy(
        DataSource.class,
        source,
        (method, result) ->
            result instanceof Connection connection
                ? proxy(Connection.class, connection, (name, any) -> any, intercept)
                : result,
        method -> {});
  }

  private interface Result {
    Object of(String method, Object result);
  }

  private static <T> T proxy(Class<T> type, T target, Result results, Intercept intercept) {
    return type.cast(
        Proxy.newProxyInstance(
            JdbcStateStoreTransactionsTest.class.getClassLoader(),
            new Class<?>[] {type},
            (self, method, arguments) -> {
              intercept.before(method.getName());
              try {
                return results.of(method.getName(), method.invoke(target, arguments));
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            }));
  }

  @Test
  void aCommitThatTheDatabaseChoseAsVictimIsDoneAgain() throws Exception {
    AtomicInteger commits = new AtomicInteger();
    boolean[] failing = {false};
    DataSource source =
        intercepted(
            method -> {
              if (failing[0] && method.equals("commit") && commits.incrementAndGet() < 3) {
                throw new SQLException("could not serialize access", "40001");
              }
            });
    try (Session session = JdbcStateStore.of(source, "victim_").open("n")) {
      failing[0] = true;
      long version = session.commit(List.of(Write.put("t", "k", Write.ABSENT, "v")));
      assertThat(version).isEqualTo(1);
      assertThat(session.read("t", "k").orElseThrow().version()).isEqualTo(1);
    }
    assertThat(commits.get()).isGreaterThanOrEqualTo(3);
  }

  @Test
  void aCommitWhoseEndIsNotKnownIsNotDoneAgain() throws Exception {
    AtomicInteger commits = new AtomicInteger();
    boolean[] failing = {false};
    DataSource source =
        intercepted(
            method -> {
              if (failing[0] && method.equals("commit")) {
                commits.incrementAndGet();
                throw new SQLException("gone", commits.get() == 1 ? "08006" : "40003");
              }
            });
    try (Session session = JdbcStateStore.of(source, "unknown_").open("n")) {
      failing[0] = true;
      for (int i = 1; i <= 2; i++) {
        assertThatThrownBy(() -> session.commit(List.of(Write.put("t", "k", Write.ABSENT, "v"))))
            .isInstanceOf(IOException.class)
            .hasMessageContaining("commit to n");
        assertThat(commits).hasValue(i);
      }
    }
  }

  @Test
  void connectionsAreGivenBackAsTheyWere() throws Exception {
    List<Connection> taken = new ArrayList<>();
    DataSource source =
        proxy(
            DataSource.class,
            postgres.getPostgresDatabase(),
            (method, result) -> {
              Connection connection = (Connection) result;
              try {
                connection.setAutoCommit(false);
                connection.setTransactionIsolation(Connection.TRANSACTION_SERIALIZABLE);
              } catch (SQLException e) {
                throw new AssertionError(e);
              }
              return proxy(
                  Connection.class,
                  connection,
                  (name, any) -> any,
                  name -> {
                    if (name.equals("close")) {
                      assertThat(connection.getAutoCommit()).isFalse();
                      assertThat(connection.getTransactionIsolation())
                          .isEqualTo(Connection.TRANSACTION_SERIALIZABLE);
                      taken.add(connection);
                    }
                  });
            },
            method -> {});
    try (Session session = JdbcStateStore.of(source, "back_").open("n")) {
      session.commit(List.of(Write.put("t", "k", Write.ANY, "v")));
      assertThatThrownBy(() -> session.commit(List.of(Write.check("t", "k", Write.ABSENT))))
          .isInstanceOf(StateStore.StaleRecordException.class);
      session.scan("t", stored -> {});
    }
    assertThat(taken).hasSizeGreaterThan(5);
    for (Connection connection : taken) {
      assertThat(connection.isClosed()).isTrue();
    }
  }

  @Test
  void whatGoesWrongIsSaidWithoutCredentialsAndWithoutRows() throws Exception {
    PGSimpleDataSource wrong = new PGSimpleDataSource();
    wrong.setUrl("jdbc:postgresql://localhost:1/db?user=alice&password=hunter2");
    assertThatThrownBy(() -> JdbcStateStore.of(wrong).open("n"))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("SQL state 08001")
        .satisfies(JdbcStateStoreTransactionsTest::tellsNoSecret);
    DataSource leaking =
        intercepted(
            method -> {
              if (method.equals("prepareStatement")) {
                throw new SQLException(
                    "bad jdbc:pg://alice:hunter2@db?password=hunter2, //alice:hunter2@db,"
                        + " PASSWORD = hunter2\nrow (hunter2)",
                    "42000");
              }
            });
    assertThatThrownBy(() -> JdbcStateStore.of(leaking).open("n"))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("create the table gitops_namespace")
        .hasMessageContaining("bad jdbc:…")
        .satisfies(JdbcStateStoreTransactionsTest::tellsNoSecret);
  }

  private static void tellsNoSecret(Throwable e) {
    StringWriter all = new StringWriter();
    e.printStackTrace(new PrintWriter(all));
    assertThat(all.toString()).doesNotContain("hunter2").doesNotContain("alice");
  }

  @Test
  void manyProcessesCreateTheTablesAtOnce() throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try {
      for (int round = 0; round < 5; round++) {
        String prefix = "race" + round + "_";
        CyclicBarrier start = new CyclicBarrier(4);
        List<Future<Long>> commits = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
          String key = "k" + i;
          commits.add(
              threads.submit(
                  (Callable<Long>)
                      () -> {
                        start.await();
                        JdbcStateStore store =
                            JdbcStateStore.of(postgres.getPostgresDatabase(), prefix);
                        try (Session session = store.open("n")) {
                          return session.commit(List.of(Write.put("t", key, Write.ABSENT, "v")));
                        }
                      }));
        }
        List<Long> versions = new ArrayList<>();
        for (Future<Long> commit : commits) {
          versions.add(commit.get());
        }
        assertThat(versions).containsExactlyInAnyOrder(1L, 2L, 3L, 4L);
      }
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void aNewerFormatIsAnErrorAlsoForTheSessionThatIsOpen() throws Exception {
    JdbcStateStore store = JdbcStateStore.of(postgres.getPostgresDatabase(), "newer_");
    try (Session session = store.open("n")) {
      session.commit(List.of(Write.put("t", "k", Write.ANY, "v")));
      sql("UPDATE newer_namespace SET format = 2");
      assertThatThrownBy(() -> session.commit(List.of(Write.put("t", "k", Write.ANY, "w"))))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("newer version");
      assertThatThrownBy(() -> store.open("n"))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("in format 2")
          .hasMessageContaining("use the newer version");
      assertThatThrownBy(() -> store.inbox("n")).isInstanceOf(IOException.class);
      assertThat(session.read("t", "k").orElseThrow().value()).isEqualTo("v");
    }
  }

  @Test
  void largeCommitsAndScansGoThroughInParts() throws Exception {
    JdbcStateStore store = JdbcStateStore.of(postgres.getPostgresDatabase(), "large_");
    try (Session session = store.open("n")) {
      List<Write> writes = new ArrayList<>();
      for (int i = 0; i < 2_500; i++) {
        writes.add(Write.put("t", "k" + i, Write.ABSENT, "v" + i));
      }
      long version = session.commit(writes);
      AtomicInteger seen = new AtomicInteger();
      session.scan("t", stored -> seen.incrementAndGet());
      assertThat(seen).hasValue(2_500);
      List<Write> mixed = new ArrayList<>();
      for (int i = 0; i < 2_500; i++) {
        mixed.add(
            i % 2 == 0
                ? Write.delete("t", "k" + i, version)
                : Write.put("t", "k" + i, version, "w" + i));
      }
      session.commit(mixed);
      seen.set(0);
      session.scan(
          "t",
          stored -> {
            seen.incrementAndGet();
            assertThat(stored.value()).isEqualTo("w" + stored.key().substring(1));
          });
      assertThat(seen).hasValue(1_250);
    }
  }

  @Test
  void onlyPlainPrefixesAreTaken() {
    for (String bad : List.of("", "a b", "a;drop", "a'", "1a", "a.b.c_", "a-b", "x".repeat(50))) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> JdbcStateStore.of(postgres.getPostgresDatabase(), bad))
          .withMessageContaining("prefix");
    }
    JdbcStateStore.of(postgres.getPostgresDatabase(), "public.My_1").close();
  }
}
