// SPDX-License-Identifier: Apache-2.0
package dev.gitops.examples.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gitops.core.model.Observed;
import dev.gitops.core.spi.ConflictException;
import dev.gitops.core.spi.ReadScope;
import dev.gitops.core.spi.TerminalException;
import java.sql.SQLException;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.ValueSource;

class SchemaTargetTest extends PostgresTest {
  @BeforeEach
  void createOwners() throws Exception {
    roles.create(aRole("app"));
    roles.create(aRole("other"));
  }

  @Test
  void aSchemaIsReadBackAsItWasDeclared() throws Exception {
    var written = schemas.create(aSchema("shop", "app"));

    Observed<Schema> live = live(schemas, schema("shop"));
    assertThat(live.value()).isEqualTo(new Schema("app"));
    assertThat(live.version()).isEqualTo(written.version());
    assertThat(live.handle()).isEqualTo(written.handle()).isNotNull();
    assertThat(live.ownerMark()).isEqualTo("tests");
  }

  @Test
  void aSchemaGetsANewOwnerInPlace() throws Exception {
    schemas.create(aSchema("shop", "app"));
    sql("create table shop.orders ()");

    schemas.update(live(schemas, schema("shop")), aSchema("shop", "other"));

    assertThat(live(schemas, schema("shop")).value()).isEqualTo(new Schema("other"));
    assertThat(query("select count(*) from shop.orders")).isEqualTo("0");
  }

  @Test
  void aSchemaThatSomebodyElseGaveAwayIsAConflict() throws Exception {
    schemas.create(aSchema("shop", "app"));
    Observed<Schema> planned = live(schemas, schema("shop"));
    sql("alter schema shop owner to postgres");

    assertThatThrownBy(() -> schemas.update(planned, aSchema("shop", "other")))
        .isInstanceOf(ConflictException.class)
        .hasMessageContaining("changed in the meantime");
    assertThatThrownBy(() -> schemas.delete(planned)).isInstanceOf(ConflictException.class);
  }

  @Test
  void aSchemaWithTablesIsNotDroppedAndTheErrorSaysWhatIsInIt() throws Exception {
    schemas.create(aSchema("shop", "app"));
    sql("create table shop.orders ()");

    assertThatThrownBy(() -> schemas.delete(live(schemas, schema("shop"))))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("table shop.orders depends on schema shop");

    assertThat(query("select count(*) from shop.orders")).isEqualTo("0");
  }

  @Test
  void anEmptySchemaIsDroppedOnceAndThenStaysGone() throws Exception {
    schemas.create(aSchema("shop", "app"));
    Observed<Schema> live = live(schemas, schema("shop"));

    schemas.delete(live);
    schemas.delete(live);

    assertThat(find(schemas, schema("shop"))).isEmpty();
  }

  @Test
  void creatingWhatExistsIsAConflict() throws Exception {
    sql("create schema shop");

    assertThatThrownBy(() -> schemas.create(aSchema("shop", "app")))
        .isInstanceOf(ConflictException.class)
        .hasMessageContaining("already exists");

    assertThat(live(schemas, schema("shop")).value()).isEqualTo(new Schema("postgres"));
  }

  @Test
  void anOwnerThatIsNotThereYetIsTriedAgain() {
    assertThatThrownBy(() -> schemas.create(aSchema("shop", "nobody")))
        .isInstanceOf(SQLException.class)
        .hasMessageContaining("role \"nobody\" does not exist");
  }

  @ParameterizedTest
  @ValueSource(strings = {"public", "pg_catalog", "information_schema"})
  void postgresOwnSchemasAreLeftAlone(String name) throws Exception {
    Observed<Schema> live = live(schemas, schema(name));

    assertThatThrownBy(() -> schemas.update(live, aSchema(name, "app")))
        .isInstanceOf(TerminalException.class);
    assertThatThrownBy(() -> schemas.delete(live)).isInstanceOf(TerminalException.class);
  }

  @ParameterizedTest
  @FieldSource("HOSTILE_NAMES")
  void hostileNamesAreJustNames(String name) throws Exception {
    sql("create schema shop");
    roles.create(aRole(name));
    schemas.create(aSchema(name, name));
    assertThat(live(schemas, schema(name)).value()).isEqualTo(new Schema(name));

    schemas.update(live(schemas, schema(name)), aSchema(name, "app"));
    assertThat(live(schemas, schema(name)).value()).isEqualTo(new Schema("app"));
    schemas.delete(live(schemas, schema(name)));

    assertThat(schemas.read(ReadScope.everything(Set.of("Schema"))).found())
        .containsOnlyKeys(schema("shop"));
  }

  @Test
  void theOwnerComesFirst() {
    assertThat(schemas.impliedDependencies(aSchema("shop", "app"))).containsExactly(role("app"));
  }
}
