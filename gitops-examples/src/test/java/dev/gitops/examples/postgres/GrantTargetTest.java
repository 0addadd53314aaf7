// SPDX-License-Identifier: Apache-2.0
package dev.gitops.examples.postgres;

import static dev.gitops.examples.postgres.Grant.Privilege.CREATE;
import static dev.gitops.examples.postgres.Grant.Privilege.USAGE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gitops.core.model.Observed;
import dev.gitops.core.model.Resource;
import dev.gitops.core.spi.ConflictException;
import dev.gitops.core.spi.ReadScope;
import dev.gitops.core.spi.TerminalException;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.ValueSource;

class GrantTargetTest extends PostgresTest {
  @BeforeEach
  void createSchema() throws Exception {
    roles.create(aRole("owner"));
    roles.create(aRole("app"));
    schemas.create(aSchema("shop", "owner"));
  }

  private String may(String role, String privilege) throws SQLException {
    return query("select has_schema_privilege('" + role + "', 'shop', '" + privilege + "')");
  }

  @Test
  void aGrantIsReadBackAsItWasDeclared() throws Exception {
    var written = grants.create(aGrant("shop", "app", USAGE));

    Observed<Grant> live = live(grants, grant("shop", "app"));
    assertThat(live.value()).isEqualTo(new Grant(Set.of(USAGE)));
    assertThat(live.version()).isEqualTo(written.version()).isNotNull();
    assertThat(may("app", "USAGE")).isEqualTo("t");
    assertThat(may("app", "CREATE")).isEqualTo("f");
  }

  @Test
  void whatIsNotListedIsTakenAway() throws Exception {
    grants.create(aGrant("shop", "app", USAGE));
    sql("grant create on schema shop to app");

    grants.update(live(grants, grant("shop", "app")), aGrant("shop", "app", USAGE));

    assertThat(may("app", "USAGE")).isEqualTo("t");
    assertThat(may("app", "CREATE")).isEqualTo("f");
  }

  @Test
  void privilegesAreSwappedInOneStep() throws Exception {
    grants.create(aGrant("shop", "app", USAGE));

    grants.update(live(grants, grant("shop", "app")), aGrant("shop", "app", CREATE));

    assertThat(live(grants, grant("shop", "app")).value()).isEqualTo(new Grant(Set.of(CREATE)));
  }

  @Test
  void aGrantThatSomebodyElseMadeIsAConflictAndStaysAsItIs() throws Exception {
    sql("grant usage on schema shop to app");

    assertThatThrownBy(() -> grants.create(aGrant("shop", "app", USAGE, CREATE)))
        .isInstanceOf(ConflictException.class)
        .hasMessage("Grant/shop/app exists already");

    assertThat(may("app", "CREATE")).isEqualTo("f");
  }

  @Test
  void aGrantThatSomebodyElseChangedIsAConflict() throws Exception {
    grants.create(aGrant("shop", "app", USAGE));
    Observed<Grant> planned = live(grants, grant("shop", "app"));
    sql("grant create on schema shop to app");

    assertThatThrownBy(() -> grants.update(planned, aGrant("shop", "app", USAGE)))
        .isInstanceOf(ConflictException.class);
    assertThatThrownBy(() -> grants.delete(planned)).isInstanceOf(ConflictException.class);

    assertThat(may("app", "CREATE")).isEqualTo("t");
  }

  @Test
  void aRevokedGrantIsGoneAlsoTheSecondTime() throws Exception {
    grants.create(aGrant("shop", "app", USAGE, CREATE));
    Observed<Grant> live = live(grants, grant("shop", "app"));

    grants.delete(live);
    grants.delete(live);

    assertThat(find(grants, grant("shop", "app"))).isEmpty();
    assertThat(may("app", "USAGE")).isEqualTo("f");
  }

  @Test
  void aSchemaThatIsNotThereYetIsTriedAgain() {
    assertThatThrownBy(() -> grants.create(aGrant("nowhere", "app", USAGE)))
        .isInstanceOf(SQLException.class)
        .hasMessageContaining("schema \"nowhere\" does not exist");
  }

  @Test
  void aGrantToEverybodyIsRefused() throws Exception {
    assertThatThrownBy(() -> grants.create(aGrant("shop", "public", CREATE)))
        .isInstanceOf(TerminalException.class)
        .hasMessageContaining("everybody");

    assertThat(may("app", "CREATE")).isEqualTo("f");
  }

  @ParameterizedTest
  @ValueSource(strings = {"pg_catalog", "information_schema"})
  void postgresOwnSchemasAreLeftAlone(String schema) {
    assertThatThrownBy(() -> grants.create(aGrant(schema, "app", CREATE)))
        .isInstanceOf(TerminalException.class)
        .hasMessageContaining("left alone");
  }

  @Test
  void aGrantWithoutASchemaSaysWhatIsMissing() {
    assertThatThrownBy(
            () ->
                grants.create(
                    Resource.of(
                        dev.gitops.core.model.ResourceId.of("Grant", "app"),
                        new Grant(Set.of(USAGE)))))
        .isInstanceOf(TerminalException.class)
        .hasMessage("Grant/app does not say where: put the schema in metadata.scope");
  }

  @Test
  void anEmptyGrantIsNoGrant() {
    assertThatThrownBy(() -> new Grant(Set.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("USAGE, CREATE or both");
  }

  @ParameterizedTest
  @FieldSource("HOSTILE_NAMES")
  void hostileNamesAreJustNames(String name) throws Exception {
    roles.create(aRole(name));
    schemas.create(aSchema(name, "owner"));
    grants.create(aGrant(name, name, USAGE));

    grants.update(live(grants, grant(name, name)), aGrant(name, name, CREATE));
    assertThat(live(grants, grant(name, name)).value()).isEqualTo(new Grant(Set.of(CREATE)));
    assertThat(grants.read(ReadScope.everything(Set.of("Grant"))).found())
        .containsOnlyKeys(grant(name, name));
    grants.delete(live(grants, grant(name, name)));

    assertThat(find(grants, grant(name, name))).isEmpty();
    assertThat(find(schemas, schema("shop"))).isPresent();
  }

  @Test
  void manyGrantsOnOneSchemaAtOnceDoNotDisturbEachOther() throws Exception {
    for (int i = 0; i < 16; i++) {
      roles.create(aRole("r" + i));
    }
    var executor = Executors.newFixedThreadPool(8);
    try {
      List<Future<?>> all = new ArrayList<>();
      for (int i = 0; i < 16; i++) {
        Resource<Grant> grant = aGrant("shop", "r" + i, USAGE);
        all.add(executor.submit(() -> grants.create(grant)));
      }
      for (Future<?> one : all) {
        one.get();
      }
    } finally {
      executor.shutdownNow();
    }

    assertThat(grants.read(ReadScope.everything(Set.of("Grant"))).found()).hasSize(16);
  }

  @Test
  void roleAndSchemaComeFirst() {
    assertThat(grants.impliedDependencies(aGrant("shop", "app", USAGE)))
        .containsExactlyInAnyOrder(role("app"), schema("shop"));
  }
}
