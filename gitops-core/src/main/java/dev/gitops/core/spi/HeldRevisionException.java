// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.spi;

import dev.gitops.core.model.Revision;

/**
 * A source has found the revision, and its rules (a signature, a review, a branch that was
 * rewritten) say that it must not be used now. The reconciler stays at the revision that it
 * accepted last, deletes nothing, and reports the message.
 */
public final class HeldRevisionException extends Exception {
  private static final long serialVersionUID = 1;

  private final transient Revision revision;
  private final String unblock;

  /**
   * Holds a revision.
   *
   * @param message what is wrong with it, for people
   * @param unblock what gets it out of the way
   */
  public HeldRevisionException(Revision revision, String message, String unblock) {
    super(message);
    this.revision = revision;
    this.unblock = unblock;
  }

  /** The revision that is not used. */
  public Revision revision() {
    return revision;
  }

  /** What gets the obstacle out of the way. */
  public String unblock() {
    return unblock;
  }
}
