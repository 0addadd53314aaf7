// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.model;

import org.jspecify.annotations.Nullable;

/**
 * What one plan or reconcile is about: which resources, at which revision, and what caused it.
 * Every run takes the same path through the engine, whatever it selects.
 *
 * @param selection which resources may change; the others are still read where the order needs them
 * @param revision a revision selector as the source understands it (commit, tag, branch); null
 *     means the source's head, or the pinned revision while a pin is in force; another one than the
 *     pinned can then be planned, while a reconcile of it fails and says who has pinned
 * @param trigger what caused the run, for reports and the audit trail
 */
public record Run(Selection selection, @Nullable String revision, String trigger) {
  private static final Run ALL = new Run(Selection.all(), null, "call");

  /** Everything, at the head. */
  public static Run all() {
    return ALL;
  }

  /** Only these resources, at the head. */
  public static Run of(Selection selection) {
    return new Run(selection, null, "call");
  }

  /** The same at a given revision. */
  public Run at(String revisionSelector) {
    return new Run(selection, revisionSelector, trigger);
  }

  /** The same with another cause. */
  public Run because(String newTrigger) {
    return new Run(selection, revision, newTrigger);
  }
}
