// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.model;

import java.time.Instant;

/**
 * What a reconciler does at one moment, for a health endpoint or a status page.
 *
 * @param stage what it does
 * @param since since when, by the reconciler's wall clock; an old time in a stage other than {@link
 *     Stage#IDLE} means a slow or hung source, target or store
 * @param done how many changes of this cycle have come to their end; 0 unless applying
 * @param of how many changes this cycle has to make; 0 unless applying
 */
public record Activity(Stage stage, Instant since, int done, int of) {
  /** What can be done. */
  public enum Stage {
    /** Nothing: no plan and no cycle is under way. */
    IDLE,
    /** Both sides are being read and compared. */
    LOOKING,
    /** Targets are being written to, by hooks or changes, and read again. */
    APPLYING
  }
}
