// SPDX-License-Identifier: Apache-2.0
package dev.gitops.examples.postgres;

import static dev.gitops.examples.postgres.Database.identifier;
import static dev.gitops.examples.postgres.Database.literal;
import static dev.gitops.examples.postgres.Database.run;

import dev.gitops.core.model.Observed;
import dev.gitops.core.model.Resource;
import dev.gitops.core.model.ResourceId;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Collection;
import java.util.List;
import java.util.Set;

/** The schemas of one PostgreSQL database. A schema with something in it is not dropped. */
public final class SchemaTarget extends CatalogTarget<Schema> {
  /**
   * The schemas of a database.
   *
   * @param reconciler the name that schemas are marked with when created
   */
  public SchemaTarget(Database database, String reconciler) {
    super(database, reconciler);
  }

  @Override
  public Collection<ResourceId> impliedDependencies(Resource<Schema> resource) {
    return List.of(ResourceId.of("Role", resource.spec().owner()));
  }

  @Override
  protected String query() {
    return """
        select n.oid, n.nspname, pg_get_userbyid(n.nspowner) as owner,
               obj_description(n.oid, 'pg_namespace') as comment
        from pg_namespace n
        where case when ? then n.oid >= 16384 and n.nspname !~ '^pg_'
              else ('', n.nspname::text) in (select * from unnest(?, ?)) end
        """;
  }

  @Override
  protected Observed<Schema> observed(ResultSet row) throws SQLException {
    return Observed.of(
            ResourceId.of("Schema", row.getString("nspname")), new Schema(row.getString("owner")))
        .withHandle(row.getString("oid"))
        .withOwnerMark(ownerIn(row.getString("comment")));
  }

  @Override
  protected void create(Connection c, Resource<Schema> desired) throws SQLException {
    String name = identifier(desired.id().name());
    run(c, "create schema " + name + " authorization " + identifier(desired.spec().owner()));
    run(c, "comment on schema " + name + " is " + literal(mark()));
  }

  @Override
  protected void alter(
      Connection c, Observed<Schema> live, Resource<Schema> desired, Set<String> removed)
      throws SQLException {
    requireNotSystem(live);
    run(
        c,
        "alter schema "
            + identifier(live.id().name())
            + " owner to "
            + identifier(desired.spec().owner()));
  }

  @Override
  protected void drop(Connection c, Observed<Schema> live) throws SQLException {
    requireNotSystem(live);
    run(c, "drop schema " + identifier(live.id().name()) + " restrict");
  }
}
