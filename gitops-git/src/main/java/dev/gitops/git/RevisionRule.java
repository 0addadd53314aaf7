// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import dev.gitops.core.model.Revision;
import dev.gitops.core.spi.HeldRevisionException;
import java.io.IOException;
import org.eclipse.jgit.lib.ObjectId;
import org.eclipse.jgit.lib.Repository;
import org.jspecify.annotations.Nullable;

/** Decides whether a commit may be used, before anything of its tree is read. */
@FunctionalInterface
interface RevisionRule {
  /**
   * Returns if the commit may be used.
   *
   * @throws HeldRevisionException if it must not be used now
   * @throws IOException when that can't be told, because the repository can't be read
   */
  void check(Candidate candidate) throws HeldRevisionException, IOException;

  /**
   * A commit that was found and is to be used.
   *
   * @param store where its objects are; gives more of the history when asked
   * @param found the commit, and the ref that led to it
   * @param wanted what was asked for
   * @param revision the commit's message and people
   * @param accepted what this reconciler used last, or what a person has confirmed; null before the
   *     first, and when a person named the revision
   */
  record Candidate(
      Store store,
      Store.Found found,
      Selector wanted,
      Revision revision,
      @Nullable ObjectId accepted) {

    Repository repository() {
      return store.repository();
    }

    ObjectId commit() {
      return found.commit();
    }
  }
}
