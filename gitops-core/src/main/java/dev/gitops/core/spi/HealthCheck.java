// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.spi;

import dev.gitops.core.model.Health;
import dev.gitops.core.model.Observed;

/**
 * Judges how a live resource is doing from what was read of it. Pure: no I/O, no time. What it
 * throws makes that resource's health unknown.
 *
 * <p>A status that the target reports and that nobody declares comes in through the embedder's
 * type, as a component with Jackson's {@code @JsonIgnore}: the target sets it in what it reads, the
 * health check sees it here, a declaration that has it is refused, and no comparison sees it.
 *
 * @param <T> the embedder's type
 */
@FunctionalInterface
public interface HealthCheck<T> {
  /** Judges one resource that exists. */
  Health judge(Observed<T> live);

  /** The default: what exists is healthy. */
  static <T> HealthCheck<T> present() {
    return live -> Health.HEALTHY;
  }
}
