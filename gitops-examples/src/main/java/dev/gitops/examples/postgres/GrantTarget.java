// SPDX-License-Identifier: Apache-2.0
package dev.gitops.examples.postgres;

import static dev.gitops.examples.postgres.Database.identifier;
import static dev.gitops.examples.postgres.Database.run;

import dev.gitops.core.model.Observed;
import dev.gitops.core.model.Resource;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.spi.TerminalException;
import dev.gitops.examples.postgres.Grant.Privilege;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** What roles may do in the schemas of one PostgreSQL database. A grant can't carry a mark. */
public final class GrantTarget extends CatalogTarget<Grant> {
  /** The grants of a database. */
  public GrantTarget(Database database, String reconciler) {
    super(database, reconciler);
  }

  @Override
  public Collection<ResourceId> impliedDependencies(Resource<Grant> resource) {
    ResourceId role = ResourceId.of("Role", resource.id().name());
    String schema = resource.id().scope();
    return schema.isEmpty() ? List.of(role) : List.of(role, ResourceId.of("Schema", schema));
  }

  @Override
  protected String query() {
    return """
        select n.oid || '/' || r.oid as oid, n.nspname, r.rolname,
               array_agg(distinct acl.privilege_type order by acl.privilege_type) as privileges
        from pg_namespace n
             cross join aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) acl
             join pg_roles r on r.oid = acl.grantee
        where case when ? then n.oid >= 16384 and n.nspname !~ '^pg_' and r.oid <> n.nspowner
              else (n.nspname::text, r.rolname::text) in (select * from unnest(?, ?)) end
        group by n.oid, n.nspname, r.oid, r.rolname
        """;
  }

  @Override
  protected Observed<Grant> observed(ResultSet row) throws SQLException {
    String[] privileges = (String[]) row.getArray("privileges").getArray();
    ResourceId id = ResourceId.of("Grant", row.getString("nspname"), row.getString("rolname"));
    Grant grant =
        new Grant(Arrays.stream(privileges).map(Privilege::valueOf).collect(Collectors.toSet()));
    // No handle: a privilege that is revoked and granted again can't be told from the first one.
    return Observed.of(id, grant);
  }

  @Override
  protected void create(Connection c, Resource<Grant> desired) throws Exception {
    String role = identifier(desired.id().name());
    String schema = schema(desired.id());
    // GRANT adds to what is there, so it would not notice a grant that exists.
    requireAbsent(c, desired.id());
    run(c, "grant " + words(desired.spec().privileges()) + " on schema " + schema + " to " + role);
  }

  @Override
  protected void alter(
      Connection c, Observed<Grant> live, Resource<Grant> desired, Set<String> removed)
      throws SQLException {
    String role = identifier(live.id().name());
    String schema = schema(live.id());
    Set<Privilege> wanted = desired.spec().privileges();
    Set<Privilege> excess = EnumSet.copyOf(live.value().privileges());
    excess.removeAll(wanted);
    if (!excess.isEmpty()) {
      run(c, "revoke " + words(excess) + " on schema " + schema + " from " + role);
    }
    run(c, "grant " + words(wanted) + " on schema " + schema + " to " + role);
  }

  @Override
  protected void drop(Connection c, Observed<Grant> live) throws SQLException {
    run(c, "revoke all on schema " + schema(live.id()) + " from " + identifier(live.id().name()));
  }

  private static String schema(ResourceId id) {
    String name = id.scope();
    if (name.isEmpty()) {
      throw new TerminalException(id + " does not say where: put the schema in metadata.scope");
    }
    if (name.startsWith("pg_") || name.equals("information_schema")) {
      throw new TerminalException(id + " is about a schema of PostgreSQL itself, left alone");
    }
    if (id.name().equals("public")) {
      // Even when quoted, GRANT takes this name for everybody.
      throw new TerminalException(id + " would be a grant to everybody; name a role");
    }
    return identifier(name);
  }

  private static String words(Set<Privilege> privileges) {
    return privileges.stream().map(Privilege::name).collect(Collectors.joining(", "));
  }
}
