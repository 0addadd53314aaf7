// SPDX-License-Identifier: Apache-2.0
package dev.gitops.examples.postgres;

import dev.gitops.core.model.Observed;
import dev.gitops.core.model.Resource;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.spi.ReadScope;
import dev.gitops.core.spi.Secrets;
import dev.gitops.core.spi.Target;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.Set;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;

/** A real PostgreSQL, one for all tests of this package, which clean up after themselves. */
abstract class PostgresTest {
  /** What a name from Git may look like when somebody means harm, or just lives elsewhere. */
  static final String[] HOSTILE_NAMES = {
    "x\"; drop schema shop cascade; --",
    "x'; drop schema shop cascade; --",
    "a?b ?? {fn now()} :c $1 $$",
    "back\\slash \\",
    "new\nline\ttab",
    "UPPER lower",
    "select",
    "café-ünïcode-🦊",
    "%s %%",
    "a.b/c",
    " ",
    "x".repeat(63)
  };

  private static final class Server {
    static final EmbeddedPostgres POSTGRES = start();

    static EmbeddedPostgres start() {
      try {
        EmbeddedPostgres postgres = EmbeddedPostgres.builder().start();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> close(postgres)));
        return postgres;
      } catch (Exception e) {
        throw new IllegalStateException(e);
      }
    }

    static void close(EmbeddedPostgres postgres) {
      try {
        postgres.close();
      } catch (Exception e) {
        throw new IllegalStateException(e);
      }
    }
  }

  static final String SECRET = "correct horse battery staple";

  final DataSource source = Server.POSTGRES.getPostgresDatabase();
  final Database database = new Database(source, Duration.ofSeconds(10));
  final Secrets secrets = Secrets.of(reference -> SECRET + reference.secretRef());
  final RoleTarget roles = new RoleTarget(database, "tests", secrets);
  final SchemaTarget schemas = new SchemaTarget(database, "tests");
  final GrantTarget grants = new GrantTarget(database, "tests");

  @AfterEach
  void dropWhatTheTestMade() throws Exception {
    sql(
        """
        do $body$
        declare it record;
        begin
          for it in select nspname from pg_namespace where oid >= 16384 and nspname !~ '^pg_' loop
            execute format('drop schema %I cascade', it.nspname);
          end loop;
          for it in select rolname from pg_roles where oid >= 16384 loop
            execute format('drop owned by %I cascade', it.rolname);
          end loop;
          for it in select rolname from pg_roles where oid >= 16384 loop
            execute format('drop role %I', it.rolname);
          end loop;
        end $body$
        """);
  }

  final void sql(String statement) throws SQLException {
    try (Connection connection = source.getConnection();
        Statement it = connection.createStatement()) {
      it.setEscapeProcessing(false);
      it.execute(statement);
    }
  }

  final String query(String query) throws SQLException {
    try (Connection connection = source.getConnection();
        Statement it = connection.createStatement();
        ResultSet row = it.executeQuery(query)) {
      return row.next() ? String.valueOf(row.getString(1)) : "";
    }
  }

  /** Logs in as somebody else, as a real user would. */
  final Connection login(String user, String password) throws SQLException {
    return DriverManager.getConnection(
        "jdbc:postgresql://localhost:" + Server.POSTGRES.getPort() + "/postgres", user, password);
  }

  static ResourceId role(String name) {
    return ResourceId.of("Role", name);
  }

  static ResourceId schema(String name) {
    return ResourceId.of("Schema", name);
  }

  static ResourceId grant(String schema, String role) {
    return ResourceId.of("Grant", schema, role);
  }

  static Resource<Role> aRole(String name) {
    return Resource.of(role(name), new Role(null, null, null, null));
  }

  static Resource<Schema> aSchema(String name, String owner) {
    return Resource.of(schema(name), new Schema(owner));
  }

  static Resource<Grant> aGrant(String schema, String role, Grant.Privilege... privileges) {
    return Resource.of(grant(schema, role), new Grant(Set.copyOf(Arrays.asList(privileges))));
  }

  static <T> Optional<Observed<T>> find(Target<T> target, ResourceId id) throws Exception {
    return Optional.ofNullable(
        target.read(ReadScope.of(Set.of(id.kind()), Set.of(id))).found().get(id));
  }

  static <T> Observed<T> live(Target<T> target, ResourceId id) throws Exception {
    return find(target, id).orElseThrow();
  }
}
