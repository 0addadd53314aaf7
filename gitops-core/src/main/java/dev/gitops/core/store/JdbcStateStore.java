// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.store;

import dev.gitops.core.spi.StateStore;
import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.OptionalInt;
import javax.sql.DataSource;

/**
 * A state store in a relational database. Tested on PostgreSQL; written in plain SQL, so that
 * others with row locks and {@code READ COMMITTED} should do. Thread-safe.
 *
 * <p>A commit is one transaction, which begins by locking the row of its namespace: commits of a
 * namespace come one after the other, in all processes, so a condition that was checked can't
 * change before what depends on it is written. Reading takes no lock. Sessions don't exclude each
 * other.
 *
 * <p>A connection is taken from the data source for each call and given back as it was: give a
 * pool, of two connections at least for each thread that scans. Whether an interrupt ends a call is
 * up to the driver. Nothing that a driver says is quoted where it could hold a credential.
 *
 * <p>The tables are created on first use. Where the account may not do that, or long text is not
 * called {@code TEXT}, create them before:
 *
 * <pre>{@code
 * CREATE TABLE gitops_namespace (namespace_id VARCHAR(32) NOT NULL, name TEXT NOT NULL,
 *   format INTEGER NOT NULL, version BIGINT NOT NULL, PRIMARY KEY (namespace_id))
 * CREATE TABLE gitops_record (namespace_id VARCHAR(32) NOT NULL, table_id VARCHAR(32) NOT NULL,
 *   key_id VARCHAR(32) NOT NULL, table_name TEXT NOT NULL, key_name TEXT NOT NULL,
 *   version BIGINT NOT NULL, content TEXT NOT NULL, PRIMARY KEY (namespace_id, table_id, key_id))
 * CREATE TABLE gitops_message (namespace_id VARCHAR(32) NOT NULL, message_id VARCHAR(32) NOT NULL,
 *   name TEXT NOT NULL, arrival BIGINT NOT NULL, content TEXT NOT NULL,
 *   PRIMARY KEY (namespace_id, message_id))
 * }</pre>
 */
public final class JdbcStateStore implements StateStore {
  private static final int FORMAT = 1;

  private final JdbcTransactions transactions;
  private final JdbcTables tables;

  private JdbcStateStore(DataSource source, String prefix) {
    transactions = new JdbcTransactions(source);
    tables = new JdbcTables(prefix);
  }

  /** A store in tables whose names begin with {@code gitops_}. */
  public static JdbcStateStore of(DataSource source) {
    return of(source, "gitops_");
  }

  /**
   * A store in tables with names of their own; nothing is read or written before it is used.
   *
   * @param prefix what table names begin with: letters, digits and underscores, after a schema and
   *     a dot if need be
   * @throws IllegalArgumentException for any other prefix
   */
  public static JdbcStateStore of(DataSource source, String prefix) {
    return new JdbcStateStore(source, prefix);
  }

  @Override
  public Session open(String namespace) throws IOException {
    return new JdbcSession(transactions, tables, prepare(namespace), namespace);
  }

  @Override
  public Inbox inbox(String namespace) throws IOException {
    return new JdbcInbox(transactions, tables, prepare(namespace), namespace);
  }

  @Override
  public boolean exclusive() {
    return false;
  }

  /** Makes sure of the tables and of the namespace's row; returns the id of the namespace. */
  private String prepare(String namespace) throws IOException {
    String id = JdbcTables.id(Batch.name("namespace", namespace));
    for (var table : tables.createStatements().entrySet()) {
      if (!transactions.succeeds("SELECT COUNT(*) FROM " + table.getKey() + " WHERE 1 = 0")) {
        createTable(table.getKey(), table.getValue());
      }
    }
    OptionalInt format = format(id);
    if (format.isEmpty()) {
      createNamespace(id, namespace);
      format = format(id);
    }
    if (format.orElse(0) > FORMAT) {
      throw new IOException(
          "The namespace "
              + namespace
              + " in the database was written by a newer version of this library, in format "
              + format.getAsInt()
              + "; this one reads up to format "
              + FORMAT
              + ": use the newer version");
    }
    return id;
  }

  private void createTable(String table, String statement) throws IOException {
    try {
      transactions.run(
          "create the table " + table,
          connection -> {
            try (PreparedStatement create = connection.prepareStatement(statement)) {
              return create.executeUpdate();
            }
          });
    } catch (IOException e) {
      // Another process may have created it just now.
      if (!transactions.succeeds("SELECT COUNT(*) FROM " + table + " WHERE 1 = 0")) {
        throw e;
      }
    }
  }

  private OptionalInt format(String id) throws IOException {
    return transactions.run(
        "read the format of the store",
        connection -> {
          String sql = "SELECT format FROM " + tables.namespace() + " WHERE namespace_id = ?";
          try (PreparedStatement select = connection.prepareStatement(sql)) {
            select.setString(1, id);
            try (ResultSet row = select.executeQuery()) {
              return row.next() ? OptionalInt.of(row.getInt(1)) : OptionalInt.empty();
            }
          }
        });
  }

  private void createNamespace(String id, String namespace) throws IOException {
    try {
      transactions.run("create the namespace " + namespace, c -> insertNamespace(c, id, namespace));
    } catch (IOException e) {
      // Another process may have created it just now.
      if (format(id).isEmpty()) {
        throw e;
      }
    }
  }

  private int insertNamespace(Connection connection, String id, String namespace)
      throws SQLException {
    String sql =
        "INSERT INTO "
            + tables.namespace()
            + " (namespace_id, name, format, version) VALUES (?, ?, ?, 0)";
    try (PreparedStatement insert = connection.prepareStatement(sql)) {
      insert.setString(1, id);
      insert.setString(2, namespace);
      insert.setInt(3, FORMAT);
      return insert.executeUpdate();
    }
  }

  /**
   * Locks a namespace until the transaction ends.
   *
   * @param versions how many new versions to take
   * @return its newest version
   */
  static long lock(Connection connection, JdbcTables tables, String id, String name, int versions)
      throws SQLException, IOException {
    String update =
        "UPDATE "
            + tables.namespace()
            + " SET version = version + ? WHERE namespace_id = ? AND format = ?";
    try (PreparedStatement lock = connection.prepareStatement(update)) {
      lock.setInt(1, versions);
      lock.setString(2, id);
      lock.setInt(3, FORMAT);
      if (lock.executeUpdate() != 1) {
        throw new IOException(
            "The namespace "
                + name
                + " is gone from the database, or a newer version of this library has changed its"
                + " format: open it again");
      }
    }
    String sql = "SELECT version FROM " + tables.namespace() + " WHERE namespace_id = ?";
    try (PreparedStatement select = connection.prepareStatement(sql)) {
      select.setString(1, id);
      return JdbcTables.single(select);
    }
  }
}
