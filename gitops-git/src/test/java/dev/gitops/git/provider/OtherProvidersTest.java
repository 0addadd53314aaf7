// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git.provider;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gitops.git.provider.CommitStatus.State;
import dev.gitops.git.provider.FakeService.Reply;
import dev.gitops.git.provider.MergedPullRequest.Approval;
import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The REST APIs of GitLab, Gitea and Bitbucket, as they are documented. */
class OtherProvidersTest {
  private static final String HEAD = "a".repeat(40);
  private static final String MERGE = "b".repeat(40);

  private FakeService service;

  @BeforeEach
  void start() throws IOException {
    service = new FakeService();
  }

  @AfterEach
  void stop() {
    service.close();
  }

  private static CommitStatus status(State state) {
    return new CommitStatus(HEAD, "gitops/topics", state, "all well", null);
  }

  private Provider gitLab() {
    return Providers.gitLab("acme/data/kafka").at(service.url()).token(() -> "t0ken").build();
  }

  private static final String PROJECT = "/projects/acme%2Fdata%2Fkafka";

  @Test
  void gitLabStatusIsPostedOnceMoreWithoutHarm() throws Exception {
    String post = "POST " + PROJECT + "/statuses/" + HEAD;
    service
        .on(post, Reply.json("{}").status(201))
        .on(
            post,
            Reply.json("{'message': 'Cannot transition status via :run from :running'}")
                .status(400))
        .on(post, Reply.json("{'message': 'name is invalid'}").status(400));
    gitLab().setStatus(status(State.PENDING));
    gitLab().setStatus(status(State.PENDING));

    assertThat(service.heard())
        .contains(
            post
                + " {\"state\":\"running\",\"name\":\"gitops/topics\",\"description\":\"all well\"}")
        .hasSize(2);
    assertThat(service.authorizations).contains("Bearer t0ken");
    assertThatThrownBy(() -> gitLab().setStatus(status(State.SUCCESS)))
        .isInstanceOf(ProviderException.class)
        .hasMessageContaining("name is invalid");
  }

  @Test
  void gitLabCommentIsUpdatedInPlace() throws Exception {
    String notes = PROJECT + "/merge_requests/7/notes";
    service
        .on("GET /user", "{'username': 'bot'}")
        .on(
            "GET " + notes + "?per_page=100&order_by=created_at&sort=asc",
            "[{'id': 5, 'author': {'username': 'bot'}, 'body': '<!-- gitops:topics -->\\nold'}]")
        .on("PUT " + notes + "/5", "{}");
    gitLab().comment(7, "topics", "new");

    assertThat(service.heard())
        .last()
        .isEqualTo("PUT " + notes + "/5 {\"body\":\"<!-- gitops:topics -->\\nnew\"}");
  }

  @Test
  void gitLabApprovalIsOfWhatWasThereThen() throws Exception {
    String old = "c".repeat(40);
    service
        .on(
            "GET " + PROJECT + "/repository/commits/" + MERGE + "/merge_requests?per_page=100",
            "[{'iid': 7, 'state': 'merged', 'target_branch': 'main', 'author': {'username': 'ann'},"
                + " 'sha': '"
                + HEAD
                + "', 'merge_commit_sha': null, 'squash_commit_sha': '"
                + MERGE
                + "'}, {'iid': 8, 'state': 'opened'}]")
        .on(
            "GET " + PROJECT + "/merge_requests/7/versions?per_page=100",
            ("[{'head_commit_sha': '%s', 'created_at': '2026-01-02T00:00:00.000Z'},"
                    + "{'head_commit_sha': '%s', 'created_at': '2026-01-01T00:00:00.000Z'}]")
                .formatted(HEAD, old))
        .on(
            "GET " + PROJECT + "/merge_requests/7/approvals",
            "{'approved_by': [{'user': {'username': 'bob'}, 'approved_at':"
                + " '2026-01-03T01:00:00.000+02:00'}, {'user': {'username': 'carl'}, 'approved_at':"
                + " '2026-01-01T12:00:00.000Z'}, {'user': {'username': 'dave'}}]}");

    assertThat(gitLab().mergedBy(MERGE))
        .singleElement()
        .satisfies(
            request -> {
              assertThat(request.merge()).isEqualTo(MERGE);
              assertThat(request.approvals())
                  .containsExactly(
                      new Approval("bob", HEAD),
                      new Approval("carl", old),
                      new Approval("dave", ""));
            });
  }

  private Provider gitea() {
    return Providers.gitea(service.url() + "/api/v1/", "acme/kafka").token(() -> "t0ken").build();
  }

  private static final String GITEA = "/api/v1/repos/acme/kafka";

  @Test
  void giteaStatusAndCommentAreWritten() throws Exception {
    service
        .on("POST " + GITEA + "/statuses/" + HEAD, Reply.json("{}").status(201))
        .on("GET /api/v1/user", "{'login': 'bot'}")
        .on(
            "GET " + GITEA + "/issues/7/comments",
            "[{'id': 5, 'user': {'login': 'bot'}, 'body': '<!-- gitops:topics -->\\nold'}]")
        .on("PATCH " + GITEA + "/issues/comments/5", "{}");
    gitea().setStatus(status(State.SUCCESS));
    gitea().comment(7, "topics", "new");

    assertThat(service.heard())
        .contains(
            "POST "
                + GITEA
                + "/statuses/"
                + HEAD
                + " {\"state\":\"success\",\"context\":\"gitops/topics\",\"description\":\"all"
                + " well\"}",
            "PATCH " + GITEA + "/issues/comments/5 {\"body\":\"<!-- gitops:topics -->\\nnew\"}");
    assertThat(service.authorizations).containsOnly("token t0ken");
  }

  @Test
  void giteaCountsOfficialApprovalsThatStand() throws Exception {
    service
        .on(
            "GET " + GITEA + "/commits/" + MERGE + "/pull",
            ("{'number': 7, 'merged': true, 'merge_commit_sha': '%s', 'user': {'login': 'ann'},"
                    + " 'head': {'sha': '%s'}, 'base': {'ref': 'main'}}")
                .formatted(MERGE, HEAD))
        .on(
            "GET " + GITEA + "/pulls/7/reviews?limit=50",
            ("[{'user': {'login': 'bob'}, 'state': 'APPROVED', 'official': true, 'commit_id':"
                    + " '%1$s'}, {'user': {'login': 'bob'}, 'state': 'COMMENT'},"
                    + "{'user': {'login': 'carl'}, 'state': 'APPROVED', 'official': true,"
                    + " 'dismissed': true, 'commit_id': '%1$s'},"
                    + "{'user': {'login': 'dave'}, 'state': 'APPROVED', 'official': false,"
                    + " 'commit_id': '%1$s'}]")
                .formatted(HEAD));

    assertThat(gitea().mergedBy(MERGE))
        .singleElement()
        .satisfies(p -> assertThat(p.approvals()).containsExactly(new Approval("bob", HEAD)));
  }

  @Test
  void giteaWithoutAPullRequestIsToldFromOneThatCanNotBeRead() throws Exception {
    assertThatThrownBy(() -> gitea().mergedBy(MERGE)).isInstanceOf(ProviderException.class);
    service.on("GET " + GITEA, "{'full_name': 'acme/kafka'}");

    assertThat(gitea().mergedBy(MERGE)).isEmpty();
  }

  private Provider bitbucket(String token) {
    return Providers.bitbucket("acme/kafka").at(service.url()).token(() -> token).build();
  }

  private static final String BUCKET = "/repositories/acme/kafka";

  @Test
  void bitbucketStatusIsPosted() throws Exception {
    String post = "POST " + BUCKET + "/commit/" + HEAD + "/statuses/build";
    service.on(post, "{}");
    bitbucket("ann@example.com:t").setStatus(status(State.PENDING));
    bitbucket("t0ken")
        .setStatus(new CommitStatus(HEAD, "gitops/" + "x".repeat(60), State.FAILURE, "", null));

    assertThat(service.heard().get(0))
        .isEqualTo(
            post
                + " {\"key\":\"gitops/topics\",\"name\":\"gitops/topics\",\"state\":\"INPROGRESS\","
                + "\"description\":\"all well\",\"url\":\"https://bitbucket.org/acme/kafka/commits/"
                + HEAD
                + "\"}");
    assertThat(service.heard().get(1)).containsPattern("\"key\":\"[0-9a-f]{40}\"");
    assertThat(service.authorizations)
        .containsExactly("Basic YW5uQGV4YW1wbGUuY29tOnQ=", "Bearer t0ken");
  }

  @Test
  void bitbucketCommentIsUpdatedInPlace() throws Exception {
    String all = BUCKET + "/pullrequests/7/comments";
    service
        .on("GET /user", "{'uuid': '{1}'}")
        .on(
            "GET " + all + "?pagelen=100",
            "{'values': [{'id': 4, 'deleted': true, 'user': {'uuid': '{1}'}, 'content': {'raw':"
                + " '[//]: # (gitops:topics)\\n\\nold'}}], 'next': '"
                + service.url()
                + all
                + "?pagelen=100&page=2'}")
        .on(
            "GET " + all + "?pagelen=100&page=2",
            "{'values': [{'id': 5, 'user': {'uuid': '{1}'}, 'content': {'raw':"
                + " '[//]: # (gitops:topics)\\n\\nold'}}]}")
        .on("PUT " + all + "/5", "{}");
    bitbucket("t0ken").comment(7, "topics", "new");

    assertThat(service.heard())
        .last()
        .isEqualTo(
            "PUT " + all + "/5 {\"content\":{\"raw\":\"[//]: # (gitops:topics)\\n\\nnew\"}}");
  }

  @Test
  void bitbucketApprovalIsOfWhatWasThereThen() throws Exception {
    String head = HEAD.substring(0, 12);
    service
        .on(
            "GET " + BUCKET + "/commit/" + MERGE + "/pullrequests?pagelen=50",
            "{'values': [{'id': 7}, {'id': 8}]}")
        .on("GET " + BUCKET + "/pullrequests/8", "{'state': 'OPEN'}")
        .on(
            "GET " + BUCKET + "/pullrequests/7",
            ("{'state': 'MERGED', 'author': {'uuid': '{9}'}, 'source': {'commit': {'hash': '%s'}},"
                    + " 'destination': {'branch': {'name': 'main'}},"
                    + " 'merge_commit': {'hash': '%s'},"
                    + " 'participants': [{'approved': true, 'user': {'uuid': '{1}'}},"
                    + " {'approved': true, 'user': {'uuid': '{2}'}},"
                    + " {'approved': false, 'user': {'uuid': '{3}'}}]}")
                .formatted(head, MERGE.substring(0, 12)))
        .on("GET " + BUCKET + "/commit/" + head, "{'hash': '" + HEAD + "'}")
        .on("GET " + BUCKET + "/commit/" + MERGE.substring(0, 12), "{'hash': '" + MERGE + "'}")
        .on(
            "GET " + BUCKET + "/pullrequests/7/activity?pagelen=50",
            ("{'values': [{'approval': {'date': '2026-01-03T00:00:00+00:00', 'user': {'uuid':"
                    + " '{1}'}}}, {'update': {'date': '2026-01-02T00:00:00+00:00', 'source':"
                    + " {'commit': {'hash': '%s'}}}}, {'approval': {'date':"
                    + " '2026-01-01T12:00:00+00:00', 'user': {'uuid': '{2}'}}}, {'update': {'date':"
                    + " '2026-01-01T00:00:00+00:00', 'source': {'commit': {'hash':"
                    + " 'cccccccccccc'}}}}]}")
                .formatted(head));

    assertThat(bitbucket("t0ken").mergedBy(MERGE))
        .singleElement()
        .satisfies(
            pull -> {
              assertThat(pull.head()).isEqualTo(HEAD);
              assertThat(pull.merge()).isEqualTo(MERGE);
              assertThat(pull.approvals())
                  .containsExactly(new Approval("{1}", HEAD), new Approval("{2}", "cccccccccccc"));
            });
  }
}
