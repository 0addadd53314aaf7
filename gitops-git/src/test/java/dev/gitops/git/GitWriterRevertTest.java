// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gitops.git.GitConflictException.Conflict;
import dev.gitops.git.GitConflictException.Stage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Commits that undo commits, judged by the real git command. */
class GitWriterRevertTest {
  @TempDir Path directory;
  private RealGit git;
  private Colleague ann;
  private GitWriter repo;

  @BeforeEach
  void open() {
    git = new RealGit(directory);
    ann = new Colleague(git, directory.resolve("ann"));
    ann.write("topics/orders.yaml", RealGit.topic("orders", 6)).push("Declare orders");
    repo =
        GitWriter.of(git.remote.toString())
            .branch("main")
            .author("Rita Roll <rita@example.com>")
            .committer("gitops <bot@example.com>")
            .cache(directory.resolve("cache"))
            .clock(Clock.fixed(Instant.ofEpochSecond(1_750_000_000), ZoneOffset.ofHours(2)))
            .build();
  }

  @AfterEach
  void everythingThatWasPushedIsSound() {
    git.git("fsck", "--strict", "--no-dangling");
    repo.close();
  }

  private String show(String path) {
    return git.git("show", "main:" + path) + "\n";
  }

  @Test
  void aCommitIsUndoneByOneOnTop() throws IOException {
    String bad = ann.write("topics/orders.yaml", RealGit.topic("orders", 24)).push("More of it");
    ann.write("topics/shop.yaml", RealGit.topic("shop", 1)).push("And a shop");

    Pushed pushed = repo.revert(bad.substring(0, 9));

    assertThat(pushed.commits()).containsExactly(git.git("rev-parse", "main"));
    assertThat(pushed.head()).isEqualTo(pushed.commits().get(0));
    assertThat(pushed.branch()).isEqualTo("main");
    assertThat(git.git("log", "-1", "--format=%an <%ae> %aI%n%cn <%ce>%n%B", "main"))
        .isEqualTo(
            "Rita Roll <rita@example.com> 2025-06-15T17:06:40+02:00\n"
                + "gitops <bot@example.com>\nRevert \"More of it\"\n\nThis reverts commit "
                + bad
                + ".");
    assertThat(show("topics/orders.yaml")).isEqualTo(RealGit.topic("orders", 6));
    assertThat(show("topics/shop.yaml")).isEqualTo(RealGit.topic("shop", 1));
    assertThat(git.git("rev-list", "--count", "main")).isEqualTo("4");
  }

  @Test
  void whatIsUndoneAlreadyMakesNoCommit() throws IOException {
    String bad = ann.write("topics/orders.yaml", RealGit.topic("orders", 24)).push("More of it");
    Pushed first = repo.revert(bad);

    Pushed second = repo.revert(bad);

    assertThat(second.changed()).isFalse();
    assertThat(second.head()).isEqualTo(first.head()).isEqualTo(git.git("rev-parse", "main"));
    assertThat(repo.on("again").revert(bad).changed()).isFalse();
    assertThat(git.git("branch", "--list")).isEqualTo("* main");
  }

  @Test
  void aRevertOfARevertReapplies() throws IOException {
    String good = ann.write("topics/orders.yaml", RealGit.topic("orders", 24)).push("More of it");
    Pushed undone = repo.revert(good);

    repo.revert(undone.head());

    assertThat(show("topics/orders.yaml")).isEqualTo(RealGit.topic("orders", 24));
    assertThat(git.git("log", "-1", "--format=%s", "main")).isEqualTo("Reapply \"More of it\"");
  }

  @Test
  void aRangeIsUndoneTheNewestFirst() throws IOException {
    String before = git.git("rev-parse", "main");
    ann.write("a", "1\n").push("One");
    ann.write("a", "2\n").push("Two");
    String last = ann.write("a", "3\n").push("Three");

    Pushed pushed = repo.revert(before + ".." + last);

    assertThat(pushed.commits()).hasSize(3);
    assertThat(git.git("log", "-3", "--format=%s", "main").lines())
        .containsExactly("Revert \"One\"", "Revert \"Two\"", "Revert \"Three\"");
    assertThat(git.git("diff", "--stat", before, "main")).isEmpty();
  }

  @Test
  void aRangeCanBeUndoneByOneCommit() throws IOException {
    String before = git.git("rev-parse", "main");
    String one = ann.write("a", "1\n").push("One");
    String two = ann.write("a", "2\n").push("Two");

    Pushed pushed = repo.revertSquashed(before + "..main");

    assertThat(pushed.commits()).hasSize(1);
    assertThat(git.git("log", "-1", "--format=%B", "main"))
        .isEqualTo(
            "Revert 2 commits\n\nThis reverts commit %s (\"Two\").\nThis reverts commit %s (\"One\")."
                .formatted(two, one));
    assertThat(git.git("diff", "--stat", before, "main")).isEmpty();
  }

  @Test
  void conflictsNameEachFileAndNothingIsPushed() {
    ann.write("kept", "a\n").write("edited", "a\n").write("gone", "a\n").push("Start");
    String bad =
        ann.write("added", "a\n").write("edited", "b\n").write("gone", "b\n").push("Bad idea");
    ann.write("added", "b\n").write("edited", "c\n").delete("gone").write("kept", "b\n");
    String head = ann.push("Goes on");

    assertThatThrownBy(() -> repo.revert(bad))
        .isInstanceOfSatisfying(
            GitConflictException.class,
            e ->
                assertThat(e.conflicts())
                    .containsExactly(
                        new Conflict("added", Set.of(Stage.BASE, Stage.OURS)),
                        new Conflict("edited", Set.of(Stage.BASE, Stage.OURS, Stage.THEIRS)),
                        new Conflict("gone", Set.of(Stage.BASE, Stage.THEIRS))))
        .hasMessageContaining("Commit " + bad + " (\"Bad idea\")")
        .hasMessageContaining("'added' would be deleted, but was changed since; 'edited' was")
        .hasMessageContaining("'gone' was deleted since")
        .hasMessageContaining("nothing was pushed");
    assertThat(git.git("rev-parse", "main")).isEqualTo(head);
  }

  @Test
  void aConflictInTheMiddleOfARangePushesNothingOfIt() {
    String before = ann.write("a", "0\n").push("Zero");
    ann.write("a", "1\n").push("One");
    ann.write("b", "1\n").push("Two");
    String bad = git.git("rev-parse", "main");
    String head = ann.write("a", "2\n").push("Three");

    assertThatThrownBy(() -> repo.revert(before + ".." + bad))
        .isInstanceOf(GitConflictException.class);

    assertThat(git.git("rev-parse", "main")).isEqualTo(head);
  }

  @Test
  void aMergeIsUndoneAgainstTheParentThatIsNamed() throws IOException {
    String before = ann.write("a", "1\n").push("One");
    ann.git("checkout", "-q", "-b", "side");
    ann.write("b", "1\n").commit("Two");
    String side = ann.write("c", "1\n").commit("Three");
    ann.git("checkout", "-q", "main");
    ann.git("merge", "-q", "--no-ff", "-m", "Merge side", "side");
    String merge = ann.git("rev-parse", "HEAD");
    ann.git("push", "-q", "origin", "main");

    assertThatThrownBy(() -> repo.revert(merge))
        .hasMessageContaining("is a merge of 2 parents")
        .hasMessageContaining("revertMerge");
    assertThatThrownBy(() -> repo.revertMerge(merge, 3)).hasMessageContaining("no parent 3");
    repo.revertMerge(merge, 1);

    assertThat(git.git("diff", "--stat", before, "main")).isEmpty();
    assertThat(git.git("log", "-1", "--format=%B", "main"))
        .isEqualTo(
            "Revert \"Merge side\"\n\nThis reverts commit %s, reversing\nchanges made to %s."
                .formatted(merge, before));
    assertThat(git.git("merge-base", "--is-ancestor", side, "main")).isEmpty();
  }

  @Test
  void linksModesLineEndsAndNamesStayAsTheyAre() throws IOException {
    ann.write("ünï/tøpic ☃.yaml", "a: 1\r\nb: 2\r\n").write("run.sh", "#!/bin/sh\n");
    Files.createSymbolicLink(ann.work.resolve("link"), Path.of("run.sh"));
    Files.write(ann.work.resolve("binary"), new byte[] {0, 1, (byte) 0xff, 13, 10});
    assertThat(ann.work.resolve("run.sh").toFile().setExecutable(true)).isTrue();
    String before = ann.push("Everything");
    ann.write("ünï/tøpic ☃.yaml", "a: 1\r\nb: 3\r\n");
    Files.delete(ann.work.resolve("link"));
    Files.createSymbolicLink(ann.work.resolve("link"), Path.of("binary"));
    assertThat(ann.work.resolve("run.sh").toFile().setExecutable(false)).isTrue();
    String mess = ann.push("Mess");
    assertThat(git.git("ls-tree", "main")).doesNotContain("100755");

    repo.revert(mess);

    assertThat(git.git("ls-tree", "-r", "main")).isEqualTo(git.git("ls-tree", "-r", before));
    assertThat(git.git("ls-tree", "main")).contains("120000 blob", "100755 blob");
  }

  @Test
  void theFirstCommitOfAllCanBeUndone() throws IOException {
    ann.write("other", "1\n").push("Other");
    String root = git.git("rev-list", "--max-parents=0", "main");

    repo.revert(root);

    assertThat(git.git("ls-tree", "-r", "--name-only", "main")).isEqualTo("other");
  }

  @Test
  void aNewBranchTakesTheCommitsAndTheOldOneStays() throws IOException {
    String bad = ann.write("topics/orders.yaml", RealGit.topic("orders", 24)).push("More of it");

    Pushed pushed = repo.on("rollback/orders").revert(bad);

    assertThat(pushed.branch()).isEqualTo("rollback/orders");
    assertThat(git.git("rev-parse", "rollback/orders")).isEqualTo(pushed.head());
    assertThat(git.git("rev-parse", "rollback/orders~1", "main")).isEqualTo(bad + "\n" + bad);
    GitWriter bob = repo.author("Bob <bob@example.com>").on("rollback/orders");
    assertThatThrownBy(() -> bob.revert(bad))
        .hasMessageContaining("There is a branch 'rollback/orders'")
        .hasMessageContaining("another name");
    assertThat(git.git("rev-parse", "rollback/orders")).isEqualTo(pushed.head());
  }

  @Test
  void messageTrailersAndAuthorAreTheCallers() throws IOException {
    String bad = ann.write("topics/orders.yaml", RealGit.topic("orders", 24)).push("More of it");

    repo.author("Bob <bob@example.com>")
        .message(standard -> "INC-42: " + standard + "\n\nSigned-off-by: Bob <bob@example.com>")
        .trailer("Incident", "INC-42")
        .revert(bad);

    assertThat(git.git("log", "-1", "--format=%an %s%n%(trailers)", "main"))
        .isEqualTo(
            "Bob INC-42: Revert \"More of it\"\nSigned-off-by: Bob <bob@example.com>\n"
                + "Incident: INC-42");
    assertThatThrownBy(() -> repo.trailer("Incident", "a\nb")).hasMessageContaining("one line");
    assertThatThrownBy(() -> repo.author("Bob")).hasMessageContaining("'Bob'");
  }

  @Test
  void whatIsNotThereIsSaid() throws IOException {
    ann.git("checkout", "-q", "-b", "side");
    ann.write("b", "1\n").commit("Side");
    ann.git("push", "-q", "origin", "side");

    assertThatThrownBy(() -> repo.revert("side")).hasMessageContaining("not in the history");
    assertThatThrownBy(() -> repo.revert("nowhere")).hasMessageContaining("'nowhere'");
    assertThatThrownBy(() -> repo.revert("main..main")).hasMessageContaining("No commit leads to");
    for (String wrong : List.of("a...b", "a..", "..b", "a..b..c", "")) {
      assertThatThrownBy(() -> repo.revert(wrong))
          .as(wrong)
          .isInstanceOf(IllegalArgumentException.class);
    }
    repo.close();
    assertThatThrownBy(() -> repo.revert("main")).isInstanceOf(IllegalStateException.class);
  }
}
