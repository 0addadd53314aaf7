// SPDX-License-Identifier: Apache-2.0
package dev.gitops.examples.postgres;

import dev.gitops.core.Reconciler;
import dev.gitops.core.spi.Secrets;
import dev.gitops.core.spi.StateSource;
import dev.gitops.core.spi.StateStore;

/** Roles whose passwords stand in the environment. */
final class WithSecrets {
  private WithSecrets() {}

  static Reconciler reconciler(StateSource git, Database database, StateStore store) {
    Secrets secrets =
        Secrets.of(ref -> System.getenv(ref.secretRef().replaceFirst("^env:", ""))); // or a vault
    return Reconciler.builder("roles", git)
        .route(Role.KIND, new RoleTarget(database, "roles", secrets))
        .secrets(secrets) // the same: what it revealed is kept out of messages and reports
        .store(store)
        .build();
  }
}
