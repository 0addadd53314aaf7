// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import static dev.gitops.git.RealGit.topic;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gitops.core.Commands;
import dev.gitops.core.Reconciler;
import dev.gitops.core.contract.MemoryTarget;
import dev.gitops.core.model.Kind;
import dev.gitops.core.model.Report;
import dev.gitops.core.model.Report.Status;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.spi.HeldRevisionException;
import dev.gitops.core.store.MemoryStateStore;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import org.eclipse.jgit.lib.Repository;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Histories in which a branch does not only grow, seen by a reconciler. */
class RewriteTest {
  record Topic(@Nullable Long partitions) {}

  private static final ResourceId A = ResourceId.of("Topic", "a");

  @TempDir Path directory;
  private final MemoryStateStore store = new MemoryStateStore();
  private final MemoryTarget<Topic> target = MemoryTarget.<Topic>options().build();
  private RealGit git;
  private GitStateSource source;
  private Reconciler reconciler;

  @BeforeEach
  void create() {
    git = new RealGit(directory);
    start(OnRewrite.HOLD);
  }

  private void start(OnRewrite policy) {
    source = builder().onRewrite(policy).build();
    reconciler =
        Reconciler.builder("topics", source)
            .route(Kind.of("Topic", Topic.class), target)
            .store(store)
            .allowDeletes(5)
            .build();
  }

  private GitStateSourceBuilder builder() {
    return GitStateSource.of(url()).branch("main").cache(directory.resolve("cache"));
  }

  String url() {
    return git.remote.toString();
  }

  @AfterEach
  void close() {
    reconciler.close();
    source.close();
  }

  private void restart() {
    close();
    start(OnRewrite.HOLD);
  }

  private String commit(int partitions) {
    return git.commit("main", Map.of("a.yaml", topic("a", partitions)));
  }

  private @Nullable Long partitions() {
    return target.log().live(A).map(live -> live.value().partitions()).orElse(null);
  }

  private String converged() {
    Report report = reconciler.reconcile();
    assertThat(report.status()).isEqualTo(Status.CONVERGED);
    return report.plan().revision().id();
  }

  private String held() {
    Report report = reconciler.reconcile();
    assertThat(report.status()).isEqualTo(Status.HELD);
    return report.plan().problems().toString();
  }

  private void assertDriftIsCorrectedTo(long partitions) {
    target.put(A, new Topic(77L));
    assertThat(reconciler.reconcile().status()).isEqualTo(Status.HELD);
    assertThat(partitions()).isEqualTo(partitions);
  }

  private void confirm(String revision) throws IOException {
    Commands.of(store, "topics", "ann").confirm(Set.of("revision:" + revision), "intended");
  }

  @Test
  void aRewrittenBranchIsHeldAndDriftIsCorrectedFromWhatWasAccepted() throws Exception {
    String base = commit(1);
    commit(2);
    String accepted = commit(3);
    assertThat(converged()).isEqualTo(accepted);
    git.git("update-ref", "refs/heads/main", base);
    String rewritten = git.commitOnto("main", Map.of("a.yaml", topic("a", 99)));

    assertThat(held())
        .contains("branch 'main' was rewritten")
        .contains("it was at " + accepted.substring(0, 12))
        .contains("is at " + rewritten.substring(0, 12))
        .contains("the last commit that both have is " + base.substring(0, 12))
        .contains("2 commits it had are gone")
        .contains("confirm revision:" + rewritten);
    assertDriftIsCorrectedTo(3);

    confirm(rewritten);
    assertThat(converged()).isEqualTo(rewritten);
    assertThat(partitions()).isEqualTo(99);
    String next = commit(100);
    assertThat(converged()).isEqualTo(next);
  }

  @Test
  void aRewriteWithoutAnythingInCommonIsHeldAcrossARestart() throws Exception {
    String accepted = commit(1);
    assertThat(converged()).isEqualTo(accepted);
    String rewritten = git.forcePush("main", Map.of("a.yaml", topic("a", 99)));
    restart();

    assertThat(held()).contains("rewritten").contains("no commit in common");
    assertDriftIsCorrectedTo(1);
    restart();
    assertDriftIsCorrectedTo(1);

    confirm(rewritten);
    assertThat(converged()).isEqualTo(rewritten);
  }

  @Test
  void aMirrorThatWentBackIsHeldUntilItHasCaughtUp() throws Exception {
    String first = commit(1);
    commit(2);
    String accepted = commit(3);
    assertThat(converged()).isEqualTo(accepted);
    git.git("update-ref", "refs/heads/main", first);

    assertThat(held())
        .contains("branch 'main' went back")
        .contains("which is 2 commits before it")
        .contains("a mirror that lags");
    assertDriftIsCorrectedTo(3);

    git.git("update-ref", "refs/heads/main", accepted);
    assertThat(converged()).isEqualTo(accepted);
  }

  @Test
  void aRewriteIsHeldAlsoWhenTheCacheWasDeletedMeanwhile() throws Exception {
    commit(1);
    String accepted = commit(2);
    assertThat(converged()).isEqualTo(accepted);
    String rewritten = git.forcePush("main", Map.of("a.yaml", topic("a", 99)));
    close();
    CloneDirectory.delete(directory.resolve("cache"));
    start(OnRewrite.HOLD);

    assertThat(held()).contains("confirm revision:" + rewritten);
    assertThat(partitions()).isEqualTo(2);
    confirm(rewritten);
    assertThat(converged()).isEqualTo(rewritten);
  }

  @Test
  void aRewriteIsHeldAlsoWhenNobodyHasTheAcceptedCommitAnyMore() throws Exception {
    String accepted = commit(1);
    assertThat(converged()).isEqualTo(accepted);
    String rewritten = git.forcePush("main", Map.of("a.yaml", topic("a", 99)));
    git.git("reflog", "expire", "--expire=now", "--all");
    git.git("gc", "-q", "--prune=now");
    close();
    CloneDirectory.delete(directory.resolve("cache"));
    start(OnRewrite.HOLD);

    assertThat(held()).contains("can't be told").contains("confirm revision:" + rewritten);
    assertThat(partitions()).isEqualTo(1);
    confirm(rewritten);
    assertThat(converged()).isEqualTo(rewritten);
  }

  @Test
  void anAcceptedCommitSurvivesAGarbageCollectionOfTheCache() throws Exception {
    String accepted = commit(1);
    assertThat(converged()).isEqualTo(accepted);
    git.forcePush("main", Map.of("a.yaml", topic("a", 99)));
    held();
    git.git("reflog", "expire", "--expire=now", "--all");
    git.git("gc", "-q", "--prune=now");
    CloneDirectory clone = new CloneDirectory(directory.resolve("cache"), GitUrl.parse(url()), "");
    try (Repository repository = clone.open()) {
      clone.compact(repository, 0);
    }
    restart();

    assertDriftIsCorrectedTo(1);
  }

  @Test
  void aRewriteIsFollowedWhereThatIsSaid() {
    commit(1);
    converged();
    String rewritten = git.forcePush("main", Map.of("a.yaml", topic("a", 99)));
    close();
    start(OnRewrite.FOLLOW);

    assertThat(converged()).isEqualTo(rewritten);
  }

  @Test
  void aMergeThatTakesTheAcceptedCommitInIsNoRewrite() {
    String base = commit(1);
    String accepted = commit(2);
    converged();
    git.git("update-ref", "refs/heads/side", base);
    String side = git.commitOnto("side", Map.of("b.yaml", topic("b", 1)));
    String tree = git.git("rev-parse", side + "^{tree}");
    String merge = git.git("commit-tree", "-m", "Merge", "-p", side, "-p", accepted, tree);
    git.git("update-ref", "refs/heads/main", merge);

    Report report = reconciler.reconcile();

    assertThat(report.plan().revision().id()).isEqualTo(merge);
    assertThat(report.plan().problems()).isEmpty();
  }

  @Test
  void aLocalRepositoryThatIsRewrittenIsHeldToo() throws Exception {
    String accepted = commit(1);
    String rewritten = git.forcePush("main", Map.of("a.yaml", topic("a", 99)));
    try (GitStateSource local = GitStateSource.local(git.remote).branch("main").build()) {
      assertThatThrownBy(() -> local.fetch(null, accepted))
          .isInstanceOfSatisfying(
              HeldRevisionException.class, e -> assertThat(e.revision().id()).isEqualTo(rewritten))
          .hasMessageContaining("rewritten");
      assertThat(local.fetch(accepted, accepted).revision().id()).isEqualTo(accepted);
      assertThat(local.fetch(null, rewritten).revision().id()).isEqualTo(rewritten);
    }
  }

  @Test
  void aLocalRepositoryWhoseHistoryIsCutOffIsHeldAndNotGuessed() throws Exception {
    String accepted = commit(1);
    commit(2);
    Path shallow = directory.resolve("shallow.git");
    git.in(
        directory,
        "clone",
        "-q",
        "--bare",
        "--depth=1",
        git.remote.toUri().toString(),
        shallow.toString());
    try (GitStateSource local = GitStateSource.local(shallow).branch("main").build()) {
      assertThatThrownBy(() -> local.fetch(null, accepted))
          .isInstanceOf(HeldRevisionException.class)
          .hasMessageContaining("can't be told");
    }
  }

  @Test
  void aPersonMayNameAnEarlierRevision() throws Exception {
    String first = commit(1);
    String second = commit(2);

    assertThat(source.fetch(null, null).revision().id()).isEqualTo(second);
    assertThat(source.fetch(first, null).revision().id()).isEqualTo(first);
  }
}
