// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gitops.core.spi.HeldRevisionException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a source asks its rules, and what they can see, on repositories made by git itself. */
class RevisionRuleTest {
  @TempDir private Path directory;
  private RealGit git;
  private Path work;

  @BeforeEach
  void repository() {
    git = new RealGit(directory);
    work = directory.resolve("work");
    git.in(directory, "clone", "-q", git.remote.toString(), "work");
  }

  private String commit(String file, String content) throws IOException {
    Files.writeString(work.resolve(file), content);
    git.in(work, "add", "-A");
    git.in(work, "commit", "-q", "-m", "Change " + file);
    return head();
  }

  private String head() {
    return git.in(work, "rev-parse", "HEAD");
  }

  private void push() {
    git.in(work, "push", "-q", "--force", "origin", "HEAD:main");
  }

  /** A rule that throws what it thinks. */
  private interface Look {
    void at(Candidate candidate) throws IOException;
  }

  private void look(String accepted, Look look) throws Exception {
    try (GitStateSource source =
        GitStateSource.of(git.remote.toString()).branch("main").require(look::at).build()) {
      source.fetch(null, accepted);
    }
  }

  @Test
  void heldRevisionIsNotReadUntilItIsTheAcceptedOne() throws Exception {
    commit("a.yaml", RealGit.topic("a", 1));
    push();
    List<String> asked = new ArrayList<>();
    try (GitStateSource source =
        GitStateSource.of(git.remote.toString())
            .branch("main")
            .require(
                candidate -> {
                  asked.add(candidate.revision().id());
                  throw new HeldRevisionException(candidate.revision(), "no", "yes");
                })
            .build()) {
      assertThatThrownBy(() -> source.fetch(null, null))
          .isInstanceOf(HeldRevisionException.class)
          .hasMessage("no");
      assertThat(source.fetch(null, head()).documents()).hasSize(1);
      assertThat(asked).containsExactly(head());
    }
  }

  @Test
  void ruleSeesTheFirstParentsSinceTheAcceptedOne() throws Exception {
    String first = commit("a.yaml", RealGit.topic("a", 1));
    git.in(work, "checkout", "-q", "-b", "feature");
    String side = commit("b.yaml", RealGit.topic("b", 1));
    git.in(work, "checkout", "-q", "-B", "main", first);
    String direct = commit("c.yaml", RealGit.topic("c", 1));
    git.in(work, "merge", "-q", "--no-ff", "-m", "Merge", "feature");
    String merge = head();
    push();
    List<Candidate.Step> steps = new ArrayList<>();
    look(
        first,
        candidate -> {
          steps.addAll(candidate.since(candidate.accepted(), 3));
          assertThat(candidate.paths(steps.get(0), 1)).containsExactly("b.yaml");
          assertThat(candidate.isPlainMerge(steps.get(0))).isTrue();
          assertThat(candidate.isPlainMerge(steps.get(1))).isFalse();
          assertThat(candidate.isAncestor(side, merge)).isTrue();
          assertThat(candidate.isAncestor(side, direct)).isFalse();
          assertThat(candidate.isAncestor("1".repeat(40), merge)).isFalse();
          assertThatThrownBy(() -> candidate.since(first, 2)).hasMessageContaining("More than 2");
        });
    assertThat(steps).extracting(Candidate.Step::id).containsExactly(merge, direct);
    assertThat(steps.get(0).parents()).containsExactly(direct, side);
    look(null, c -> assertThat(c.since(null, 1)).extracting(Candidate.Step::id).contains(merge));
  }

  @Test
  void historyIsListedUpToItsRoot() throws Exception {
    commit("a.yaml", RealGit.topic("a", 1));
    push();
    String old = head();
    try (GitStateSource source =
        GitStateSource.of(git.remote.toString())
            .branch("main")
            .onRewrite(OnRewrite.FOLLOW)
            .require(candidate -> assertThat(candidate.since(old, 9)).hasSize(1))
            .build()) {
      source.fetch(null, old);
      git.in(work, "checkout", "-q", "--orphan", "other");
      commit("z.yaml", RealGit.topic("z", 1));
      push();
      source.fetch(null, old);
    }
  }

  @Test
  void mergeWithSomethingAddedByHandIsNotPlain() throws Exception {
    String first = commit("a.yaml", RealGit.topic("a", 1));
    git.in(work, "checkout", "-q", "-b", "feature");
    commit("b.yaml", RealGit.topic("b", 1));
    git.in(work, "checkout", "-q", "-B", "main", first);
    git.in(work, "merge", "-q", "--no-ff", "--no-commit", "feature");
    Files.writeString(work.resolve("evil.yaml"), RealGit.topic("evil", 1));
    git.in(work, "add", "-A");
    git.in(work, "commit", "-q", "-m", "Merge");
    push();
    look(
        first,
        candidate -> {
          Candidate.Step merge = candidate.since(first, 9).get(0);
          assertThat(candidate.isPlainMerge(merge)).isFalse();
          assertThat(candidate.paths(merge, 9)).containsExactlyInAnyOrder("b.yaml", "evil.yaml");
          assertThatThrownBy(() -> candidate.paths(merge, 1)).hasMessageContaining("more than 1");
        });
  }

  @Test
  void judgingAMergeOfOneFileWritesNothing() throws Exception {
    String lines = "a\n".repeat(20);
    String first = commit("notes.txt", "1\n" + lines + "2\n");
    git.in(work, "checkout", "-q", "-b", "feature");
    commit("notes.txt", "1\n" + lines + "3\n");
    git.in(work, "checkout", "-q", "-B", "main", first);
    String ours = commit("notes.txt", "0\n" + lines + "2\n");
    // What Git would have made of it is nowhere in the repository.
    git.in(work, "merge", "-q", "--no-ff", "-s", "ours", "-m", "Merge", "feature");
    long before = files();
    lookHere(first, c -> assertThat(c.isPlainMerge(c.since(first, 9).get(0))).isFalse());
    assertThat(files()).isEqualTo(before);
    git.in(work, "reset", "-q", "--hard", ours);
    git.in(work, "merge", "-q", "--no-ff", "-m", "Merge", "feature");
    lookHere(first, c -> assertThat(c.isPlainMerge(c.since(first, 9).get(0))).isTrue());
  }

  private void lookHere(String accepted, Look look) throws Exception {
    try (GitStateSource source =
        GitStateSource.local(work).branch("main").require(look::at).build()) {
      source.fetch(null, accepted);
    }
  }

  private long files() throws IOException {
    try (Stream<Path> all = Files.walk(work.resolve(".git/objects"))) {
      return all.filter(Files::isRegularFile).count();
    }
  }

  @Test
  void sourceWithoutRulesAsksNobody() throws Exception {
    commit("a.yaml", RealGit.topic("a", 1));
    push();
    try (GitStateSource source =
        GitStateSource.of(git.remote.toString())
            .branch("main")
            .onRewrite(OnRewrite.FOLLOW)
            .build()) {
      assertThat(source.fetch(null, "0".repeat(40)).revision().id()).isEqualTo(head());
    }
  }
}
