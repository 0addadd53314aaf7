// SPDX-License-Identifier: Apache-2.0
package dev.gitops.examples.postgres;

import dev.gitops.core.spi.ConflictException;
import dev.gitops.core.spi.TerminalException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import javax.sql.DataSource;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/**
 * One PostgreSQL database, for the targets of this package. Thread-safe. Each call takes a
 * connection of its own from the data source, so give it a pool if there is much to do.
 */
public final class Database {
  /** PostgreSQL would cut a longer name silently, to one that is then somebody else's. */
  private static final int LONGEST_NAME = 63;

  private final DataSource source;
  private final Duration timeout;

  /**
   * A database behind a data source, whose connections are in auto-commit mode.
   *
   * @param timeout bound on a single statement, the wait for locks included; JDBC does not react to
   *     interruption, so this is what ends a call that hangs
   */
  public Database(DataSource source, Duration timeout) {
    this.source = source;
    this.timeout = timeout;
  }

  /** Something to do in one transaction. */
  @FunctionalInterface
  interface Work<R> {
    R in(Connection connection) throws Exception;
  }

  /** Tells this cluster from every other, copies made by initdb included. */
  String cluster() throws SQLException {
    return "postgresql:" + text("select system_identifier from pg_control_system()");
  }

  /** Tells this database from every other. */
  String identity() throws SQLException {
    return cluster() + "/" + text("select current_database()");
  }

  /** Runs the work in one transaction that is committed unless it throws. */
  <R> R transaction(Work<R> work) throws Exception {
    try (Connection connection = source.getConnection()) {
      connection.setAutoCommit(false);
      try {
        run(connection, "set local statement_timeout = " + timeout.toMillis());
        R result = work.in(connection);
        connection.commit();
        return result;
      } catch (Exception failure) {
        try {
          connection.rollback();
        } catch (SQLException alsoFailed) {
          failure.addSuppressed(alsoFailed);
        }
        throw failure instanceof SQLException sql ? meaning(sql) : failure;
      }
    }
  }

  static void run(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  /** Whether PostgreSQL can have anything by this name. */
  static boolean possible(String name) {
    return !name.isEmpty()
        && name.indexOf('\0') < 0
        && StandardCharsets.UTF_8.newEncoder().canEncode(name)
        && name.getBytes(StandardCharsets.UTF_8).length <= LONGEST_NAME;
  }

  /** A name as SQL; names come from Git, so none is trusted. */
  static String identifier(String name) {
    if (!possible(name)) {
      throw new TerminalException(
          "PostgreSQL can't have anything called '"
              + name
              + "': a name has 1 to 63 bytes of UTF-8, none of them zero; choose another");
    }
    return '"' + name.replace("\"", "\"\"") + '"';
  }

  /** A text as SQL, whatever the server thinks of backslashes. */
  static String literal(String text) {
    if (text.indexOf('\0') >= 0) {
      throw new TerminalException("PostgreSQL's texts can't contain a zero character");
    }
    return "E'" + text.replace("\\", "\\\\").replace("'", "''") + "'";
  }

  /** What PostgreSQL's error means for whoever asked: whether trying again can help. */
  private static Exception meaning(SQLException e) {
    String state = e.getSQLState() == null ? "" : e.getSQLState();
    String message = message(e);
    return switch (state) {
      case "42710", "42P06", "23505" -> new ConflictException(message, e);
      case "2BP01" ->
          new IllegalStateException(
              message
                  + " - remove or move what depends on it, or keep it with metadata.onRemoval: keep",
              e);
      // What it refers to does not exist yet, or no longer.
      case "42704", "3F000" -> e;
      default ->
          state.startsWith("42")
                  || state.startsWith("22")
                  || state.startsWith("0A")
                  || state.startsWith("0L")
              ? new TerminalException(message, e)
              : e;
    };
  }

  private static String message(SQLException e) {
    ServerErrorMessage server = e instanceof PSQLException p ? p.getServerErrorMessage() : null;
    if (server == null) {
      return String.valueOf(e.getMessage());
    }
    String detail = server.getDetail();
    return "PostgreSQL says: "
        + server.getMessage()
        + (detail == null ? "" : " (" + detail.replace("\n", "; ") + ")")
        + " [SQLSTATE "
        + e.getSQLState()
        + "]";
  }

  private String text(String query) throws SQLException {
    try (Connection connection = source.getConnection();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(query)) {
      row.next();
      return row.getString(1);
    }
  }
}
