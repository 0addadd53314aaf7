// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git.provider;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A pull request (at GitLab: a merge request) that was merged.
 *
 * @param number its number in the repository
 * @param branch the branch that it was merged into
 * @param author the account that opened it
 * @param head the id of the last commit of what was proposed
 * @param merge the id of the commit that the service made, or found, when it was merged; null where
 *     the branch was just moved to {@code head}
 * @param approvals those that stand: neither dismissed nor withdrawn
 */
public record MergedPullRequest(
    long number,
    String branch,
    String author,
    String head,
    @Nullable String merge,
    List<Approval> approvals) {
  /** Copies the list. */
  public MergedPullRequest {
    approvals = List.copyOf(approvals);
  }

  /**
   * An approval that stands.
   *
   * @param account who has approved: the name or id of the account at the service, which nobody
   *     else can write
   * @param commit the id of the last commit of what was proposed when it was approved; empty if
   *     that can't be told
   */
  public record Approval(String account, String commit) {}
}
