// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.manifest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gitops.core.model.Document;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.model.Snapshot;
import java.nio.file.Files;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Symbolic links, in a real directory. */
@Timeout(20)
class LinksTest {
  private static final String MANIFEST = "kind: A\nmetadata: {name: b}\n";

  @TempDir Path outside;
  private Path root;

  @BeforeEach
  void writeFiles() throws Exception {
    root = outside.resolve("root");
    TreeFiles.write(root, Map.of("in/README.md", "x", "shared/b.yaml", MANIFEST));
    Files.writeString(outside.resolve("secret.yaml"), MANIFEST);
  }

  private void link(String path, String target) throws Exception {
    Files.createSymbolicLink(root.resolve(path), Path.of(target));
  }

  private Snapshot read() throws Exception {
    return DirectoryStateSource.of(root).path("in").build().fetch(null);
  }

  private void assertRefused(String message) throws Exception {
    Snapshot snapshot = read();
    assertThat(snapshot.documents()).isEmpty();
    assertThat(snapshot.problems()).isNotEmpty();
    assertThat(snapshot.problems().get(0).message()).contains(message);
    assertThat(snapshot.problems().get(0).hides().test(ResourceId.of("A", "x"), "")).isTrue();
  }

  @Test
  void linksInsideOfTheTreeAreFollowedToFilesAndDirectories() throws Exception {
    link("in/one.yaml", "../shared/b.yaml");
    link("in/all", "../in/../shared");
    link("in/chain.yml", "one.yaml");

    assertThat(read().problems()).isEmpty();
    assertThat(read().documents())
        .extracting(document -> document.resource().origin().file())
        .containsExactly("in/all/b.yaml", "in/chain.yml", "in/one.yaml");
  }

  @Test
  void aLinkThatLeavesTheTreeIsAProblemAndIsNotFollowed() throws Exception {
    for (String target :
        new String[] {
          "../../secret.yaml",
          outside + "/secret.yaml",
          root + "/shared/b.yaml",
          "../../root/shared"
        }) {
      link("in/a.yaml", target);
      assertRefused("leaves the source");
      Files.delete(root.resolve("in/a.yaml"));
    }
  }

  @Test
  void aLinkThatLeavesThroughAnotherLinkIsNotFollowed() throws Exception {
    link("up", "..");
    link("in/a.yaml", "../up/secret.yaml");

    assertRefused("leaves the source");
  }

  @Test
  void linksThatLoopOrDangleAreProblems() throws Exception {
    link("in/a", "b");
    link("in/b", "a");
    assertRefused("circles");
    Files.delete(root.resolve("in/a"));
    assertRefused("leads to nothing");
    Files.delete(root.resolve("in/b"));
    link("in/c.yaml", "README.md/x");
    assertRefused("leads to nothing");
  }

  @Test
  void aLinkToADirectoryAboveItIsAProblem() throws Exception {
    link("in/again", "../in");
    assertRefused("a directory that it is in itself");
    Files.delete(root.resolve("in/again"));
    link("in/root", "..");
    assertThat(read().problems())
        .singleElement()
        .hasToString("in/root/in: This link leads to a directory that it is in itself");
  }

  @Test
  void directoriesThatMultiplyThroughLinksAreBounded() throws Exception {
    for (int i = 0; i < 30; i++) {
      Files.createDirectories(root.resolve("d" + i));
      link("d" + i + "/x", "../d" + (i + 1));
      link("d" + i + "/y", "../d" + (i + 1));
    }
    Files.createDirectories(root.resolve("d30"));
    link("in/start", "../d0");

    Snapshot snapshot =
        DirectoryStateSource.of(root)
            .path("in")
            .limits(Limits.DEFAULT.files(2_000))
            .build()
            .fetch(null);

    assertThat(snapshot.problems()).singleElement().asString().contains("More than 2000 manifests");
  }

  @Test
  void aChangeBehindALinkIsSeenThoughTheDirectoryOfTheLinkIsUnchanged() throws Exception {
    link("in/one.yaml", "../shared/b.yaml");
    DirectoryStateSource source = DirectoryStateSource.of(root).path("in").build();
    Document before = source.fetch(null).documents().get(0);

    Files.writeString(root.resolve("shared/b.yaml"), MANIFEST + "spec: {c: 1}\n");

    Document after = source.fetch(null).documents().get(0);
    assertThat(after).isNotSameAs(before);
    assertThat(after.resource().spec()).isNotEqualTo(before.resource().spec());
  }

  @Test
  void thePathOfASourceIsNoLink() throws Exception {
    link("path", "..");

    assertThatThrownBy(() -> DirectoryStateSource.of(root).path("path").build().fetch(null))
        .isInstanceOf(NotDirectoryException.class)
        .hasMessageContaining("link");
  }
}
