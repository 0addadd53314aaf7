// SPDX-License-Identifier: Apache-2.0
package dev.gitops.examples.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gitops.core.model.Observed;
import dev.gitops.core.model.Resource;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.model.SecretRef;
import dev.gitops.core.spi.ConflictException;
import dev.gitops.core.spi.ReadScope;
import dev.gitops.core.spi.Secrets;
import dev.gitops.core.spi.TerminalException;
import java.sql.SQLException;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.ValueSource;

class RoleTargetTest extends PostgresTest {
  @Test
  void aRoleIsReadBackAsItWasDeclared() throws Exception {
    roles.create(aRole("staff"));
    Role declared = new Role(true, 5, Set.of("staff"), new SecretRef("vault:app"));

    var written = roles.create(Resource.of(role("app"), declared));

    Observed<Role> live = live(roles, role("app"));
    assertThat(live.value()).isEqualTo(declared);
    assertThat(live.version()).isEqualTo(written.version()).isNotNull();
    assertThat(live.handle())
        .isEqualTo(written.handle())
        .isEqualTo(query("select oid from pg_roles where rolname = 'app'"));
    assertThat(live.ownerMark()).isEqualTo("tests");
  }

  @Test
  void aUserLogsInWithThePasswordBehindTheReference() throws Exception {
    roles.create(Resource.of(role("app"), new Role(true, null, null, new SecretRef("vault:app"))));

    assertThat(query("select rolpassword from pg_authid where rolname = 'app'"))
        .startsWith("SCRAM-SHA-256$");
    try (var connection = login("app", SECRET + "vault:app")) {
      assertThat(connection.isValid(1)).isTrue();
    }
    assertThat(query("select shobj_description('app'::regrole, 'pg_authid')"))
        .isEqualTo("managed by tests\npassword from vault:app");
  }

  @Test
  void aNewReferenceRollsOutANewPassword() throws Exception {
    roles.create(Resource.of(role("app"), new Role(true, null, null, new SecretRef("v1"))));
    String before = query("select rolpassword from pg_authid where rolname = 'app'");

    roles.update(
        live(roles, role("app")),
        Resource.of(role("app"), new Role(true, null, null, new SecretRef("v2"))));

    assertThat(query("select rolpassword from pg_authid where rolname = 'app'"))
        .isNotEqualTo(before);
    assertThat(live(roles, role("app")).value().password()).isEqualTo(new SecretRef("v2"));
    assertThat(live(roles, role("app")).ownerMark()).isEqualTo("tests");
  }

  @Test
  void aSecretThatCanNotBeReadLeavesNoHalfMadeRole() throws Exception {
    RoleTarget target = new RoleTarget(database, "tests", Secrets.none());

    assertThatThrownBy(
            () ->
                target.create(
                    Resource.of(role("app"), new Role(true, null, null, new SecretRef("v1")))))
        .isInstanceOf(TerminalException.class)
        .hasMessageContaining("v1");

    assertThat(find(roles, role("app"))).isEmpty();
  }

  @Test
  void anUpdateLeavesAloneWhatIsNotDeclared() throws Exception {
    roles.create(Resource.of(role("app"), new Role(true, 5, null, null)));
    sql("alter role app createdb; comment on role app is 'a word of theirs'");

    roles.update(
        live(roles, role("app")),
        Resource.of(role("app"), new Role(null, 7, null, new SecretRef("v1"))));

    assertThat(live(roles, role("app")).value())
        .isEqualTo(new Role(true, 7, Set.of(), new SecretRef("v1")));
    assertThat(query("select rolcreatedb from pg_roles where rolname = 'app'")).isEqualTo("t");
    assertThat(query("select shobj_description('app'::regrole, 'pg_authid')"))
        .isEqualTo("a word of theirs\npassword from v1");
  }

  @Test
  void fieldsNoLongerDeclaredGoBackToWhatPostgresStartsWith() throws Exception {
    roles.create(aRole("staff"));
    roles.create(Resource.of(role("app"), new Role(true, 5, Set.of("staff"), new SecretRef("v1"))));

    roles.update(
        live(roles, role("app")),
        aRole("app"),
        Set.of("/login", "/connectionLimit", "/memberOf", "/password"));

    assertThat(live(roles, role("app")).value()).isEqualTo(new Role(false, -1, Set.of(), null));
    assertThat(query("select rolpassword from pg_authid where rolname = 'app'")).isEqualTo("null");
  }

  @Test
  void membershipsThatAreNotListedAreTakenAway() throws Exception {
    roles.create(aRole("staff"));
    roles.create(aRole("admins"));
    roles.create(Resource.of(role("app"), new Role(null, null, Set.of("staff"), null)));
    sql("grant admins to app");

    roles.update(
        live(roles, role("app")),
        Resource.of(role("app"), new Role(null, null, Set.of("staff"), null)));

    assertThat(live(roles, role("app")).value().memberOf()).containsExactly("staff");
  }

  @Test
  void aMembershipAddedByHandChangesTheVersion() throws Exception {
    roles.create(aRole("admins"));
    roles.create(aRole("app"));
    Observed<Role> planned = live(roles, role("app"));
    sql("grant admins to app");

    assertThatThrownBy(() -> roles.update(planned, aRole("app")))
        .isInstanceOf(ConflictException.class)
        .hasMessage("Role/app was changed in the meantime");
  }

  @Test
  void creatingWhatExistsIsAConflictAndChangesNothing() throws Exception {
    sql("create role app connection limit 3");

    assertThatThrownBy(() -> roles.create(Resource.of(role("app"), new Role(true, 9, null, null))))
        .isInstanceOf(ConflictException.class)
        .hasMessageContaining("\"app\" already exists");

    assertThat(live(roles, role("app")).value()).isEqualTo(new Role(false, 3, Set.of(), null));
    assertThat(live(roles, role("app")).ownerMark()).isNull();
  }

  @Test
  void aRoleOfTheSameNameThatSomebodyElseCreatedSurvives() throws Exception {
    roles.create(aRole("app"));
    Observed<Role> planned = live(roles, role("app"));
    sql("drop role app; create role app");

    assertThatThrownBy(() -> roles.delete(planned))
        .isInstanceOf(ConflictException.class)
        .hasMessageContaining("created again by somebody else");
    assertThatThrownBy(() -> roles.update(planned, aRole("app")))
        .isInstanceOf(ConflictException.class);

    assertThat(find(roles, role("app"))).isPresent();
  }

  @Test
  void updatingWhatIsGoneIsAConflictAndDeletingItSucceeds() throws Exception {
    roles.create(aRole("app"));
    Observed<Role> planned = live(roles, role("app"));
    roles.delete(planned);

    assertThatThrownBy(() -> roles.update(planned, aRole("app")))
        .isInstanceOf(ConflictException.class)
        .hasMessage("Role/app no longer exists");
    roles.delete(planned);

    assertThat(find(roles, role("app"))).isEmpty();
  }

  @Test
  void aRoleThatSomethingDependsOnIsNotDroppedAndTheErrorSaysWhy() throws Exception {
    roles.create(aRole("app"));
    sql("create schema theirs authorization app");

    assertThatThrownBy(() -> roles.delete(live(roles, role("app"))))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("owner of schema theirs")
        .hasMessageContaining("onRemoval: keep");

    assertThat(find(roles, role("app"))).isPresent();
  }

  @Test
  void aGroupThatIsNotThereYetIsTriedAgain() {
    assertThatThrownBy(
            () -> roles.create(Resource.of(role("app"), new Role(null, null, Set.of("no"), null))))
        .isInstanceOf(SQLException.class)
        .hasMessageContaining("role \"no\" does not exist");
  }

  @Test
  void aCircleOfMembershipsCanNotSucceed() throws Exception {
    roles.create(aRole("a"));
    roles.create(Resource.of(role("b"), new Role(null, null, Set.of("a"), null)));

    assertThatThrownBy(
            () ->
                roles.update(
                    live(roles, role("a")),
                    Resource.of(role("a"), new Role(null, null, Set.of("b"), null))))
        .isInstanceOf(TerminalException.class)
        .hasMessageContaining("is a member of role");
  }

  @ParameterizedTest
  @ValueSource(strings = {"pg_monitor", "postgres"})
  void postgresOwnRolesAreLeftAlone(String name) throws Exception {
    Observed<Role> live = live(roles, role(name));

    assertThatThrownBy(
            () -> roles.update(live, Resource.of(role(name), new Role(false, 1, null, null))))
        .isInstanceOf(TerminalException.class)
        .hasMessageContaining("belongs to PostgreSQL itself");
    assertThatThrownBy(() -> roles.delete(live)).isInstanceOf(TerminalException.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"pg_mine", "public", "none"})
  void reservedNamesCanNotBeCreated(String name) {
    assertThatThrownBy(() -> roles.create(aRole(name)))
        .isInstanceOf(TerminalException.class)
        .hasMessageContaining("reserved");
  }

  @Test
  void theReconcilersOwnRoleIsNotLockedOut() throws Exception {
    sql("create role operator login superuser password 'op'");
    var asOperator = new org.postgresql.ds.PGSimpleDataSource();
    asOperator.setUrl(query("select 'jdbc:postgresql://localhost:' || inet_server_port() || '/'"));
    asOperator.setDatabaseName("postgres");
    asOperator.setUser("operator");
    asOperator.setPassword("op");
    RoleTarget own =
        new RoleTarget(new Database(asOperator, java.time.Duration.ofSeconds(5)), "t", secrets);

    assertThatThrownBy(
            () ->
                own.update(
                    live(own, role("operator")),
                    Resource.of(role("operator"), new Role(false, null, null, null))))
        .isInstanceOf(TerminalException.class)
        .hasMessageContaining("must not lock itself out");
  }

  @ParameterizedTest
  @FieldSource("HOSTILE_NAMES")
  void hostileNamesAreJustNames(String name) throws Exception {
    sql("create schema shop");
    roles.create(aRole("staff"));
    roles.create(
        Resource.of(
            role(name),
            new Role(true, 1, Set.of("staff"), new SecretRef("p-" + name.replace('\n', '-')))));

    Observed<Role> live = live(roles, role(name));
    roles.update(live, Resource.of(role(name), new Role(null, 2, Set.of(), null)));
    assertThat(live(roles, role(name)).value().connectionLimit()).isEqualTo(2);
    roles.delete(live(roles, role(name)));

    assertThat(find(roles, role(name))).isEmpty();
    assertThat(query("select count(*) from pg_namespace where nspname = 'shop'")).isEqualTo("1");
  }

  @ParameterizedTest
  @ValueSource(strings = {"nul\0byte", "lone\ud800surrogate", "toolong"})
  void impossibleNamesAreAbsentAndCanNotBeCreatedAndDisturbNobody(String text) throws Exception {
    String name = text.equals("toolong") ? "ü".repeat(32) : text;
    roles.create(aRole("app"));

    Set<ResourceId> ids = new HashSet<>(Set.of(role("app"), role(name)));
    assertThat(roles.read(ReadScope.of(Set.of("Role"), ids)).found()).containsOnlyKeys(role("app"));
    assertThatThrownBy(() -> roles.create(aRole(name)))
        .isInstanceOf(TerminalException.class)
        .hasMessageContaining("1 to 63 bytes");
  }

  @Test
  void everythingMeansAllButPostgresOwn() throws Exception {
    roles.create(aRole("a"));
    sql("create role theirs");

    assertThat(roles.read(ReadScope.everything(Set.of("Role"))).found())
        .containsOnlyKeys(role("a"), role("theirs"));
  }

  @Test
  void groupsComeFirst() {
    assertThat(
            roles.impliedDependencies(
                Resource.of(role("app"), new Role(null, null, Set.of("staff"), null))))
        .containsExactly(role("staff"));
  }

  @Test
  void aReferenceCanNotForgeAnOwnerMark() {
    assertThatThrownBy(() -> new Role(null, null, null, new SecretRef("v1\nmanaged by others")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("single line");
  }

  @Test
  void theClusterIsToldApartFromEveryOther() throws Exception {
    String system = query("select system_identifier from pg_control_system()");

    assertThat(roles.identity()).isEqualTo("postgresql:" + system);
    assertThat(schemas.identity()).isEqualTo("postgresql:" + system + "/postgres");
  }
}
