// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.model;

/**
 * When in a cycle a resource has its turn. All but {@link #SYNC} are hooks: they run only when the
 * cycle applies something, at least once for each revision and declaration, and are neither
 * drift-checked nor pruned.
 */
public enum Phase {
  /**
   * A hook that runs before the first resource is written; its failure stops the cycle's writes.
   */
  PRE_SYNC,
  /** An ordinary resource. */
  SYNC,
  /** A hook that runs after all resources are applied and healthy. */
  POST_SYNC,
  /** A hook that runs when an earlier phase failed. */
  SYNC_FAIL
}
