// SPDX-License-Identifier: Apache-2.0
package dev.gitops.examples.postgres;

import dev.gitops.core.model.Live;
import dev.gitops.core.model.Observed;
import dev.gitops.core.model.Resource;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.spi.ConflictException;
import dev.gitops.core.spi.ReadScope;
import dev.gitops.core.spi.Target;
import dev.gitops.core.spi.TerminalException;
import dev.gitops.core.spi.Written;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the three targets have in common: one query reads, and every write is a transaction that
 * first checks that the resource is still what the plan was made from.
 *
 * <p>The handle is PostgreSQL's OID. The version is a hash of what the query returned: xmin would
 * need {@code pg_authid}, which only superusers may read, and does not see memberships.
 */
abstract class CatalogTarget<T> implements Target<T> {
  /** Objects below are PostgreSQL's own, such as the bootstrap superuser and {@code pg_*}. */
  private static final long FIRST_NORMAL_OID = 16384;

  private static final String MARK = "managed by ";

  protected final Database database;
  private final String mark;

  /**
   * Resources of a database.
   *
   * @param reconciler whose name the resources that it creates carry in their comment, where they
   *     can have one
   */
  CatalogTarget(Database database, String reconciler) {
    if (reconciler.lines().count() != 1) {
      throw new IllegalArgumentException("A reconciler's name is one line: '" + reconciler + "'");
    }
    this.database = database;
    this.mark = MARK + reconciler;
  }

  /**
   * A query of all facts about this kind's resources, restricted by {@code case when ? then (all
   * but PostgreSQL's own) else (scope, name) in (select * from unnest(?, ?)) end}.
   */
  protected abstract String query();

  /** What the current row says. */
  protected abstract Observed<T> observed(ResultSet row) throws SQLException;

  protected abstract void create(Connection connection, Resource<T> desired) throws Exception;

  protected abstract void alter(
      Connection connection, Observed<T> live, Resource<T> desired, Set<String> removed)
      throws Exception;

  protected abstract void drop(Connection connection, Observed<T> live) throws Exception;

  @Override
  public String identity() throws Exception {
    return database.identity();
  }

  @Override
  public Live<T> read(ReadScope scope) throws Exception {
    return Live.of(database.transaction(c -> select(c, scope.everything() ? null : scope.ids())));
  }

  @Override
  public Written create(Resource<T> desired) throws Exception {
    return database.transaction(
        c -> {
          lock(c, desired.id());
          create(c, desired);
          return written(c, desired.id());
        });
  }

  @Override
  public Written update(Observed<T> live, Resource<T> desired) throws Exception {
    return update(live, desired, Set.of());
  }

  @Override
  public Written update(Observed<T> live, Resource<T> desired, Set<String> removed)
      throws Exception {
    return database.transaction(
        c -> {
          lock(c, desired.id());
          List<Observed<T>> now = select(c, List.of(live.id()));
          if (now.isEmpty()) {
            throw new ConflictException(live.id() + " no longer exists");
          }
          requireSame(live, now.get(0));
          alter(c, live, desired, removed);
          return written(c, desired.id());
        });
  }

  @Override
  public void delete(Observed<T> live) throws Exception {
    database.transaction(
        c -> {
          lock(c, live.id());
          List<Observed<T>> now = select(c, List.of(live.id()));
          if (!now.isEmpty()) {
            requireSame(live, now.get(0));
            drop(c, live);
          }
          return now;
        });
  }

  /** The comment of what this reconciler creates. */
  protected final String mark() {
    return mark;
  }

  /** To be called where SQL itself would not notice that the resource exists. */
  protected final void requireAbsent(Connection connection, ResourceId id) throws SQLException {
    if (!select(connection, List.of(id)).isEmpty()) {
      throw new ConflictException(id + " exists already");
    }
  }

  /** The reconciler that a comment names; null where it names none. */
  protected static @Nullable String ownerIn(@Nullable String comment) {
    return lineAfter(MARK, comment);
  }

  protected static @Nullable String lineAfter(String start, @Nullable String comment) {
    return comment == null
        ? null
        : comment
            .lines()
            .filter(line -> line.startsWith(start))
            .map(line -> line.substring(start.length()))
            .findFirst()
            .orElse(null);
  }

  /** Refuses to change what belongs to PostgreSQL itself. */
  protected static void requireNotSystem(Observed<?> live) {
    if (live.handle() == null || Long.parseLong(live.handle()) < FIRST_NORMAL_OID) {
      throw new TerminalException(
          live.id() + " belongs to PostgreSQL itself and is left alone; remove its declaration");
    }
  }

  private List<Observed<T>> select(Connection connection, @Nullable Collection<ResourceId> ids)
      throws SQLException {
    List<ResourceId> possible =
        ids == null
            ? List.of()
            : ids.stream()
                .filter(id -> Database.possible(id.name()))
                .filter(id -> id.scope().isEmpty() || Database.possible(id.scope()))
                .toList();
    String sql =
        "select t.*, encode(sha256(convert_to(t::text, 'UTF8')), 'hex') as version from ("
            + query()
            + ") t";
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setBoolean(1, ids == null);
      statement.setArray(2, array(connection, possible.stream().map(ResourceId::scope).toArray()));
      statement.setArray(3, array(connection, possible.stream().map(ResourceId::name).toArray()));
      try (ResultSet rows = statement.executeQuery()) {
        List<Observed<T>> found = new ArrayList<>();
        while (rows.next()) {
          found.add(observed(rows).withVersion(rows.getString("version")));
        }
        return found;
      }
    }
  }

  private static java.sql.Array array(Connection connection, Object[] texts) throws SQLException {
    return connection.createArrayOf("text", texts);
  }

  private Written written(Connection connection, ResourceId id) throws SQLException {
    Observed<T> now = select(connection, List.of(id)).get(0);
    return Written.of(now.version(), now.handle());
  }

  /** Two writers of one catalog row would fail with "tuple concurrently updated". */
  private static void lock(Connection connection, ResourceId id) throws SQLException {
    String row = id.scope().isEmpty() ? id.name() : id.scope();
    try (PreparedStatement statement =
        connection.prepareStatement("select pg_advisory_xact_lock(hashtextextended(?, 0))")) {
      statement.setString(1, row.replace('\0', ' '));
      statement.execute();
    }
  }

  private static void requireSame(Observed<?> planned, Observed<?> now) {
    if (planned.handle() != null && !planned.handle().equals(now.handle())) {
      throw new ConflictException(
          planned.id() + " was dropped and created again by somebody else in the meantime");
    }
    if (planned.version() != null && !planned.version().equals(now.version())) {
      throw new ConflictException(planned.id() + " was changed in the meantime");
    }
  }
}
