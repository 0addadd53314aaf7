// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git.provider;

import dev.gitops.core.Reconciler;
import dev.gitops.core.model.Plan;
import dev.gitops.core.model.Snapshot;
import dev.gitops.core.report.Inert;
import dev.gitops.core.report.PlanMarkdown;
import dev.gitops.git.GitStateSource;
import java.io.IOException;

/**
 * Plans what somebody proposes, before it is merged, and says it under the pull request. Touches
 * nothing; the digests of its changes are those that they have after the merge, so they can be
 * approved beforehand.
 *
 * <p>A proposal may come from a stranger. By default, then, only what the state in force declares
 * is shown of what is live (see {@link Reconciler#preview}). The source that reads the proposal has
 * to be one of its own: with a cache of its own, without credentials that are not needed for that
 * ref, without a format that runs programs. Its rules are not asked. Thread-safe.
 *
 * <pre>{@code
 * var proposals = GitStateSource.of(url).path("topics/").cache(Path.of("proposals")).build();
 * Preview.of(topics, proposals).comment(gitHub, 42, "refs/pull/42/head");
 * }</pre>
 */
public final class Preview {
  private final Reconciler reconciler;
  private final GitStateSource proposals;
  private final boolean open;

  private Preview(Reconciler reconciler, GitStateSource proposals, boolean open) {
    this.reconciler = reconciler;
    this.proposals = proposals;
    this.open = open;
  }

  /**
   * Previews for the eyes of strangers.
   *
   * @param proposals reads what is proposed, from the same paths as the reconciler's own source;
   *     stays the caller's to close
   */
  public static Preview of(Reconciler reconciler, GitStateSource proposals) {
    return new Preview(reconciler, proposals, false);
  }

  /** Shows everything that is live: where only those propose, and read, who may know it. */
  public Preview trusted() {
    return new Preview(reconciler, proposals, true);
  }

  /**
   * What would be done if this were merged as it is. What is read of the proposal is read before
   * the reconciler is kept busy.
   *
   * @param ref such as {@code refs/pull/42/head}, or a commit
   * @throws IOException when the proposal can't be read
   */
  public Plan plan(String ref) throws IOException {
    Snapshot proposed = proposals.fetch(ref);
    return open ? reconciler.plan(proposed) : reconciler.preview(proposed);
  }

  /**
   * Says it under a pull request, in place of what was said before; if the proposal can't be read,
   * says that.
   *
   * @return the plan
   * @throws IOException when the proposal can't be read, or the service can't be told
   */
  public Plan comment(Provider provider, long pullRequest, String ref)
      throws IOException, InterruptedException {
    Plan plan;
    try {
      plan = plan(ref);
    } catch (IOException e) {
      String why = Inert.text(String.valueOf(e.getMessage())).replace('`', '\'');
      provider.comment(
          pullRequest,
          reconciler.name(),
          "**No plan: what is proposed can't be read**\n\n```\n" + why + "\n```\n");
      throw e;
    }
    provider.comment(pullRequest, reconciler.name(), PlanMarkdown.of(plan));
    return plan;
  }
}
