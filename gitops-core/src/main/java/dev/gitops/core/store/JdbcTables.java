// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.store;

import java.nio.charset.StandardCharsets;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The names of the tables and how they are made. Rows are found by hashes of the names, not by the
 * names: those can be longer than a database takes for a key, and collations make two of them one.
 */
record JdbcTables(String prefix) {
  JdbcTables {
    if (!prefix.matches("([A-Za-z_][A-Za-z0-9_]{0,62}\\.)?[A-Za-z_][A-Za-z0-9_]{0,40}")) {
      throw new IllegalArgumentException(
          "A table prefix has letters, digits and underscores, after a schema and a dot if need be,"
              + " not '"
              + prefix
              + "'");
    }
  }

  String namespace() {
    return prefix + "namespace";
  }

  String record() {
    return prefix + "record";
  }

  String message() {
    return prefix + "message";
  }

  /** How each table is made. */
  Map<String, String> createStatements() {
    Map<String, String> statements = new LinkedHashMap<>();
    statements.put(
        namespace(),
        "CREATE TABLE "
            + namespace()
            + " (namespace_id VARCHAR(32) NOT NULL, name TEXT NOT NULL, format INTEGER NOT NULL,"
            + " version BIGINT NOT NULL, PRIMARY KEY (namespace_id))");
    statements.put(
        record(),
        "CREATE TABLE "
            + record()
            + " (namespace_id VARCHAR(32) NOT NULL, table_id VARCHAR(32) NOT NULL, key_id"
            + " VARCHAR(32) NOT NULL, table_name TEXT NOT NULL, key_name TEXT NOT NULL, version"
            + " BIGINT NOT NULL, content TEXT NOT NULL, PRIMARY KEY (namespace_id, table_id,"
            + " key_id))");
    statements.put(
        message(),
        "CREATE TABLE "
            + message()
            + " (namespace_id VARCHAR(32) NOT NULL, message_id VARCHAR(32) NOT NULL, name TEXT NOT"
            + " NULL, arrival BIGINT NOT NULL, content TEXT NOT NULL, PRIMARY KEY (namespace_id,"
            + " message_id))");
    return statements;
  }

  /** What a row is found by: the first 128 bits of a name's SHA-256. */
  static String id(String name) {
    byte[] digest = SafeName.sha256().digest(name.getBytes(StandardCharsets.UTF_8));
    return HexFormat.of().formatHex(digest, 0, 16);
  }

  /** The one number that a query gives. */
  static long single(PreparedStatement select) throws SQLException {
    try (ResultSet row = select.executeQuery()) {
      if (!row.next()) {
        throw new SQLException("A row that is locked is not there");
      }
      return row.getLong(1);
    }
  }
}
