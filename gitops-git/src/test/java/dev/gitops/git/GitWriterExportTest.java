// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gitops.core.Reconciler;
import dev.gitops.core.contract.MemoryTarget;
import dev.gitops.core.manifest.ManifestExport;
import dev.gitops.core.model.Change;
import dev.gitops.core.model.Change.Action;
import dev.gitops.core.model.Kind;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.store.MemoryStateStore;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A system that runs already becomes a commit. */
class GitWriterExportTest {
  record Topic(@Nullable Long partitions) {}

  private static final Kind<Topic> KIND = Kind.of("Topic", Topic.class);

  @TempDir Path directory;
  private final MemoryTarget<Topic> target = MemoryTarget.empty();
  private RealGit git;
  private Colleague ann;
  private GitWriter repo;

  @BeforeEach
  void open() {
    git = new RealGit(directory);
    ann = new Colleague(git, directory.resolve("ann"));
    ann.write("README.md", "Ours\n").push("Start");
    target.as("bob").put(ResourceId.of("Topic", "orders"), new Topic(6L));
    target.as("bob").put(ResourceId.of("Topic", "../shop"), new Topic(1L));
    repo =
        GitWriter.of(git.remote.toString())
            .branch("main")
            .author("Rita Roll <rita@example.com>")
            .path("live/")
            .build();
  }

  @AfterEach
  void everythingThatWasPushedIsSound() {
    git.git("fsck", "--strict", "--no-dangling");
    repo.close();
  }

  private Pushed export() throws Exception {
    return repo.add(ManifestExport.of(KIND, target));
  }

  @Test
  void whatExistsIsOneCommitAndPlanningItChangesNothing() throws Exception {
    assertThat(export().changed()).isTrue();
    assertThat(git.git("log", "-1", "--format=%s", "main"))
        .isEqualTo("Declare what exists: 2 resources");
    assertThat(git.git("show", "--format=", "--name-status", "main").lines())
        .hasSize(2)
        .allMatch(line -> line.startsWith("A\tlive/"));
    try (GitStateSource source =
            GitStateSource.of(git.remote.toString())
                .branch("main")
                .path("live/")
                .cache(directory.resolve("cache"))
                .build();
        Reconciler reconciler =
            Reconciler.builder("topics", source)
                .route(KIND, target)
                .store(new MemoryStateStore())
                .build()) {
      assertThat(reconciler.plan().changes())
          .hasSize(2)
          .extracting(Change::action)
          .containsOnly(Action.RECORD);
    }
    assertThat(export().changed()).isFalse();
  }

  @Test
  void whatIsNewIsAddedAndWhatIsThereStays() throws Exception {
    export();
    target.as("bob").put(ResourceId.of("Topic", "third"), new Topic(3L));
    export();
    assertThat(git.git("show", "--format=", "--name-status", "main").lines()).hasSize(1);
  }

  @Test
  void nothingIsOverwrittenOrDeclaredTwice() throws Exception {
    ann.write("live/by-hand.yaml", RealGit.topic("orders", 6)).push("By hand");
    String before = git.git("rev-parse", "main");
    assertThatThrownBy(this::export)
        .isInstanceOf(IOException.class)
        .hasMessageContaining("Topic/orders is declared in live/by-hand.yaml");
    ann.delete("live/by-hand.yaml").push("Not by hand");
    export();
    target.as("bob").put(ResourceId.of("Topic", "orders"), new Topic(7L));
    assertThatThrownBy(this::export)
        .isInstanceOf(IOException.class)
        .hasMessageContaining("orders.yaml says something else");
    ann.pull().write("live/broken.yaml", "kind: Topic\nmetadata: {name: fourth\n").push("Broken");
    target.as("bob").put(ResourceId.of("Topic", "orders"), new Topic(6L));
    target.as("bob").put(ResourceId.of("Topic", "fourth"), new Topic(4L));
    assertThatThrownBy(this::export)
        .hasMessageContaining("may be declared where something is wrong");
    assertThat(git.git("rev-list", "--count", before + "..main")).isEqualTo("3");
  }
}
