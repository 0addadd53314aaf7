// SPDX-License-Identifier: Apache-2.0
package dev.gitops.examples.postgres;

import dev.gitops.core.contract.TargetContract;
import dev.gitops.core.model.Kind;
import dev.gitops.core.model.Observed;
import dev.gitops.core.model.Resource;
import dev.gitops.core.spi.Target;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;

/** The three targets do what every target must do. */
class PostgresContractTest {
  private static final PostgresTest POSTGRES = new PostgresTest() {};

  @AfterEach
  void dropWhatTheTestMade() throws Exception {
    POSTGRES.dropWhatTheTestMade();
  }

  @Nested
  class Roles extends TargetContract<Role> {
    @Override
    protected Target<Role> freshTarget() {
      return POSTGRES.roles;
    }

    @Override
    protected Kind<Role> kind() {
      return Role.KIND;
    }

    @Override
    protected Resource<Role> sample(int i) {
      return Resource.of(PostgresTest.role("role " + i), new Role(null, i, null, null));
    }

    @Override
    protected Resource<Role> changed(Resource<Role> sample) {
      return sample.withSpec(new Role(null, 50, null, null));
    }

    @Override
    protected void changeUndeclaredFields(Observed<Role> live) throws Exception {
      POSTGRES.sql("alter role " + Database.identifier(live.id().name()) + " login");
    }
  }

  @Nested
  class Schemas extends TargetContract<Schema> {
    @Override
    protected Target<Schema> freshTarget() throws Exception {
      POSTGRES.sql("create role app; create role other");
      return POSTGRES.schemas;
    }

    @Override
    protected Kind<Schema> kind() {
      return Schema.KIND;
    }

    @Override
    protected Resource<Schema> sample(int i) {
      return PostgresTest.aSchema("schema " + i, "app");
    }

    @Override
    protected Resource<Schema> changed(Resource<Schema> sample) {
      return sample.withSpec(new Schema("other"));
    }
  }

  @Nested
  class Grants extends TargetContract<Grant> {
    @Override
    protected Target<Grant> freshTarget() throws Exception {
      POSTGRES.sql("create schema shop");
      for (int i = 0; i < 10; i++) {
        POSTGRES.sql("create role app" + i);
      }
      return POSTGRES.grants;
    }

    @Override
    protected Kind<Grant> kind() {
      return Grant.KIND;
    }

    @Override
    protected Resource<Grant> sample(int i) {
      return PostgresTest.aGrant("shop", "app" + i, Grant.Privilege.USAGE);
    }

    @Override
    protected Resource<Grant> changed(Resource<Grant> sample) {
      return sample.withSpec(new Grant(Set.of(Grant.Privilege.CREATE)));
    }
  }
}
