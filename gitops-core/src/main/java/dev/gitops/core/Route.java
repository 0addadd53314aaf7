// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core;

import dev.gitops.core.model.Kind;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.spi.Differ;
import dev.gitops.core.spi.HealthCheck;
import dev.gitops.core.spi.Target;

/** Where the resources of one kind go. */
record Route<T>(Kind<T> kind, Target<T> target, Differ<T> differ, HealthCheck<T> health) {
  static <T> Route<T> of(Kind<T> kind, Target<T> target) {
    return new Route<>(kind, target, target.differ(kind), target.health(kind));
  }

  ResourceId canonical(ResourceId id) {
    return target.canonical(id);
  }
}
