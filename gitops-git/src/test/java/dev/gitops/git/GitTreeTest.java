// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import static dev.gitops.git.RealGit.topic;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import dev.gitops.core.manifest.Limits;
import dev.gitops.core.manifest.ManifestReader;
import dev.gitops.core.model.Problem;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.model.Snapshot;
import dev.gitops.git.RealGit.File;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Commits that hold what no well-meaning author commits. */
class GitTreeTest {
  private static final ResourceId ANY = ResourceId.of("Topic", "any");

  @TempDir Path directory;
  private RealGit git;
  private GitStateSource source;

  @BeforeEach
  void create() {
    git = new RealGit(directory);
    source = GitStateSource.local(git.remote).branch("main").build();
  }

  @AfterEach
  void close() {
    source.close();
  }

  private Snapshot commit(Map<String, File> more) throws Exception {
    Map<String, File> files = new LinkedHashMap<>(more);
    files.put("good.yaml", File.text(topic("good", 1)));
    git.commitFiles("main", "Change", files);
    return source.fetch(null);
  }

  private static List<String> names(Snapshot snapshot) {
    return snapshot.documents().stream().map(d -> d.resource().id().name()).toList();
  }

  /** The good file is read, and while the problem lasts nothing at all is taken for absent. */
  private static void assertHidesAnything(Snapshot snapshot, String file, String message) {
    assertThat(names(snapshot)).contains("good");
    assertThat(snapshot.problems()).isNotEmpty();
    assertThat(snapshot.problems())
        .anySatisfy(
            problem -> {
              assertThat(problem.origin().file()).isEqualTo(file);
              assertThat(problem.message()).contains(message);
              assertThat(problem.hides().test(ANY, "elsewhere.yaml")).isTrue();
            });
  }

  @Test
  void aSubmoduleIsUnread() throws Exception {
    File submodule = new File("160000", "1".repeat(40));

    assertHidesAnything(commit(Map.of("sub", submodule)), "sub", "A submodule");
    assertThat(commit(Map.of(".hidden", submodule)).problems()).isEmpty();
  }

  @Test
  void aProblemStaysAProblemOverACommitThatChangesAnotherDirectory() throws Exception {
    File submodule = new File("160000", "1".repeat(40));
    commit(Map.of("a/sub", submodule));

    Snapshot after =
        commit(Map.of("a/sub", submodule, "b/other.yaml", File.text(topic("other", 1))));

    assertHidesAnything(after, "a/sub", "A submodule");
    assertThat(names(after)).containsExactlyInAnyOrder("good", "other");
  }

  @Test
  void aPointerOfGitLfsIsUnread() throws Exception {
    String pointer =
        "version https://git-lfs.github.com/spec/v1\noid sha256:" + "0".repeat(64) + "\nsize 9\n";

    assertHidesAnything(commit(Map.of("big.yaml", File.text(pointer))), "big.yaml", "LFS");
  }

  @Test
  void linksInsideTheRepositoryAreFollowedAndOthersAreNot() throws Exception {
    Snapshot snapshot =
        commit(
            Map.of(
                "shared/real.txt", File.text(topic("linked", 1)),
                "a/link.yaml", File.link("../shared/real.txt"),
                "a/out.yaml", File.link("../../etc/passwd"),
                "a/absolute.yaml", File.link("/etc/passwd"),
                "a/git.yaml", File.link("../.git/config"),
                "a/loop.yaml", File.link("loop.yaml"),
                "a/up", File.link("..")));

    assertThat(names(snapshot)).contains("linked", "good");
    assertHidesAnything(snapshot, "a/out.yaml", "leaves the source");
    assertHidesAnything(snapshot, "a/absolute.yaml", "leaves the source");
    assertHidesAnything(snapshot, "a/git.yaml", "leads to nothing");
    assertHidesAnything(snapshot, "a/loop.yaml", "circles");
    assertThat(snapshot.problems())
        .anySatisfy(problem -> assertThat(problem.origin().file()).isEqualTo("a/up"));
  }

  @Test
  void namesThatDifferOnlyInCaseAreUnread() throws Exception {
    Snapshot snapshot =
        commit(
            Map.of(
                "Orders.yaml", File.text(topic("orders", 1)),
                "orders.yaml", File.text(topic("orders", 2)),
                "e\u0301.yaml", File.text(topic("decomposed", 1)),
                "\u00e9.yaml", File.text(topic("composed", 1))));

    assertThat(names(snapshot)).containsExactly("good");
    assertHidesAnything(snapshot, "Orders.yaml", "the same as that of 'orders.yaml'");
    assertHidesAnything(snapshot, "orders.yaml", "the same as that of 'Orders.yaml'");
    assertThat(snapshot.problems()).hasSize(4);
  }

  @Test
  void aBlobBeyondTheLimitIsNotLoaded() throws Exception {
    source.close();
    source =
        GitStateSource.local(git.remote)
            .format(ManifestReader.create().limits(Limits.DEFAULT.fileBytes(1_000)))
            .build();

    Snapshot snapshot = commit(Map.of("big.yaml", File.text("a: b\n".repeat(1_000_000))));

    assertHidesAnything(snapshot, "big.yaml", "limit of 1000 bytes");
  }

  @Test
  void namesThatAreGitsOwnOnSomeSystemAreUnread() throws Exception {
    for (String name : List.of(".git", ".GIT", "git~1", ".git ", ".git...", ".g\u200cit", "..")) {
      git.commitRawTree("main", tree(name.getBytes(StandardCharsets.UTF_8)));

      assertThat(source.fetch(null).problems())
          .extracting(problem -> problem.origin().file(), Problem::message)
          .containsExactly(tuple(name, "No file in Git may have this name, so it is unread"));
    }
  }

  @Test
  void aNameThatIsNotUtf8IsUnreadAndShownReadably() throws Exception {
    git.commitRawTree("main", tree(new byte[] {'a', (byte) 0xff, 0x1b, '.', 'y', 'm', 'l'}));

    assertThat(source.fetch(null).problems())
        .extracting(problem -> problem.origin().file(), Problem::message)
        .containsExactly(tuple("a\\xff\\x1b.yml", "Its name is not UTF-8, so it is unread"));
  }

  /** A tree object with one entry, the empty directory; not every Git would write it. */
  private static byte[] tree(byte[] name) {
    ByteArrayOutputStream tree = new ByteArrayOutputStream();
    tree.writeBytes("40000 ".getBytes(StandardCharsets.US_ASCII));
    tree.writeBytes(name);
    tree.write(0);
    tree.writeBytes(HexFormat.of().parseHex("4b825dc642cb6eb9a060e54bf8d69288fbee4904"));
    return tree.toByteArray();
  }

  @Test
  void aTreeThatIsNoneIsAnErrorAndNotEmpty() throws Exception {
    git.commitRawTree("main", "40000 cut off".getBytes(StandardCharsets.US_ASCII));

    assertThatThrownBy(() -> source.fetch(null))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("git fsck");
  }

  @Test
  void aTreeThatIsTooDeepIsAProblem() throws Exception {
    Snapshot snapshot = commit(Map.of("d/".repeat(300) + "x.yaml", File.text(topic("deep", 1))));

    assertThat(names(snapshot)).containsExactly("good");
    assertThat(snapshot.problems()).hasSize(1);
    assertThat(snapshot.problems().get(0).message()).contains("directories deep");
  }
}
