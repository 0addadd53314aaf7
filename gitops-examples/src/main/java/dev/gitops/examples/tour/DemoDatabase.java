// SPDX-License-Identifier: Apache-2.0
package dev.gitops.examples.tour;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import javax.sql.DataSource;

/** A real PostgreSQL server, started for the tour in a directory of its own. */
final class DemoDatabase implements AutoCloseable {
  private final EmbeddedPostgres postgres;

  /** Unpacks and starts the server; needs neither root nor anything installed. */
  DemoDatabase(Path directory) throws IOException {
    postgres =
        EmbeddedPostgres.builder()
            .setOverrideWorkingDirectory(directory.resolve("program").toFile())
            .setDataDirectory(directory.resolve("data").toFile())
            .start();
  }

  DataSource source() {
    return postgres.getPostgresDatabase();
  }

  String url() {
    return postgres.getJdbcUrl("postgres", "postgres");
  }

  /** What somebody does by hand. */
  void run(String sql) throws SQLException {
    try (Connection connection = source().getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  /** The first column of the first row. */
  String ask(String sql) throws SQLException {
    try (Connection connection = source().getConnection();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      return row.next() ? String.valueOf(row.getString(1)) : "";
    }
  }

  /** Everything that the tour is about, asked of PostgreSQL itself, to see that nothing changed. */
  String everything() throws SQLException {
    return ask(
        """
        select string_agg(line, chr(10) order by line) from (
          select 'role ' || rolname || ' login ' || rolcanlogin || ' limit ' || rolconnlimit as line
          from pg_roles where oid >= 16384
          union all
          select 'schema ' || nspname || ' of ' || pg_get_userbyid(nspowner)
          from pg_namespace where oid >= 16384 and nspname !~ '^pg_'
          union all
          select 'grant ' || nspname || ' ' || acl.grantee::regrole || ' '
                 || string_agg(acl.privilege_type, ',' order by acl.privilege_type)
          from pg_namespace cross join aclexplode(nspacl) acl
          where oid >= 16384 and nspname !~ '^pg_' and acl.grantee <> nspowner
          group by nspname, acl.grantee) facts
        """);
  }

  @Override
  public void close() throws IOException {
    postgres.close();
  }
}
