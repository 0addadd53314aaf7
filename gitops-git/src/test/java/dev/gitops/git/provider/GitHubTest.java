// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git.provider;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gitops.git.provider.CommitStatus.State;
import dev.gitops.git.provider.FakeService.Reply;
import dev.gitops.git.provider.MergedPullRequest.Approval;
import java.io.IOException;
import java.net.URI;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** GitHub's REST API, as it is documented. */
class GitHubTest {
  private static final String HEAD = "a".repeat(40);
  private static final String MERGE = "b".repeat(40);
  private static final String REPO = "/repos/acme/kafka";

  private FakeService service;
  private Provider provider;

  @BeforeEach
  void start() throws IOException {
    service = new FakeService();
    provider = Providers.gitHub("acme/kafka").at(service.url()).token(() -> "s3cret").build();
  }

  @AfterEach
  void stop() {
    service.close();
  }

  @Test
  void statusIsPosted() throws Exception {
    service.on("POST " + REPO + "/statuses/" + HEAD, Reply.json("{}").status(201));
    provider.setStatus(
        new CommitStatus(
            HEAD, "gitops/topics", State.FAILURE, "1 failed", URI.create("https://x.example/1")));

    assertThat(service.heard())
        .containsExactly(
            "POST "
                + REPO
                + "/statuses/"
                + HEAD
                + " {\"state\":\"failure\",\"context\":\"gitops/topics\",\"description\":\"1"
                + " failed\",\"target_url\":\"https://x.example/1\"}");
    assertThat(service.authorizations).containsExactly("Bearer s3cret");
  }

  private static String comment(long id, String login, String body) {
    return "{'id': %d, 'user': {'login': '%s'}, 'body': '%s'}".formatted(id, login, body);
  }

  @Test
  void commentIsUpdatedInPlaceAcrossPages() throws Exception {
    String comments = REPO + "/issues/42/comments";
    String forged = comment(1, "mallory", "<!-- gitops:topics -->\\nforged");
    String other = comment(2, "bot", "<!-- gitops:topics2 -->\\nother");
    String ours = comment(3, "bot", "<!-- gitops:topics -->\\nold");
    service
        .on("GET /user", "{'login': 'bot'}")
        .on(
            "GET " + comments + "?per_page=100",
            Reply.json("[" + forged + "," + other + "]")
                .with(
                    "Link",
                    "<%s%s?per_page=100&page=2>; rel=\"next\", <https://x.example>; rel=\"last\""
                        .formatted(service.url(), comments)))
        .on("GET " + comments + "?per_page=100&page=2", "[" + ours + "]")
        .on("PATCH " + REPO + "/issues/comments/3", "{}");
    provider.comment(42, "topics", "new");

    assertThat(service.heard())
        .last()
        .isEqualTo(
            "PATCH " + REPO + "/issues/comments/3 {\"body\":\"<!-- gitops:topics -->\\nnew\"}");
  }

  @Test
  void commentThatIsUpToDateIsLeftAlone() throws Exception {
    service
        .on("GET /user", "{'login': 'bot'}")
        .on(
            "GET " + REPO + "/issues/42/comments?per_page=100",
            "[" + comment(3, "bot", "<!-- gitops:topics -->\\r\\nsame") + "]");
    provider.comment(42, "topics", "same");

    assertThat(service.heard()).noneMatch(request -> !request.startsWith("GET "));
  }

  @Test
  void somebodyElsesCommentIsNeverTouched() throws Exception {
    service
        .on("GET /user", "{'login': 'bot'}")
        .on(
            "GET " + REPO + "/issues/42/comments?per_page=100",
            "[" + comment(1, "mallory", "<!-- gitops:topics -->\\nforged") + "]")
        .on("POST " + REPO + "/issues/42/comments", Reply.json("{}").status(201));
    provider.comment(42, "topics", "new");

    assertThat(service.heard()).last().asString().startsWith("POST ");
  }

  @Test
  void tokenThatCanNotSayWhoseItIsNeedsTheAccount() throws Exception {
    service
        .on("GET /user", Reply.json("{'message': 'not by integration'}").status(403))
        .on(
            "GET " + REPO + "/issues/42/comments?per_page=100",
            "[" + comment(1, "gitops[bot]", "<!-- gitops:topics -->\\nold") + "]")
        .on("PATCH " + REPO + "/issues/comments/1", "{}");
    assertThatThrownBy(() -> provider.comment(42, "topics", "new"))
        .hasMessageContaining("Providers.account");
    Providers.gitHub("acme/kafka")
        .at(service.url())
        .token(() -> "s3cret")
        .account("gitops[bot]")
        .build()
        .comment(42, "topics", "new");

    assertThat(service.heard()).last().asString().startsWith("PATCH ");
  }

  @Test
  void longCommentIsCutAndSaysSo() throws Exception {
    service
        .on("GET " + REPO + "/issues/42/comments?per_page=100", "[]")
        .on("POST " + REPO + "/issues/42/comments", Reply.json("{}").status(201));
    provider.comment(42, "topics", "````diff\n" + "+ line\n".repeat(20_000) + "````\n");

    String posted = service.heard().get(1);
    assertThat(posted.length()).isLessThan(80_000);
    assertThat(posted).contains("+ line\\n````\\n\\n**Cut here: ");
  }

  private static String pull(int number, String merged, String repository) {
    return ("{'number': %d, 'state': 'closed', 'merged_at': %s, 'merge_commit_sha': '%s',"
            + " 'user': {'login': 'ann'}, 'head': {'sha': '%s'},"
            + " 'base': {'ref': 'main', 'repo': {'full_name': '%s'}}}")
        .formatted(number, merged, MERGE, HEAD, repository);
  }

  private static String review(String login, String state, String association) {
    return "{'user': {'login': '%s'}, 'state': '%s', 'author_association': '%s', 'commit_id': '%s'}"
        .formatted(login, state, association, HEAD);
  }

  @Test
  void approvalsThatStandAreRead() throws Exception {
    service.on(
        "GET " + REPO + "/commits/" + MERGE + "/pulls?per_page=100",
        "[%s,%s,%s]"
            .formatted(
                pull(1, "'2026-01-01T00:00:00Z'", "Acme/Kafka"),
                pull(2, "null", "acme/kafka"),
                pull(3, "'2026-01-01T00:00:00Z'", "mallory/kafka")));
    service.on(
        "GET " + REPO + "/pulls/1/reviews?per_page=100",
        "["
            + String.join(
                ",",
                review("bob", "APPROVED", "MEMBER"),
                review("bob", "COMMENTED", "MEMBER"),
                review("carl", "APPROVED", "MEMBER"),
                review("carl", "CHANGES_REQUESTED", "MEMBER"),
                review("dave", "DISMISSED", "OWNER"),
                review("stranger", "APPROVED", "NONE"),
                "{'user': null, 'state': 'APPROVED', 'author_association': 'OWNER'}")
            + "]");

    assertThat(provider.mergedBy(MERGE))
        .singleElement()
        .satisfies(
            pull -> {
              assertThat(pull.number()).isEqualTo(1);
              assertThat(pull.author()).isEqualTo("ann");
              assertThat(pull.branch()).isEqualTo("main");
              assertThat(pull.merge()).isEqualTo(MERGE);
              assertThat(pull.head()).isEqualTo(HEAD);
              assertThat(pull.approvals()).containsExactly(new Approval("bob", HEAD));
            });
  }

  @Test
  void answerWithoutWhatMustBeThereIsAnError() {
    service.on(
        "GET " + REPO + "/commits/" + MERGE + "/pulls?per_page=100",
        "[" + pull(1, "'2026-01-01T00:00:00Z'", "acme/kafka").replace("'sha'", "'id'") + "]");

    assertThatThrownBy(() -> provider.mergedBy(MERGE))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("head.sha");
  }
}
