// SPDX-License-Identifier: Apache-2.0
package dev.gitops.examples.tour;

import dev.gitops.core.Reconciler;
import dev.gitops.core.ReconcilerBuilder;
import dev.gitops.core.spi.Secrets;
import dev.gitops.core.spi.StateSource;
import dev.gitops.examples.postgres.Database;
import dev.gitops.examples.postgres.Grant;
import dev.gitops.examples.postgres.GrantTarget;
import dev.gitops.examples.postgres.Role;
import dev.gitops.examples.postgres.RoleTarget;
import dev.gitops.examples.postgres.Schema;
import dev.gitops.examples.postgres.SchemaTarget;

/** Three kinds, three targets, one reconciler. */
final class PostgresReconciler {
  private PostgresReconciler() {}

  static ReconcilerBuilder of(String name, StateSource source, Database database, Secrets secrets) {
    return Reconciler.builder(name, source)
        .route(Role.KIND, new RoleTarget(database, name, secrets))
        .route(Schema.KIND, new SchemaTarget(database, name))
        .route(Grant.KIND, new GrantTarget(database, name))
        .secrets(secrets);
  }
}
