// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import static dev.gitops.git.RealGit.topic;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gitops.core.Commands;
import dev.gitops.core.Reconciler;
import dev.gitops.core.contract.MemoryTarget;
import dev.gitops.core.model.Change;
import dev.gitops.core.model.Kind;
import dev.gitops.core.model.Report;
import dev.gitops.core.model.Report.Status;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.model.Snapshot;
import dev.gitops.core.store.MemoryStateStore;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What of a repository is looked at: paths and ignore files. */
class IgnoreTest {
  record Topic(@Nullable Long partitions) {}

  @TempDir Path directory;
  private RealGit git;
  private GitStateSource source;

  @BeforeEach
  void create() {
    git = new RealGit(directory);
    source = GitStateSource.local(git.remote).build();
  }

  @AfterEach
  void close() {
    source.close();
  }

  /** A commit with a topic for each of these files, named after it, and these other files. */
  private void commit(Map<String, String> others, String... topics) {
    Map<String, String> files = new HashMap<>(others);
    for (String path : topics) {
      files.put(path, topic(path.replaceAll(".*/|\\.yaml", ""), 1));
    }
    git.commit("main", files);
  }

  private Snapshot fetch() throws IOException {
    Snapshot snapshot = source.fetch(null);
    assertThat(snapshot.problems()).isEmpty();
    return snapshot;
  }

  private static List<String> names(Snapshot snapshot) {
    return snapshot.documents().stream().map(d -> d.resource().id().name()).sorted().toList();
  }

  @Test
  void ignoreFilesAtAnyLevelHoldForWhatIsBelow() throws Exception {
    commit(
        Map.of(
            ".gitopsignore", "draft-*.yaml\n/only-root/\n# comment\n\nb/**/deep.yaml\n",
            "a/.gitopsignore", "!draft-good.yaml\r\nx.yaml\r\n"),
        "draft-one.yaml",
        "one.yaml",
        "only-root/two.yaml",
        "a/only-root/three.yaml",
        "a/draft-good.yaml",
        "a/draft-bad.yaml",
        "a/b/x.yaml",
        "b/c/d/deep.yaml",
        "b/x.yaml");

    assertThat(names(fetch())).containsExactly("draft-good", "one", "three", "x");
  }

  @Test
  void aChangedIgnoreFileTakesEffectInDirectoriesThatAreUnchanged() throws Exception {
    commit(Map.of(), "a/b/one.yaml", "a/b/two.yaml", "c/three.yaml");
    Snapshot all = fetch();
    assertThat(names(all)).containsExactly("one", "three", "two");
    assertThat(all.extent()).isEmpty();

    commit(Map.of(".gitopsignore", "two.yaml"), "a/b/one.yaml", "a/b/two.yaml", "c/three.yaml");
    Snapshot less = fetch();
    assertThat(names(less)).containsExactly("one", "three");
    assertThat(less.extent()).startsWith(".gitopsignore ");

    commit(Map.of(), "a/b/one.yaml", "a/b/two.yaml", "c/three.yaml");
    assertThat(names(fetch())).containsExactly("one", "three", "two");
  }

  @Test
  void theExtentStaysTheSameWhereNoIgnoreFileChangesAndAfterARestart() throws Exception {
    Map<String, String> rules =
        Map.of("a/b/.gitopsignore", "x.yaml", "d/.gitopsignore", "y.yaml", "z.md", "");
    commit(rules, "a/b/one.yaml", "c/two.yaml", "d/three.yaml");
    String extent = fetch().extent();

    commit(rules, "a/b/one.yaml", "c/changed.yaml", "d/three.yaml", "e/new.yaml");
    assertThat(fetch().extent()).isEqualTo(extent);
    commit(rules, "a/b/one.yaml", "a/b/x.yaml", "c/changed.yaml", "d/three.yaml");
    assertThat(fetch().extent()).isEqualTo(extent);
    source.close();
    source = GitStateSource.local(git.remote).build();
    assertThat(fetch().extent()).isEqualTo(extent);

    Map<String, String> moved =
        Map.of("a/b/.gitopsignore", "x.yaml", "d/.gitopsignore", "z.yaml", "z.md", "");
    commit(moved, "a/b/one.yaml", "c/changed.yaml", "d/three.yaml");
    assertThat(fetch().extent()).isNotEqualTo(extent);
  }

  @Test
  void whatIsIgnoredSuddenlyIsNotDeletedBeforeAPersonConfirms() throws Exception {
    MemoryTarget<Topic> target = MemoryTarget.<Topic>options().build();
    MemoryStateStore store = new MemoryStateStore();
    commit(Map.of(), "one.yaml", "two.yaml");
    try (Reconciler reconciler =
        Reconciler.builder("topics", source)
            .route(Kind.of("Topic", Topic.class), target)
            .store(store)
            .allowDeletes(5)
            .build()) {
      assertThat(reconciler.reconcile().status()).isEqualTo(Status.CONVERGED);
      commit(Map.of(".gitopsignore", "two.yaml"), "one.yaml", "two.yaml");

      Report held = reconciler.reconcile();

      ResourceId two = ResourceId.of("Topic", "two");
      assertThat(held.status()).isEqualTo(Status.HELD);
      assertThat(target.log().live(two)).isPresent();
      Change delete =
          held.plan().changes().stream().filter(c -> c.id().equals(two)).findFirst().orElseThrow();
      assertThat(delete.block().message())
          .isEqualTo(
              "which files of the source are ignored has changed, so what is missing may only be"
                  + " out of sight");
      Commands.of(store, "topics", "ann").confirm(Set.of(delete.digest()), "moved elsewhere");
      assertThat(reconciler.reconcile().status()).isEqualTo(Status.CONVERGED);
      assertThat(target.log().live(two)).isEmpty();

      // With the rules known, what is removed from a file is deleted as ever.
      commit(Map.of(".gitopsignore", "two.yaml"), "three.yaml");
      assertThat(reconciler.reconcile().status()).isEqualTo(Status.CONVERGED);
      assertThat(target.log().live(ResourceId.of("Topic", "one"))).isEmpty();
    }
  }

  @Test
  void theNameOfTheIgnoreFileIsFree() throws Exception {
    commit(Map.of(".sourceignore", "a.yaml", ".gitopsignore", "b.yaml"), "a.yaml", "b.yaml");
    try (GitStateSource other =
            GitStateSource.local(git.remote).ignoreFile(".sourceignore").build();
        GitStateSource none = GitStateSource.local(git.remote).ignoreFile("").build()) {
      assertThat(names(other.fetch(null))).containsExactly("b");
      assertThat(names(none.fetch(null))).containsExactly("a", "b");
      assertThat(names(fetch())).containsExactly("a");
      assertThat(Set.of(other.identity(), none.identity(), source.identity())).hasSize(3);
    }
  }

  @Test
  void anIgnoreFileThatCantBeUnderstoodIsAnErrorThatNamesTheLine() {
    Map<String, String> wrong =
        Map.of(
            "fine\nab[c",
            "a/.gitopsignore:2: this is no pattern",
            "a*a*a*a*b",
            "a/.gitopsignore:1: more than 3 asterisks",
            "x\n".repeat(501),
            "more than 500 rules",
            "x".repeat(100_001),
            "more than 100,000 bytes");
    wrong.forEach(
        (text, message) -> {
          commit(Map.of("a/.gitopsignore", text), "a/one.yaml");
          assertThatThrownBy(this::fetch)
              .isInstanceOf(IOException.class)
              .hasMessageContaining(message);
        });
  }

  @Test
  void severalPathsAreReadAndOneThatIsMissingOrIgnoredIsAnError() throws Exception {
    commit(Map.of(".gitopsignore", "drafts/"), "a/x.yaml", "b/y.yaml", "c/z.yaml", "drafts/d.yaml");
    try (GitStateSource two = GitStateSource.local(git.remote).path("a/", "c").build();
        GitStateSource missing = GitStateSource.local(git.remote).path("a", "nowhere").build();
        GitStateSource hidden = GitStateSource.local(git.remote).path("drafts").build()) {
      Snapshot first = two.fetch(null);
      assertThat(names(first)).containsExactly("x", "z");
      commit(Map.of(".gitopsignore", "drafts/"), "a/x.yaml", "c/new.yaml");
      Snapshot second = two.fetch(null);
      assertThat(second.documents().get(0)).isSameAs(first.documents().get(0));
      assertThat(names(second)).containsExactly("new", "x");
      assertThatThrownBy(() -> missing.fetch(null)).hasMessageContaining("no directory 'nowhere'");
      assertThatThrownBy(() -> hidden.fetch(null))
          .hasMessageContaining("'drafts'")
          .hasMessageContaining("ignored by a .gitopsignore");
    }
    for (String[] wrong : new String[][] {{"a", "a/b"}, {"a", "a"}, {"", "a"}, {}}) {
      assertThatThrownBy(() -> GitStateSource.local(directory).path(wrong))
          .isInstanceOf(IllegalArgumentException.class);
    }
    GitStateSource.local(directory).path("a", "ab");
  }
}
