// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git.provider;

import dev.gitops.core.spi.HeldRevisionException;
import dev.gitops.git.Candidate;
import dev.gitops.git.RevisionRule;
import dev.gitops.git.provider.MergedPullRequest.Approval;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Lets only reviewed changes through: every commit that came to the branch since the accepted one
 * must be the work of a merged pull request whose last commit, exactly that one, is approved by
 * accounts other than its author's. What was pushed directly is held, and so is a merge that holds
 * more than what was reviewed. Trailers, names and e-mail addresses in commits count for nothing.
 *
 * <p>Before anything was accepted, and for a revision that a person names, the commit alone is
 * judged, or all commits {@link #since} a given one. While the service can't be asked, everything
 * new is held. Reviewed commits are remembered, so the service is asked once about each.
 * Thread-safe.
 *
 * <pre>{@code
 * GitStateSource.of(url).branch("main").require(ReviewRule.of(gitHub, "main").except("docs/"))
 * }</pre>
 */
public final class ReviewRule implements RevisionRule {
  private static final int MOST_COMMITS = 10_000;
  private static final int MOST_PATHS = 10_000;
  private static final int REMEMBERED = 10_000;

  private final Provider provider;
  private final String branch;
  private final int approvals;
  private final Set<String> accounts;
  private final List<String> free;
  private final @Nullable String root;
  private final Map<String, Boolean> reviewed =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Boolean> eldest) {
          return size() > REMEMBERED;
        }
      };

  private ReviewRule(
      Provider provider,
      String branch,
      int approvals,
      Set<String> accounts,
      List<String> free,
      @Nullable String root) {
    this.provider = provider;
    this.branch = branch;
    this.approvals = approvals;
    this.accounts = accounts;
    this.free = free;
    this.root = root;
  }

  /** One approval for each pull request into this branch. */
  public static ReviewRule of(Provider provider, String branch) {
    return new ReviewRule(provider, branch, 1, Set.of(), List.of(), null);
  }

  /** So many approvals, by different accounts. */
  public ReviewRule approvals(int atLeast) {
    if (atLeast < 1) {
      throw new IllegalArgumentException("At least one approval, not " + atLeast);
    }
    return new ReviewRule(provider, branch, atLeast, accounts, free, root);
  }

  /** Only the approvals of these accounts count. */
  public ReviewRule by(String... approvers) {
    return new ReviewRule(provider, branch, approvals, Set.of(approvers), free, root);
  }

  /**
   * A commit that changes only what is at or below these paths needs no review.
   *
   * @param paths a directory with a slash at its end, or a file
   */
  public ReviewRule except(String... paths) {
    for (String path : paths) {
      if (path.isBlank() || path.startsWith("/")) {
        throw new IllegalArgumentException("A path of the repository, such as docs/: " + path);
      }
    }
    return new ReviewRule(provider, branch, approvals, accounts, List.of(paths), root);
  }

  /**
   * Before anything was accepted, judges all commits since this one, which is trusted.
   *
   * @param commit its full id
   */
  public ReviewRule since(String commit) {
    return new ReviewRule(provider, branch, approvals, accounts, free, commit);
  }

  @Override
  public void check(Candidate candidate) throws HeldRevisionException, IOException {
    String accepted = candidate.accepted() == null ? root : candidate.accepted();
    List<Candidate.Step> steps = candidate.since(accepted, MOST_COMMITS);
    for (int i = steps.size() - 1; i >= 0; i--) {
      check(candidate, steps, i);
    }
  }

  private void check(Candidate candidate, List<Candidate.Step> steps, int index)
      throws HeldRevisionException, IOException {
    Candidate.Step step = steps.get(index);
    if (isKnown(step.id()) || isFree(candidate, step)) {
      return;
    }
    List<MergedPullRequest> pulls;
    try {
      pulls = provider.mergedBy(step.id());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("Interrupted while asking who has reviewed " + step.id());
    } catch (IOException e) {
      throw held(
          candidate,
          "it can't be told who has reviewed commit %s: %s".formatted(step.id(), e.getMessage()),
          "it is asked again at the next fetch");
    }
    String reason = "it came by no pull request that was merged into " + branch;
    for (MergedPullRequest pull : pulls) {
      String wrong = wrong(candidate, steps, index, pull);
      if (wrong == null) {
        return;
      }
      reason = wrong;
    }
    throw held(
        candidate,
        "commit %s is not reviewed: %s".formatted(step.id(), reason),
        "have its pull request approved, or confirm revision:" + candidate.revision().id());
  }

  private static HeldRevisionException held(Candidate candidate, String message, String unblock) {
    return new HeldRevisionException(candidate.revision(), message, unblock);
  }

  /** What speaks against taking a commit for the work of a pull request; null if nothing does. */
  private @Nullable String wrong(
      Candidate candidate, List<Candidate.Step> steps, int index, MergedPullRequest pull)
      throws IOException {
    String name = "pull request " + pull.number();
    if (!pull.branch().equals(branch)) {
      return name + " was merged into another branch";
    }
    Set<String> approvers = new LinkedHashSet<>();
    for (Approval approval : pull.approvals()) {
      boolean counts = accounts.isEmpty() || accounts.contains(approval.account());
      if (counts
          && approval.commit().equals(pull.head())
          && !approval.account().equals(pull.author())) {
        approvers.add(approval.account());
      }
    }
    if (approvers.size() < approvals) {
      return "%s has %d of %d approvals of its last commit %s by others than its author"
          .formatted(name, approvers.size(), approvals, pull.head());
    }
    Candidate.Step step = steps.get(index);
    if (step.id().equals(pull.head())) {
      remember(step.id());
      return null;
    }
    if (step.id().equals(pull.merge())) {
      return merged(candidate, step, pull, name);
    }
    // One of several commits that were moved onto the branch together, of which another is the
    // last.
    for (int i = index; i >= 0 && steps.get(i).parents().size() <= 1; i--) {
      String id = steps.get(i).id();
      if (id.equals(pull.merge()) || id.equals(pull.head())) {
        return null;
      }
    }
    return name + " ends with a commit that the branch does not have";
  }

  private @Nullable String merged(
      Candidate candidate, Candidate.Step step, MergedPullRequest pull, String name)
      throws IOException {
    if (step.parents().size() == 2 && step.parents().get(1).equals(pull.head())) {
      if (!candidate.isPlainMerge(step)) {
        return "it merges " + name + " with changes of its own";
      }
    } else if (candidate.isAncestor(pull.head(), step.id())) {
      // The service makes another commit of what was proposed, or merges it: this is neither.
      return "it was pushed together with " + name;
    }
    remember(step.id());
    return null;
  }

  private boolean isFree(Candidate candidate, Candidate.Step step) throws IOException {
    if (free.isEmpty()) {
      return false;
    }
    for (String path : candidate.paths(step, MOST_PATHS)) {
      boolean covered = false;
      for (String prefix : free) {
        covered |= prefix.endsWith("/") ? path.startsWith(prefix) : path.equals(prefix);
      }
      if (!covered) {
        return false;
      }
    }
    return true;
  }

  private boolean isKnown(String commit) {
    synchronized (reviewed) {
      return reviewed.containsKey(commit);
    }
  }

  private void remember(String commit) {
    synchronized (reviewed) {
      reviewed.put(commit, true);
    }
  }
}
