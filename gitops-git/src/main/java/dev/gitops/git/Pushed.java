// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import java.util.List;

/**
 * What a {@link GitWriter} has done. Immutable.
 *
 * @param branch the branch that was pushed to, without {@code refs/heads/}
 * @param head the full id of the commit that the branch is at now; where there was nothing to do,
 *     of the commit that this was found out at
 * @param commits the full ids of the commits that were made, the oldest first; empty where there
 *     was nothing to do: then nothing was pushed either, and a new branch was not created
 */
public record Pushed(String branch, String head, List<String> commits) {
  /** Copies the list. */
  public Pushed {
    commits = List.copyOf(commits);
  }

  /** Whether anything had to be done. */
  public boolean changed() {
    return !commits.isEmpty();
  }
}
