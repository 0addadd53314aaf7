// SPDX-License-Identifier: Apache-2.0
package dev.gitops.examples.postgres;

import static dev.gitops.examples.postgres.Database.identifier;
import static dev.gitops.examples.postgres.Database.literal;
import static dev.gitops.examples.postgres.Database.run;

import dev.gitops.core.model.Observed;
import dev.gitops.core.model.Resource;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.model.SecretRef;
import dev.gitops.core.spi.Secrets;
import dev.gitops.core.spi.TerminalException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;

/**
 * The roles of a PostgreSQL cluster.
 *
 * <p>PostgreSQL does not tell passwords, so a role's comment says which reference its password came
 * from; a password changed by hand goes unseen.
 */
public final class RoleTarget extends CatalogTarget<Role> {
  private static final String PASSWORD = "password from ";
  private static final Integer NO_LIMIT = -1;

  private final Secrets secrets;

  /**
   * The roles that can be reached through a database.
   *
   * @param reconciler the name that roles are marked with when created
   * @param secrets what turns references into passwords; give the reconciler the same
   */
  public RoleTarget(Database database, String reconciler, Secrets secrets) {
    super(database, reconciler);
    this.secrets = secrets;
  }

  /** Roles belong to the cluster, whichever database one is connected to. */
  @Override
  public String identity() throws Exception {
    return database.cluster();
  }

  @Override
  public Collection<ResourceId> impliedDependencies(Resource<Role> resource) {
    Set<String> groups = resource.spec().memberOf();
    return groups == null
        ? List.of()
        : groups.stream().filter(g -> !g.isEmpty()).map(g -> ResourceId.of("Role", g)).toList();
  }

  @Override
  protected String query() {
    return """
        select r.oid, r.rolname, r.rolcanlogin, r.rolconnlimit,
               shobj_description(r.oid, 'pg_authid') as comment,
               array(select distinct g.rolname::text
                     from pg_auth_members m join pg_roles g on g.oid = m.roleid
                     where m.member = r.oid order by 1) as member_of
        from pg_roles r
        where case when ? then r.oid >= 16384
              else ('', r.rolname::text) in (select * from unnest(?, ?)) end
        """;
  }

  @Override
  protected Observed<Role> observed(ResultSet row) throws SQLException {
    String comment = row.getString("comment");
    String reference = lineAfter(PASSWORD, comment);
    Role role =
        new Role(
            row.getBoolean("rolcanlogin"),
            row.getInt("rolconnlimit"),
            new TreeSet<>(List.of((String[]) row.getArray("member_of").getArray())),
            reference == null || reference.isEmpty() ? null : new SecretRef(reference));
    return Observed.of(ResourceId.of("Role", row.getString("rolname")), role)
        .withHandle(row.getString("oid"))
        .withOwnerMark(ownerIn(comment));
  }

  @Override
  protected void create(Connection c, Resource<Role> desired) throws Exception {
    String name = identifier(desired.id().name());
    run(c, "create role " + name);
    run(c, "comment on role " + name + " is " + literal(mark()));
    set(c, desired, new Role(false, -1, Set.of(), null), Set.of());
  }

  @Override
  protected void alter(
      Connection c, Observed<Role> live, Resource<Role> desired, Set<String> removed)
      throws Exception {
    requireNotSystem(live);
    requireNotMyself(c, live);
    set(c, desired, live.value(), removed);
  }

  @Override
  protected void drop(Connection c, Observed<Role> live) throws Exception {
    requireNotSystem(live);
    requireNotMyself(c, live);
    run(c, "drop role " + identifier(live.id().name()));
  }

  private void set(Connection c, Resource<Role> desired, Role live, Set<String> removed)
      throws Exception {
    String plainName = desired.id().name();
    String name = identifier(plainName);
    Role spec = desired.spec();
    Boolean login = removed.contains("/login") ? Boolean.FALSE : spec.login();
    if (login != null) {
      run(c, "alter role " + name + (login ? " login" : " nologin"));
    }
    Integer limit = removed.contains("/connectionLimit") ? NO_LIMIT : spec.connectionLimit();
    if (limit != null) {
      run(c, "alter role " + name + " connection limit " + limit);
    }
    Set<String> groups = removed.contains("/memberOf") ? Set.of() : spec.memberOf();
    if (groups != null) {
      Set<String> now = live.memberOf() == null ? Set.of() : live.memberOf();
      for (String group : minus(groups, now)) {
        run(c, "grant " + identifier(group) + " to " + name);
      }
      for (String group : minus(now, groups)) {
        run(c, "revoke " + identifier(group) + " from " + name);
      }
    }
    SecretRef password = spec.password();
    if (removed.contains("/password")) {
      run(c, "alter role " + name + " password null");
      remember(c, plainName, null);
    } else if (password != null && !password.equals(live.password())) {
      // Hashed on this side, so that neither the server's log nor an error ever shows it.
      char[] clear = secrets.reveal(password).toCharArray();
      c.unwrap(PGConnection.class).alterUserPassword(plainName, clear, "scram-sha-256");
      remember(c, plainName, password);
    }
  }

  /** Rewrites one line of the role's comment and leaves the others to whom they belong. */
  private static void remember(Connection c, String name, @Nullable SecretRef password)
      throws SQLException {
    String sql = "select shobj_description(oid, 'pg_authid') from pg_roles where rolname = ?";
    try (PreparedStatement statement = c.prepareStatement(sql)) {
      statement.setString(1, name);
      try (ResultSet row = statement.executeQuery()) {
        String comment = row.next() ? row.getString(1) : null;
        Stream<String> others =
            Stream.ofNullable(comment).flatMap(String::lines).filter(l -> !l.startsWith(PASSWORD));
        Stream<String> ours = Stream.ofNullable(password).map(p -> PASSWORD + p.secretRef());
        String text = Stream.concat(others, ours).collect(Collectors.joining("\n"));
        run(c, "comment on role " + identifier(name) + " is " + literal(text));
      }
    }
  }

  private static Set<String> minus(Set<String> all, Set<String> some) {
    Set<String> rest = new TreeSet<>(all);
    rest.removeAll(some);
    return rest;
  }

  private static void requireNotMyself(Connection c, Observed<Role> live) throws SQLException {
    if (live.id().name().equals(c.getMetaData().getUserName())) {
      throw new TerminalException(
          live.id() + " is the role that reconciles, which must not lock itself out");
    }
  }
}
