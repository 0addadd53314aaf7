// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

/**
 * What a source does when the head that it follows does not descend from the commit that the
 * reconciler accepted last: somebody rewrote the branch (force push), a mirror lags and went back,
 * or the history that would tell is not to be had. A plain commit on top, or a move from one tag of
 * a version range to another, is none of these.
 */
public enum OnRewrite {
  /**
   * Stays at the accepted commit, deletes nothing, and says what happened, until a person confirms
   * {@code revision:<id>} or the head descends from the accepted commit again.
   */
  HOLD,
  /** Goes where the head goes. */
  FOLLOW
}
