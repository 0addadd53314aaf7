// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import static dev.gitops.git.RealGit.topic;
import static dev.gitops.git.SigningTeam.Signer.NOBODY;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gitops.core.model.ResourceId;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What merges tell: who wrote it, and what brought it to the branch. */
class HistoryMergeTest {
  private static final ResourceId ORDERS = ResourceId.of("Topic", "orders");

  @TempDir Path directory;
  private SigningTeam team;
  private GitStateSource source;

  @BeforeEach
  void start() throws Exception {
    team = new SigningTeam(directory);
    source = GitStateSource.local(team.repository).branch("main").build();
  }

  @AfterEach
  void close() {
    source.close();
    team.close();
  }

  private String put(String file, int partitions) {
    return team.commit(NOBODY, file + ".yaml", topic(file, partitions));
  }

  private void on(String branch) {
    team.git("checkout", "-q", "-B", branch);
  }

  private String merge(String branch, String message) {
    return team.signed(NOBODY, "merge", "-q", "--no-ff", "-m", message, branch);
  }

  private List<HistoryEntry> history() throws IOException {
    return source.history().of(ORDERS);
  }

  private List<String> commits() throws IOException {
    return history().stream().map(entry -> entry.by().revision().id()).toList();
  }

  @Test
  void theCommitIsListedAndTheMergeThatBroughtIt() throws Exception {
    String first = put("orders", 1);
    on("feature");
    String changed = put("orders", 2);
    team.git("checkout", "-q", "main");
    put("bills", 1);
    String merge =
        merge(
            "feature",
            "Merge pull request #12 from ann/feature\n\nMore orders\n\n"
                + "Reviewed-by: Grace <grace@example.com>");
    put("bills", 2);

    assertThat(commits()).containsExactly(changed, first);
    Contribution by = history().get(0).by();
    assertThat(by.mergedBy().id()).isEqualTo(merge);
    assertThat(by.pullRequest()).isEqualTo("#12");
    assertThat(by.reviewedBy()).containsExactly("Grace <grace@example.com>");
    assertThat(history().get(1).by().mergedBy()).isNull();
  }

  @Test
  void whatABranchTookFromMainWasNotBroughtByTheBranch() throws Exception {
    put("orders", 1);
    on("feature");
    put("bills", 1);
    team.git("checkout", "-q", "main");
    String onMain = put("orders", 2);
    on("other");
    team.git("checkout", "-q", "main");
    put("users", 1);
    team.git("checkout", "-q", "feature");
    merge("main", "Merge branch 'main' into feature");
    String onFeature = put("orders", 3);
    team.git("checkout", "-q", "main");
    put("users", 2);
    String merge = merge("feature", "Merge feature");

    List<HistoryEntry> entries = history();
    assertThat(commits()).startsWith(onFeature, onMain).hasSize(3);
    assertThat(entries.get(0).by().mergedBy().id()).isEqualTo(merge);
    assertThat(entries.get(1).by().mergedBy()).isNull();
    assertThat(entries.get(2).by().mergedBy()).isNull();
  }

  @Test
  void aMergeThatIsLikeNoneOfItsParentsIsListedItself() throws Exception {
    String first = put("orders", 1);
    on("feature");
    String theirs = put("orders", 2);
    team.git("checkout", "-q", "main");
    String ours = put("orders", 3);
    team.git("merge", "-q", "--no-ff", "-s", "ours", "--no-commit", "feature");
    String evil = put("orders", 4);

    assertThat(commits()).containsExactlyInAnyOrder(evil, ours, theirs, first);
    assertThat(commits()).startsWith(evil).endsWith(first);
    assertThat(history().get(0).change().fields().toString()).contains("from=3, to=4");
    assertThat(
            history().stream()
                .filter(e -> e.by().revision().id().equals(theirs))
                .findFirst()
                .orElseThrow()
                .by()
                .mergedBy()
                .id())
        .isEqualTo(evil);
  }

  @Test
  void aMergeThatKeepsOneSideLeadsToThatSide() throws Exception {
    String first = put("orders", 1);
    on("feature");
    put("orders", 2);
    team.git("checkout", "-q", "main");
    String ours = put("orders", 3);
    team.git("merge", "-q", "--no-ff", "-s", "ours", "-m", "Ours", "feature");
    assertThat(commits()).containsExactly(ours, first);
  }

  @Test
  void manyMergesAreWalkedOnce() throws Exception {
    put("orders", 0);
    for (int i = 1; i <= 24; i++) {
      on("side");
      put("orders", 1_000 + i);
      team.git("checkout", "-q", "main");
      put("orders", 2_000 + i);
      team.git("merge", "-q", "--no-ff", "-s", "ours", "--no-commit", "side");
      put("orders", 3_000 + i);
    }
    assertThat(commits()).hasSize(1 + 3 * 24).doesNotHaveDuplicates();
  }

  @ParameterizedTest
  @CsvSource({
    "Merge pull request #12 from ann/feature,#12",
    "Merge pull request 'More (even) orders' (#13) from feature into main,#13",
    "Merge pull request #14 in SHOP/kafka from feature to main,#14",
    "Merged in feature (pull request #15),#15",
    "Pull request #16: More orders,#16",
    "Merged PR 17: More orders,#17",
    "More orders (#18),#18",
    "'Revert \"More orders (#18)\" (#19)',#19",
    "'Revert \"More orders (#18)\"',''",
    "More orders (!20),!20",
    "Mention of #21 and (#22) inside,''",
    "Merge pull request #123456789012 from x,''"
  })
  void pullRequestNumbersAsProvidersWriteThem(String message, String number) {
    assertThat(Contribution.pullRequest(message)).isEqualTo(number);
    assertThat(Contribution.pullRequest(message + "\n\nBody (#99)\n")).isEqualTo(number);
  }

  @Test
  void aMergeOfGitLabNamesItsRequestAtTheEnd() {
    String message =
        "Merge branch 'feature' into 'main'\n\nMore\n\nSee merge request shop/kafka!7\n";
    assertThat(Contribution.pullRequest(message)).isEqualTo("!7");
  }

  @Test
  void trailersAreReadFromTheLastParagraphAndBounded() throws Exception {
    team.commit(NOBODY, "orders.yaml", topic("orders", 1));
    String lines =
        "\nReviewed-by: Grace <grace@example.com>\nCo-authored-by: Ada <ada@example.com>\n"
            + "Signed-off-by: Ann <ann@example.com>\nreviewed-by: "
            + "x".repeat(500)
            + "\n";
    team.git("commit", "-q", "--amend", "-m", "Subject\n\nReviewed-by: nobody, in prose\n" + lines);
    Contribution by = history().get(0).by();
    assertThat(by.reviewedBy()).hasSize(2).first().isEqualTo("Grace <grace@example.com>");
    assertThat(by.reviewedBy().get(1)).hasSize(200);
    assertThat(by.coAuthors()).containsExactly("Ada <ada@example.com>");
    assertThat(by.signedOffBy()).containsExactly("Ann <ann@example.com>");
  }
}
