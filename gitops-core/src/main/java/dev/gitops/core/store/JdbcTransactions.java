// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.store;

import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs work in transactions of a data source, and says what went wrong without credentials. */
final class JdbcTransactions {
  private static final Logger LOG = LoggerFactory.getLogger(JdbcTransactions.class);
  private static final int ATTEMPTS = 5;
  private static final int LONGEST_REASON = 300;

  private final DataSource source;

  JdbcTransactions(DataSource source) {
    this.source = source;
  }

  /** What is done in a transaction. */
  interface Work<T> {
    T with(Connection connection) throws SQLException, IOException;
  }

  /**
   * Runs work that the database may ask to run again, when it chose its transaction as the victim
   * of a deadlock or of serialisation; that is rolled back for certain.
   */
  <T> T run(String what, Work<T> work) throws IOException {
    for (int attempt = 1; ; attempt++) {
      try {
        return once(work);
      } catch (SQLException e) {
        if (attempt == ATTEMPTS || !rolledBack(e)) {
          throw failure(what, e);
        }
        LOG.debug("Try again to {}: {}", what, e.getSQLState());
      }
    }
  }

  /** Runs work that can't be run again, since somebody has seen what it did. */
  <T> T runOnce(String what, Work<T> work) throws IOException {
    try {
      return once(work);
    } catch (SQLException e) {
      throw failure(what, e);
    }
  }

  /** Whether a query can be run at all. */
  boolean succeeds(String query) throws IOException {
    boolean connected = false;
    try (Connection connection = source.getConnection()) {
      connected = true;
      boolean autoCommit = connection.getAutoCommit();
      connection.setAutoCommit(true);
      try (PreparedStatement select = connection.prepareStatement(query)) {
        select.executeQuery().close();
        return true;
      } finally {
        connection.setAutoCommit(autoCommit);
      }
    } catch (SQLException e) {
      if (connected && isAboutStatement(e)) {
        return false;
      }
      throw failure("connect", e);
    }
  }

  private <T> T once(Work<T> work) throws SQLException, IOException {
    Connection connection = source.getConnection();
    try {
      boolean autoCommit = connection.getAutoCommit();
      int isolation = connection.getTransactionIsolation();
      connection.setAutoCommit(false);
      if (isolation != Connection.TRANSACTION_READ_COMMITTED) {
        connection.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
      }
      boolean done = false;
      try {
        T result = work.with(connection);
        connection.commit();
        done = true;
        return result;
      } finally {
        giveBack(connection, done, autoCommit, isolation);
      }
    } finally {
      close(connection);
    }
  }

  /** Whatever fails in here must not hide what the work came to. */
  private static void giveBack(
      Connection connection, boolean done, boolean autoCommit, int isolation) {
    try {
      if (!done) {
        connection.rollback();
      }
      if (isolation != Connection.TRANSACTION_READ_COMMITTED) {
        connection.setTransactionIsolation(isolation);
      }
      connection.setAutoCommit(autoCommit);
    } catch (SQLException e) {
      LOG.debug("A connection could not be given back as it was: {}", e.getSQLState());
    }
  }

  private static void close(Connection connection) {
    try {
      connection.close();
    } catch (SQLException e) {
      LOG.debug("A connection could not be closed: {}", e.getSQLState());
    }
  }

  /** Class 40, but for 40003: then it is not known whether the transaction was committed. */
  private static boolean rolledBack(SQLException e) {
    String state = state(e);
    return state.startsWith("40") && !state.equals("40003");
  }

  /** Not the connection (08), the account (28), the server's resources (53) or its end (57, 58). */
  private static boolean isAboutStatement(SQLException e) {
    return !state(e).matches("(08|28|53|57|58).*");
  }

  private static String state(SQLException e) {
    @Nullable String state = e.getSQLState();
    return state == null ? "" : state;
  }

  private static IOException failure(String what, SQLException e) {
    SQLException cause = new SQLException(reason(e), e.getSQLState(), e.getErrorCode());
    cause.setStackTrace(e.getStackTrace());
    return new IOException(
        "The database did not "
            + what
            + " (SQL state "
            + e.getSQLState()
            + "): "
            + cause.getMessage(),
        cause);
  }

  /**
   * The first line of what the driver says: in further lines databases quote rows. Connection and
   * account problems come with URLs and user names, so their state must do.
   */
  private static String reason(SQLException e) {
    @Nullable String message = e.getMessage();
    if (message == null || !isAboutStatement(e)) {
      return "it can't be reached, or refuses the account; see the state, and the database's log";
    }
    String line = message.lines().findFirst().orElse("");
    String safe =
        line.replaceAll("(?i)jdbc:\\S*", "jdbc:…")
            .replaceAll("//[^@/\\s]*@", "//…@")
            .replaceAll("(?i)(password|passwd|pwd|secret|token)\\b\\s*[=:]?\\s*\\S+", "$1 …");
    return safe.length() > LONGEST_REASON ? safe.substring(0, LONGEST_REASON) + "…" : safe;
  }
}
