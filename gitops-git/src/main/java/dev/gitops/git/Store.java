// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import java.io.IOException;
import java.util.Set;
import org.eclipse.jgit.lib.ObjectId;
import org.eclipse.jgit.lib.Ref;
import org.eclipse.jgit.lib.Repository;
import org.jspecify.annotations.Nullable;

/** A repository on this machine out of which commits are read. Used by one thread at a time. */
sealed interface Store extends AutoCloseable permits Clone, LocalRepository {
  /**
   * The commit that is wanted, all of it on this machine.
   *
   * @param accepted the commit that whoever asks has used last, which is kept, and may be asked for
   *     by its full id although nothing leads to it any more; null if there is none
   * @throws IOException when it can't be told, or there is none
   */
  Found find(Selector wanted, @Nullable ObjectId accepted) throws IOException;

  /** The commit that is wanted, for one who has accepted none before. */
  default ObjectId find(Selector wanted) throws IOException {
    return find(wanted, null).commit();
  }

  /**
   * What was found.
   *
   * @param ref what led to it, peeled or not; null where an id did
   * @param others what other refs of a version range lead to
   */
  record Found(ObjectId commit, @Nullable Ref ref, Set<ObjectId> others) {}

  /** Where the commit last found can be read; valid until the next {@link #find}. */
  Repository repository();

  /**
   * Gets what is missing of the history of a commit that was found, and another commit with its
   * history if the remote still gives it: a clone begins with the newest commit alone.
   *
   * @param other null if no other is wanted
   * @return whether nothing is cut off any more; the other commit may still be absent
   * @throws IOException when the remote can't be reached
   */
  boolean complete(ObjectId found, @Nullable ObjectId other) throws IOException;

  /**
   * Makes good the damage of which {@code found} is the sign, as far as this store can; then the
   * commit is to be found again.
   *
   * @throws IOException when it can't; at least {@code found} itself
   */
  void repair(ObjectId commit, IOException found) throws IOException;

  @Override
  void close();
}
