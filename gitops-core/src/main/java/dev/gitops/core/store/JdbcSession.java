// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.store;

import dev.gitops.core.spi.StateStore;
import dev.gitops.core.spi.StateStore.StaleRecordException;
import dev.gitops.core.spi.StateStore.Stored;
import dev.gitops.core.spi.StateStore.Write;
import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/** A namespace in a database, open in as many processes as like. */
final class JdbcSession implements StateStore.Session {
  private static final int FETCHED_ROWS = 1_000;
  private static final int KEYS_A_QUERY = 200;
  private static final int STATEMENTS_A_BATCH = 1_000;
  private static final String ONE_RECORD =
      " WHERE namespace_id = ? AND table_id = ? AND key_id = ?";
  private static final String AT_VERSION = " AND version = ?";

  private final JdbcTransactions transactions;
  private final JdbcTables tables;
  private final String namespaceId;
  private final String namespace;
  private volatile boolean closed;

  JdbcSession(
      JdbcTransactions transactions, JdbcTables tables, String namespaceId, String namespace) {
    this.transactions = transactions;
    this.tables = tables;
    this.namespaceId = namespaceId;
    this.namespace = namespace;
  }

  @Override
  public Optional<Stored> read(String table, String key) throws IOException {
    requireOpen();
    String sql = "SELECT key_name, version, content FROM " + tables.record() + ONE_RECORD;
    return transactions.run(
        "read " + table + "/" + key,
        connection -> {
          try (PreparedStatement select = connection.prepareStatement(sql)) {
            select.setString(1, namespaceId);
            select.setString(2, JdbcTables.id(table));
            select.setString(3, JdbcTables.id(key));
            try (ResultSet row = select.executeQuery()) {
              return row.next() ? Optional.of(stored(row)) : Optional.empty();
            }
          }
        });
  }

  @Override
  public void scan(String table, Consumer<Stored> each) throws IOException {
    requireOpen();
    String sql =
        "SELECT key_name, version, content FROM "
            + tables.record()
            + " WHERE namespace_id = ? AND table_id = ?";
    transactions.runOnce(
        "read all of " + table,
        connection -> {
          try (PreparedStatement select = connection.prepareStatement(sql)) {
            select.setFetchSize(FETCHED_ROWS);
            select.setString(1, namespaceId);
            select.setString(2, JdbcTables.id(table));
            try (ResultSet rows = select.executeQuery()) {
              while (rows.next()) {
                each.accept(stored(rows));
              }
            }
          }
          return table;
        });
  }

  @Override
  public long commit(List<Write> writes) throws IOException {
    List<Write> batch = Batch.checked(writes);
    requireOpen();
    return transactions.run("commit to " + namespace, connection -> commit(connection, batch));
  }

  private long commit(Connection connection, List<Write> batch) throws SQLException, IOException {
    int versions = Batch.changes(batch) ? 1 : 0;
    long version = JdbcStateStore.lock(connection, tables, namespaceId, namespace, versions);
    Map<String, Map<String, Long>> now = versions(connection, batch);
    for (Write write : batch) {
      if (write.expected() != Write.ANY && write.expected() != version(now, write)) {
        throw new StaleRecordException(write.table(), write.key());
      }
    }
    write(connection, batch, now, version);
    return version;
  }

  /**
   * That what is replaced is what was read is certain already; the database is asked all the same.
   */
  private void write(
      Connection connection, List<Write> batch, Map<String, Map<String, Long>> now, long version)
      throws SQLException, IOException {
    String insert =
        "INSERT INTO "
            + tables.record()
            + " (table_name, key_name, version, content, namespace_id, table_id, key_id)"
            + " VALUES (?, ?, ?, ?, ?, ?, ?)";
    String update =
        "UPDATE " + tables.record() + " SET version = ?, content = ?" + ONE_RECORD + AT_VERSION;
    String delete = "DELETE FROM " + tables.record() + ONE_RECORD + AT_VERSION;
    try (Rows inserts = new Rows(connection, insert);
        Rows updates = new Rows(connection, update);
        Rows deletes = new Rows(connection, delete)) {
      for (Write write : batch) {
        if (write.checkOnly()) {
          continue;
        }
        String table = JdbcTables.id(write.table());
        String key = JdbcTables.id(write.key());
        String value = write.value();
        long before = version(now, write);
        if (value == null) {
          if (before != Write.ABSENT) {
            deletes.add(write, namespaceId, table, key, before);
          }
        } else if (before == Write.ABSENT) {
          inserts.add(write, write.table(), write.key(), version, value, namespaceId, table, key);
        } else {
          updates.add(write, version, value, namespaceId, table, key, before);
        }
      }
      inserts.flush();
      updates.flush();
      deletes.flush();
    }
  }

  /** The versions that the records of a commit have now, by table and by the id of their key. */
  private Map<String, Map<String, Long>> versions(Connection connection, List<Write> batch)
      throws SQLException {
    Map<String, Set<String>> keys = new LinkedHashMap<>();
    for (Write write : batch) {
      keys.computeIfAbsent(write.table(), table -> new LinkedHashSet<>())
          .add(JdbcTables.id(write.key()));
    }
    Map<String, Map<String, Long>> versions = new HashMap<>();
    for (Map.Entry<String, Set<String>> table : keys.entrySet()) {
      Map<String, Long> found = new HashMap<>();
      versions.put(table.getKey(), found);
      List<String> all = List.copyOf(table.getValue());
      for (int from = 0; from < all.size(); from += KEYS_A_QUERY) {
        List<String> some = all.subList(from, Math.min(from + KEYS_A_QUERY, all.size()));
        versions(connection, JdbcTables.id(table.getKey()), some, found);
      }
    }
    return versions;
  }

  private void versions(
      Connection connection, String table, List<String> keys, Map<String, Long> found)
      throws SQLException {
    String sql =
        "SELECT key_id, version FROM "
            + tables.record()
            + " WHERE namespace_id = ? AND table_id = ? AND key_id IN ("
            + String.join(", ", Collections.nCopies(keys.size(), "?"))
            + ")";
    try (PreparedStatement select = connection.prepareStatement(sql)) {
      select.setString(1, namespaceId);
      select.setString(2, table);
      for (int i = 0; i < keys.size(); i++) {
        select.setString(3 + i, keys.get(i));
      }
      try (ResultSet rows = select.executeQuery()) {
        while (rows.next()) {
          found.put(rows.getString(1), rows.getLong(2));
        }
      }
    }
  }

  private static long version(Map<String, Map<String, Long>> versions, Write write) {
    return versions
        .getOrDefault(write.table(), Map.of())
        .getOrDefault(JdbcTables.id(write.key()), Write.ABSENT);
  }

  private static Stored stored(ResultSet row) throws SQLException {
    return new Stored(row.getString(1), row.getLong(2), row.getString(3));
  }

  @Override
  public void close() {
    closed = true;
  }

  private void requireOpen() throws IOException {
    if (closed) {
      throw new IOException("This session is closed: open the namespace again");
    }
  }

  /** A statement for many rows, each of which must change exactly one. */
  private static final class Rows implements AutoCloseable {
    private final PreparedStatement statement;
    private final List<Write> waiting = new ArrayList<>();

    Rows(Connection connection, String sql) throws SQLException {
      statement = connection.prepareStatement(sql);
    }

    void add(Write write, Object... values) throws SQLException, IOException {
      for (int i = 0; i < values.length; i++) {
        if (values[i] instanceof Long number) {
          statement.setLong(i + 1, number);
        } else {
          statement.setString(i + 1, (String) values[i]);
        }
      }
      statement.addBatch();
      waiting.add(write);
      if (waiting.size() == STATEMENTS_A_BATCH) {
        flush();
      }
    }

    void flush() throws SQLException, IOException {
      if (waiting.isEmpty()) {
        return;
      }
      int[] counts = statement.executeBatch();
      for (int i = 0; i < counts.length; i++) {
        if (counts[i] != 1 && counts[i] != Statement.SUCCESS_NO_INFO) {
          throw new StaleRecordException(waiting.get(i).table(), waiting.get(i).key());
        }
      }
      waiting.clear();
    }

    @Override
    public void close() throws SQLException {
      statement.close();
    }
  }
}
