// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.store;

import dev.gitops.core.spi.StateStore;
import dev.gitops.core.spi.StateStore.Stored;
import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** Messages in a table; those who add one take turns by the lock of the namespace. */
final class JdbcInbox implements StateStore.Inbox {
  private final JdbcTransactions transactions;
  private final JdbcTables tables;
  private final String namespaceId;
  private final String namespace;

  JdbcInbox(
      JdbcTransactions transactions, JdbcTables tables, String namespaceId, String namespace) {
    this.transactions = transactions;
    this.tables = tables;
    this.namespaceId = namespaceId;
    this.namespace = namespace;
  }

  @Override
  public void append(String id, String message) throws IOException {
    Batch.name("message id", id);
    Batch.message(message);
    transactions.run(
        "add a message for " + namespace,
        connection -> {
          JdbcStateStore.lock(connection, tables, namespaceId, namespace, 0);
          if (count(connection, " AND message_id = ?", JdbcTables.id(id)) == 0) {
            if (count(connection, "") >= Batch.MESSAGES) {
              throw new IOException(
                  "The inbox of "
                      + namespace
                      + " is full: "
                      + Batch.MESSAGES
                      + " messages wait for a reconciler to run");
            }
            insert(connection, id, message);
          }
          return id;
        });
  }

  private long count(Connection connection, String condition, String... values)
      throws SQLException {
    String sql = "SELECT COUNT(*) FROM " + tables.message() + " WHERE namespace_id = ?" + condition;
    try (PreparedStatement select = connection.prepareStatement(sql)) {
      select.setString(1, namespaceId);
      for (int i = 0; i < values.length; i++) {
        select.setString(2 + i, values[i]);
      }
      return JdbcTables.single(select);
    }
  }

  private void insert(Connection connection, String id, String message) throws SQLException {
    String newest =
        "SELECT COALESCE(MAX(arrival), 0) FROM " + tables.message() + " WHERE namespace_id = ?";
    long arrival;
    try (PreparedStatement select = connection.prepareStatement(newest)) {
      select.setString(1, namespaceId);
      arrival = JdbcTables.single(select) + 1;
    }
    String sql =
        "INSERT INTO "
            + tables.message()
            + " (namespace_id, message_id, name, arrival, content) VALUES (?, ?, ?, ?, ?)";
    try (PreparedStatement insert = connection.prepareStatement(sql)) {
      insert.setString(1, namespaceId);
      insert.setString(2, JdbcTables.id(id));
      insert.setString(3, id);
      insert.setLong(4, arrival);
      insert.setString(5, message);
      insert.executeUpdate();
    }
  }

  @Override
  public List<Stored> read() throws IOException {
    String sql =
        "SELECT name, arrival, content FROM "
            + tables.message()
            + " WHERE namespace_id = ? ORDER BY arrival";
    return transactions.run(
        "read the messages for " + namespace,
        connection -> {
          List<Stored> messages = new ArrayList<>();
          try (PreparedStatement select = connection.prepareStatement(sql)) {
            select.setString(1, namespaceId);
            try (ResultSet rows = select.executeQuery()) {
              while (rows.next()) {
                messages.add(new Stored(rows.getString(1), rows.getLong(2), rows.getString(3)));
              }
            }
          }
          return List.copyOf(messages);
        });
  }

  @Override
  public void remove(String id) throws IOException {
    Batch.name("message id", id);
    String sql = "DELETE FROM " + tables.message() + " WHERE namespace_id = ? AND message_id = ?";
    transactions.run(
        "remove a message for " + namespace,
        connection -> {
          try (PreparedStatement delete = connection.prepareStatement(sql)) {
            delete.setString(1, namespaceId);
            delete.setString(2, JdbcTables.id(id));
            return delete.executeUpdate();
          }
        });
  }
}
