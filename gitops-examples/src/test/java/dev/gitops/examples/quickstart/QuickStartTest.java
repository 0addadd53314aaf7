// SPDX-License-Identifier: Apache-2.0
package dev.gitops.examples.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.eclipse.jgit.api.Git;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class QuickStartTest {
  @TempDir private Path directory;

  private void commit(String content) throws Exception {
    Path repository = directory.resolve("repository");
    Path config = Files.createDirectories(repository.resolve("config"));
    Files.writeString(
        config.resolve("app.yaml"),
        """
        kind: ConfigFile
        metadata: {name: app.conf}
        spec: {content: "%s"}
        """
            .formatted(content));
    try (Git git = Git.init().setDirectory(repository.toFile()).setInitialBranch("main").call()) {
      git.add().addFilepattern("config").call();
      git.commit()
          .setAuthor("Ada", "ada@example.com")
          .setCommitter("Ada", "ada@example.com")
          .setMessage("Say " + content)
          .setSign(false)
          .call();
    }
  }

  private void run() throws Exception {
    QuickStart.main(
        directory.resolve("repository").toString(),
        Files.createDirectories(directory.resolve("live")).toString(),
        directory.resolve("state").toString());
  }

  private String live() throws Exception {
    return Files.readString(directory.resolve("live/app.conf"));
  }

  @Test
  void filesFollowCommitsAndChangesByHandAreUndone() throws Exception {
    commit("one");
    run();
    assertThat(live()).isEqualTo("one");

    commit("two");
    run();
    assertThat(live()).isEqualTo("two");

    Files.writeString(directory.resolve("live/app.conf"), "by hand");
    run();
    assertThat(live()).isEqualTo("two");
  }

  @Test
  void aFileThatWasThereBeforeIsNotOverwritten() throws Exception {
    commit("one");
    Files.createDirectories(directory.resolve("live"));
    Files.writeString(directory.resolve("live/app.conf"), "theirs");

    run();

    assertThat(live()).isEqualTo("theirs");
  }
}
