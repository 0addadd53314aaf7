// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import dev.gitops.core.spi.HeldRevisionException;
import java.io.IOException;

/**
 * Decides whether a commit that a source has found may be used: because of a signature, a review,
 * or where it comes from. Asked before anything of the commit's files is read, and not again about
 * the commit that was accepted last or that a person has confirmed. Called by one thread at a time;
 * may block, within the reconciler's timeout.
 */
@FunctionalInterface
public interface RevisionRule {
  /**
   * Returns if the commit may be used.
   *
   * @throws HeldRevisionException when it may not, or when that can't be decided now, such as when
   *     somebody who has to be asked does not answer; it is asked again at the next fetch
   * @throws IOException when the repository itself can't be read; the clone is then repaired if
   *     that helps
   */
  void check(Candidate candidate) throws HeldRevisionException, IOException;
}
