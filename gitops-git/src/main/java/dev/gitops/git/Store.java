// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import java.io.IOException;
import org.eclipse.jgit.lib.ObjectId;
import org.eclipse.jgit.lib.Repository;

/** A repository on this machine out of which commits are read. Used by one thread at a time. */
sealed interface Store extends AutoCloseable permits Clone, LocalRepository {
  /**
   * The commit that is wanted, all of it on this machine.
   *
   * @throws IOException when it can't be told, or there is none
   */
  ObjectId find(Selector wanted) throws IOException;

  /** Where the commit last found can be read; valid until the next {@link #find}. */
  Repository repository();

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
