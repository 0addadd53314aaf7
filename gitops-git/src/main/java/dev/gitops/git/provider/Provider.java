// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git.provider;

import java.io.IOException;
import java.util.List;

/**
 * One repository at a service that hosts it. Thread-safe; every method blocks while the service is
 * asked, within the timeouts of the implementation, and does not retry. Those of the well-known
 * services come from {@link Providers}.
 *
 * <p>An {@link IOException} means that nothing is known of the outcome; a {@link ProviderException}
 * that the service has answered, and says whether trying again can help. Neither ever holds a
 * credential.
 */
public interface Provider {
  /**
   * Says of a commit how it fares; replaces what was said before in the same context. Idempotent.
   */
  void setStatus(CommitStatus status) throws IOException, InterruptedException;

  /**
   * Writes a comment under a pull request, in place of the one that was written under the same key
   * before, if there is one. Idempotent, unless called for one key at the same time.
   *
   * @param key names the comment among those of the same account, such as a reconciler's name
   * @param markdown what it says; what is longer than the service takes is cut, and says so.
   *     Anything of other people's in it has to be inert already
   */
  void comment(long pullRequest, String key, String markdown)
      throws IOException, InterruptedException;

  /**
   * The merged pull requests by which a commit came into the repository, with the approvals that
   * stand.
   *
   * @return all of them; empty if it came in another way, never because something can't be read
   */
  List<MergedPullRequest> mergedBy(String commit) throws IOException, InterruptedException;
}
