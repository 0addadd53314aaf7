// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git.provider;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.gitops.core.spi.HeldRevisionException;
import dev.gitops.git.GitStateSource;
import dev.gitops.git.RealGit;
import dev.gitops.git.provider.MergedPullRequest.Approval;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Histories of branches with reviewed and other commits, made by git itself. */
class ReviewRuleTest {
  @TempDir private Path directory;
  private final Reviews reviews = new Reviews();
  private Team team;
  private String start;
  private GitStateSource source;

  /** A service of which only the reviews count. */
  private static final class Reviews implements Provider {
    final Map<String, List<MergedPullRequest>> pulls = new HashMap<>();
    final List<String> asked = new ArrayList<>();
    boolean down;

    @Override
    public void setStatus(CommitStatus status) {}

    @Override
    public void comment(long pullRequest, String key, String markdown) {}

    @Override
    public List<MergedPullRequest> mergedBy(String commit) throws IOException {
      asked.add(commit);
      if (down) {
        throw new IOException("connection refused");
      }
      return pulls.getOrDefault(commit, List.of());
    }

    /** A pull request of ann's that brought these commits, approved by others as it says. */
    void merged(String head, @Nullable String merge, List<Approval> approvals, String... brought) {
      MergedPullRequest pull = new MergedPullRequest(1, "main", "ann", head, merge, approvals);
      for (String commit : brought) {
        pulls.put(commit, List.of(pull));
      }
    }
  }

  private static List<Approval> by(String head, String... accounts) {
    return Arrays.stream(accounts).map(account -> new Approval(account, head)).toList();
  }

  @BeforeEach
  void repository() throws IOException {
    team = new Team(directory);
    start = team.commit("a.yaml", RealGit.topic("a", 1));
    team.push();
    use(ReviewRule.of(reviews, "main"));
  }

  private void use(ReviewRule rule) {
    close();
    source = GitStateSource.of(team.git.remote.toString()).branch("main").require(rule).build();
  }

  @AfterEach
  void close() {
    if (source != null) {
      source.close();
    }
  }

  private void passes(@Nullable String accepted) throws Exception {
    team.push();
    assertThat(source.fetch(null, accepted).revision().id()).isEqualTo(team.head());
  }

  private HeldRevisionException held(@Nullable String accepted) {
    team.push();
    HeldRevisionException held =
        catchThrowableOfType(
            HeldRevisionException.class, () -> source.fetch(null, accepted).revision());
    assertThat(held).isNotNull();
    assertThat(held.revision().id()).isEqualTo(team.head());
    return held;
  }

  @Test
  void reviewedMergePassesAndIsAskedAboutOnce() throws Exception {
    String head = team.propose("pr", "b.yaml", RealGit.topic("b", 1));
    String merge = team.merge("pr");
    reviews.merged(head, merge, by(head, "bob"), merge);
    passes(start);
    passes(start);
    assertThat(reviews.asked).containsExactly(merge);
  }

  @Test
  void reviewedSquashPasses() throws Exception {
    String head = team.propose("pr", "b.yaml", RealGit.topic("b", 1));
    String merge = team.squash("pr");
    reviews.merged(head, merge, by(head, "bob"), merge);
    passes(start);
  }

  @Test
  void reviewedRebaseAndFastForwardPass() throws Exception {
    String first = team.commit("b.yaml", RealGit.topic("b", 1));
    String second = team.commit("c.yaml", RealGit.topic("c", 1));
    reviews.merged("f".repeat(40), second, by("f".repeat(40), "bob"), first, second);
    passes(start);
    String third = team.commit("d.yaml", RealGit.topic("d", 1));
    String fourth = team.commit("e.yaml", RealGit.topic("e", 1));
    reviews.merged(fourth, null, by(fourth, "bob"), third, fourth);
    passes(second);
    team.git("reset", "-q", "--hard", third);
    assertThat(held(second)).as("half of it").hasMessageContaining("ends with a commit");
  }

  @Test
  void directPushIsHeldAlsoUnderAReviewedMerge() throws Exception {
    String direct = team.commit("evil.yaml", RealGit.topic("evil", 1));
    assertThat(held(start)).hasMessageContaining(direct).hasMessageContaining("no pull request");
    String head = team.propose("pr", "b.yaml", RealGit.topic("b", 1));
    String merge = team.merge("pr");
    reviews.merged(head, merge, by(head, "bob"), merge);
    assertThat(held(start)).hasMessageContaining(direct);
    assertThat(held(start).unblock()).contains("confirm revision:" + merge);
    assertThat(source.fetch(null, merge)).as("confirmed").isNotNull();
  }

  @Test
  void approvalsOfOthersOfTheLastCommitCount() throws Exception {
    String head = team.propose("pr", "b.yaml", RealGit.topic("b", 1));
    String merge = team.merge("pr");
    for (List<Approval> insufficient :
        List.of(
            List.<Approval>of(),
            by(head, "ann"),
            by("c".repeat(40), "bob"),
            List.of(new Approval("bob", "")))) {
      reviews.merged(head, merge, insufficient, merge);
      assertThat(held(start)).hasMessageContaining("0 of 1 approvals");
    }
    use(ReviewRule.of(reviews, "main").approvals(2));
    reviews.merged(head, merge, by(head, "bob", "bob"), merge);
    assertThat(held(start)).hasMessageContaining("1 of 2 approvals");
    reviews.merged(head, merge, by(head, "bob", "carl"), merge);
    passes(start);
    use(ReviewRule.of(reviews, "main").by("dave"));
    assertThat(held(start)).hasMessageContaining("0 of 1 approvals");
    use(ReviewRule.of(reviews, "live"));
    assertThat(held(start)).hasMessageContaining("another branch");
  }

  @Test
  void mergeWithChangesOfItsOwnIsHeld() throws Exception {
    String head = team.propose("pr", "b.yaml", RealGit.topic("b", 1));
    team.git("merge", "-q", "--no-ff", "--no-commit", "pr");
    String merge = team.commit("evil.yaml", RealGit.topic("evil", 1));
    reviews.merged(head, merge, by(head, "bob"), merge);
    assertThat(held(start)).hasMessageContaining("changes of its own");
  }

  @Test
  void commitThatIsPushedOnTopOfWhatWasReviewedIsHeld() throws Exception {
    String head = team.commit("b.yaml", RealGit.topic("b", 1));
    String top = team.commit("evil.yaml", RealGit.topic("evil", 1));
    reviews.merged(head, top, by(head, "bob"), head, top);
    assertThat(held(start)).hasMessageContaining(top).hasMessageContaining("pushed together");
  }

  @Test
  void freePathsNeedNoReview() throws Exception {
    use(ReviewRule.of(reviews, "main").except("docs/", "README.md"));
    team.commit("docs/a.md", "a");
    team.commit("README.md", "b");
    passes(start);
    team.commit("README.md.yaml", RealGit.topic("x", 1));
    held(start);
    assertThatThrownBy(() -> ReviewRule.of(reviews, "main").except("/docs"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void everythingNewIsHeldWhileTheServiceIsDownAndItIsAskedAgain() throws Exception {
    String head = team.propose("pr", "b.yaml", RealGit.topic("b", 1));
    String merge = team.merge("pr");
    reviews.merged(head, merge, by(head, "bob"), merge);
    reviews.down = true;
    assertThat(held(start))
        .hasMessageContaining("can't be told")
        .hasMessageContaining("connection refused");
    assertThat(held(start).unblock()).contains("again");
    reviews.down = false;
    passes(start);
  }

  @Test
  void beforeAnythingWasAcceptedTheCommitAloneOrAllSinceARootAreJudged() throws Exception {
    team.commit("evil.yaml", RealGit.topic("evil", 1));
    String head = team.propose("pr", "b.yaml", RealGit.topic("b", 1));
    String merge = team.merge("pr");
    reviews.merged(head, merge, by(head, "bob"), merge);
    passes(null);
    use(ReviewRule.of(reviews, "main").since(start));
    held(null);
  }
}
