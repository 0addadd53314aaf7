// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.spi;

import org.jspecify.annotations.Nullable;

/**
 * What a target said when it accepted a write.
 *
 * @param version the resource's version after it; null where the target has none
 * @param handle the resource's handle; null where the target has none. After a creation this is
 *     what proves, also after a crash, that the resource is ours
 */
public record Written(@Nullable String version, @Nullable String handle) {
  private static final Written DONE = new Written(null, null);

  /** Accepted, with nothing to say. */
  public static Written done() {
    return DONE;
  }

  /** Accepted, by a target that knows versions and handles. */
  public static Written of(@Nullable String version, @Nullable String handle) {
    return new Written(version, handle);
  }
}
