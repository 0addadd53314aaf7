// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.spi;

import dev.gitops.core.model.Health;
import dev.gitops.core.model.Observed;

/**
 * Judges how a live resource is doing from what was read of it. Pure: no I/O, no time. What it
 * throws makes that resource's health unknown.
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
