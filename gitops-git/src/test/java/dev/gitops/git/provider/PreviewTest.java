// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git.provider;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.groups.Tuple.tuple;

import dev.gitops.core.Reconciler;
import dev.gitops.core.contract.MemoryTarget;
import dev.gitops.core.model.Change;
import dev.gitops.core.model.Kind;
import dev.gitops.core.model.Plan;
import dev.gitops.core.model.Report.Status;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.store.MemoryStateStore;
import dev.gitops.git.GitStateSource;
import dev.gitops.git.RealGit;
import dev.gitops.git.provider.FakeService.Reply;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A pull request from the first push to the merge: real Git, a service that speaks GitHub's API.
 */
class PreviewTest {
  record Topic(int partitions) {}

  private static final String COMMENTS = "/repos/acme/kafka/issues/42/comments";

  @TempDir private Path directory;
  private Team team;
  private FakeService service;
  private Provider provider;
  private GitStateSource git;
  private GitStateSource proposals;
  private final MemoryTarget<Topic> target = MemoryTarget.empty();
  private Reconciler reconciler;
  private Preview preview;

  @BeforeEach
  void start() throws IOException {
    team = new Team(directory);
    team.commit("topics/a.yaml", RealGit.topic("a", 1));
    team.commit("topics/b.yaml", RealGit.topic("b", 1));
    team.push();
    service = new FakeService();
    provider =
        Providers.gitHub("acme/kafka")
            .at(service.url())
            .token(() -> "s3cret")
            .account("bot")
            .build();
    String url = team.git.remote.toString();
    git = GitStateSource.of(url).branch("main").path("topics/").build();
    proposals =
        GitStateSource.of(url).path("topics/").cache(directory.resolve("proposals")).build();
    reconciler =
        Reconciler.builder("topics", git)
            .route(Kind.of("Topic", Topic.class), target)
            .store(new MemoryStateStore())
            .allowDeletes(3)
            .build();
    preview = Preview.of(reconciler, proposals);
    assertThat(reconciler.reconcile().status()).isEqualTo(Status.CONVERGED);
  }

  @AfterEach
  void stop() {
    reconciler.close();
    git.close();
    proposals.close();
    service.close();
  }

  private void propose(String file, String content) throws IOException {
    team.propose("pr", file, content);
    team.git("push", "-q", "--force", "origin", "pr:refs/pull/42/head");
  }

  @Test
  void whatIsPreviewedIsWhatIsPlannedAfterTheMerge() throws Exception {
    team.git("checkout", "-q", "-b", "pr");
    team.commit("topics/a.yaml", RealGit.topic("a", 2));
    team.commit("topics/b.yaml", null);
    team.commit("topics/c.yaml", RealGit.topic("c", 3));
    team.git("push", "-q", "origin", "pr:refs/pull/42/head");
    team.git("checkout", "-q", "main");
    int writes = target.log().entries().size();
    Plan previewed = preview.plan("refs/pull/42/head");

    assertThat(previewed.ready()).hasSize(3);
    assertThat(target.log().entries()).hasSize(writes);
    team.merge("pr");
    team.push();
    Plan merged = reconciler.plan();
    assertThat(merged.revision().id()).isNotEqualTo(previewed.revision().id());
    assertThat(merged.changes())
        .extracting(Change::id, Change::action, Change::digest)
        .isEqualTo(
            previewed.changes().stream().map(c -> tuple(c.id(), c.action(), c.digest())).toList());
    assertThat(reconciler.reconcile().status()).isEqualTo(Status.CONVERGED);
  }

  @Test
  void commentIsMadeAndThenUpdatedInPlace() throws Exception {
    service
        .on("GET " + COMMENTS + "?per_page=100", "[]")
        .on("POST " + COMMENTS, Reply.json("{}").status(201));
    propose("topics/a.yaml", RealGit.topic("a", 2));
    preview.comment(provider, 42, "refs/pull/42/head");
    assertThat(service.heard())
        .last()
        .asString()
        .startsWith("POST " + COMMENTS + " {\"body\":\"<!-- gitops:topics -->\\n**Plan: ")
        .contains("1 -> 2");
    service.forget();
    service
        .on(
            "GET " + COMMENTS + "?per_page=100",
            "[{'id': 9, 'user': {'login': 'bot'}, 'body': '<!-- gitops:topics -->\\nold'}]")
        .on("PATCH /repos/acme/kafka/issues/comments/9", "{}");
    propose("topics/a.yaml", RealGit.topic("a", 3));
    preview.comment(provider, 42, "refs/pull/42/head");
    assertThat(service.heard()).last().asString().startsWith("PATCH ").contains("1 -> 3");
  }

  @Test
  void aStrangerReadsNothingAndHisMarkupIsInert() throws Exception {
    service
        .on("GET " + COMMENTS + "?per_page=100", "[]")
        .on("POST " + COMMENTS, Reply.json("{}").status(201));
    target.put(ResourceId.of("Topic", "payroll"), new Topic(4711));
    propose("topics/x.yaml", RealGit.topic("payroll", 1) + "---\n" + evil());
    preview.comment(provider, 42, "refs/pull/42/head");

    String posted = service.heard().get(service.heard().size() - 1);
    assertThat(posted).doesNotContain("4711").contains("payroll");
    int fence = posted.indexOf("````diff");
    assertThat(fence).isPositive();
    assertThat(posted.indexOf("@everyone")).isGreaterThan(fence);
    assertThat(posted).doesNotContain("\\n```\\n");
    assertThat(preview.trusted().plan("refs/pull/42/head").toString()).contains("4711");
  }

  private static String evil() {
    return RealGit.topic("\"``` @everyone <img src=x>\"", 1);
  }

  @Test
  void aProposalThatCanNotBeReadIsSaidToBe() throws Exception {
    service
        .on("GET " + COMMENTS + "?per_page=100", "[]")
        .on("POST " + COMMENTS, Reply.json("{}").status(201));
    assertThatThrownBy(() -> preview.comment(provider, 42, "refs/pull/7/head"))
        .isInstanceOf(IOException.class);
    assertThat(service.heard()).last().asString().contains("No plan").doesNotContain("s3cret");
  }
}
