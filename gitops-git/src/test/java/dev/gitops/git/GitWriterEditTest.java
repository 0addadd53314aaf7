// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gitops.core.model.ResourceId;
import dev.gitops.core.model.Snapshot;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Fields changed, and resources taken back, by commits that the real git command reads. */
class GitWriterEditTest {
  private static final ResourceId ORDERS = ResourceId.of("Topic", "orders");
  private static final ResourceId SHOP = ResourceId.of("Topic", "shop");
  private static final ResourceId OLD = ResourceId.of("Topic", "old");

  @TempDir Path directory;
  private RealGit git;
  private Colleague ann;
  private GitWriter repo;

  @BeforeEach
  void open() {
    git = new RealGit(directory);
    ann = new Colleague(git, directory.resolve("ann"));
    repo =
        GitWriter.of(git.remote.toString())
            .branch("main")
            .author("Rita Roll <rita@example.com>")
            .path("topics/")
            .cache(directory.resolve("cache"))
            .build();
  }

  @AfterEach
  void everythingThatWasPushedIsSound() {
    git.git("fsck", "--strict", "--no-dangling");
    repo.close();
  }

  private static String topic(String name, int partitions) {
    return "# about %s\n%s".formatted(name, RealGit.topic(name, partitions));
  }

  private String show(String path) {
    byte[] bytes = git.run(git.remote, new byte[0], "show", "main:" + path);
    return new String(bytes, StandardCharsets.UTF_8);
  }

  private String changed() {
    return git.git("show", "--format=", "--no-renames", "--name-status", "main");
  }

  @Test
  void oneFieldChangesAndEverythingElseStays() throws IOException {
    String both = topic("orders", 6) + "---\r\n" + topic("shop", 1).replace("\n", "\r\n");
    ann.write("topics/ünï.yaml", both).write("other/orders.yaml", topic("orders", 1));
    assertThat(ann.work.resolve("topics/ünï.yaml").toFile().setExecutable(true)).isTrue();
    ann.push("Start");

    Pushed pushed = repo.edit(ORDERS, "/spec/partitions", 24);

    assertThat(pushed.head()).isEqualTo(git.git("rev-parse", "main"));
    assertThat(show("topics/ünï.yaml")).isEqualTo(both.replace(": 6", ": 24"));
    assertThat(git.git("ls-tree", "-r", "main")).contains("100755 blob");
    assertThat(git.git("log", "-1", "--format=%s", "main"))
        .isEqualTo("Change /spec/partitions of Topic/orders");
    assertThat(git.git("show", "--format=", "--numstat", "main")).startsWith("1\t1\t");
    assertThat(repo.edit(ORDERS, "/spec/partitions", 24).changed()).isFalse();
  }

  @Test
  void severalFieldsAreOneCommitAndABranchOfItsOwnIfSaid() throws IOException {
    ann.write("topics/orders.yaml", topic("orders", 6)).push("Start");
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("/spec/partitions", 24);
    fields.put("/spec/config/retention.ms", "604800000");

    repo.on("more").message("More").edit(ORDERS, fields);

    assertThat(git.git("show", "more:topics/orders.yaml") + "\n")
        .isEqualTo(topic("orders", 24) + "  config:\n    retention.ms: \"604800000\"\n");
    assertThat(git.git("rev-list", "--count", "main..more")).isEqualTo("1");
    assertThat(show("topics/orders.yaml")).isEqualTo(topic("orders", 6));
  }

  @Test
  void anEditIsDoneAgainOnWhatOthersPushMeanwhile() throws IOException {
    ann.write("topics/orders.yaml", topic("orders", 6)).push("Start");
    AtomicInteger calls = new AtomicInteger();

    repo.message(
            standard -> {
              if (calls.getAndIncrement() == 0) {
                ann.write("topics/orders.yaml", topic("orders", 6) + "  replicas: 3\n");
                ann.push("Replicas");
              }
              return standard;
            })
        .edit(ORDERS, "/spec/partitions", 24);

    assertThat(show("topics/orders.yaml")).isEqualTo(topic("orders", 24) + "  replicas: 3\n");
  }

  @Test
  void whatCantBeEditedIsSaidAndNothingIsPushed() throws IOException {
    ann.write("topics/orders.yaml", topic("orders", 6)).write("topics/bad.yaml", "kind: [");
    Files.createSymbolicLink(ann.work.resolve("topics/link.yaml"), Path.of("../real.yaml"));
    ann.write("real.yaml", topic("linked", 1)).write("topics/twice.yaml", topic("twice", 1));
    String head = ann.write("topics/twice2.yaml", topic("twice", 1)).push("Start");

    assertThatThrownBy(() -> repo.edit(SHOP, "/spec/a", 1))
        .hasMessageContaining("Topic/shop is not declared at " + head);
    assertThatThrownBy(() -> repo.edit(ResourceId.of("Topic", "kind"), "/spec/a", 1))
        .hasMessageContaining("may be declared where something is wrong: topics/bad.yaml:1");
    assertThatThrownBy(() -> repo.edit(ResourceId.of("Topic", "linked"), "/spec/a", 1))
        .hasMessageContaining("'topics/link.yaml' is not a file of its own");
    assertThatThrownBy(() -> repo.edit(ResourceId.of("Topic", "twice"), "/spec/a", 1))
        .hasMessageContaining("topics/twice.yaml and topics/twice2.yaml");
    assertThatThrownBy(() -> repo.edit(ORDERS, "/spec/partitions/x", 1))
        .hasMessageContaining("topics/orders.yaml:6:3");
    assertThat(git.git("rev-parse", "main")).isEqualTo(head);
  }

  @Test
  void aDirectoryGoesBackAndTheRestStays() throws IOException {
    ann.write("topics/a.yaml", topic("a", 1)).write("topics/b/c.yaml", topic("c", 1));
    ann.write("code", "1\n").commit("Start");
    ann.git("tag", "v1");
    ann.git("push", "-q", "origin", "v1");
    ann.write("topics/a.yaml", topic("a", 2)).delete("topics/b/c.yaml");
    ann.write("topics/d.yaml", topic("d", 1)).write("code", "2\n").push("Go on");

    repo.backTo("v1", "topics/");

    assertThat(git.git("rev-parse", "main:topics")).isEqualTo(git.git("rev-parse", "v1:topics"));
    assertThat(git.git("show", "main:code")).isEqualTo("2");
    String id = git.git("rev-parse", "v1");
    assertThat(git.git("log", "-1", "--format=%B", "main"))
        .isEqualTo(
            "Go back to %s for topics\n\nAs at commit %s.".formatted(id.substring(0, 10), id));
    assertThat(repo.backTo("v1", "topics").changed()).isFalse();
    assertThatThrownBy(() -> repo.backTo("v1", "nowhere")).hasMessageContaining("no 'nowhere'");

    repo.backTo("v1", "");
    assertThat(git.git("diff", "--stat", "v1", "main")).isEmpty();
  }

  @Test
  void whatWasNotThereThenIsGone() throws IOException {
    String start = ann.write("code", "1\n").push("Start");
    ann.write("topics/a.yaml", topic("a", 1)).push("Topics");

    repo.backTo(start, "topics/");

    assertThat(git.git("ls-tree", "-r", "--name-only", "main")).isEqualTo("code");
  }

  @Test
  void resourcesGoBackWithinTheirFiles() throws IOException {
    ann.write("topics/all.yaml", topic("orders", 6) + "---\n" + topic("shop", 1));
    String then = ann.write("topics/old.yaml", topic("old", 1)).push("Start");
    String shop = topic("shop", 2);
    ann.write("topics/all.yaml", topic("orders", 24) + "---\n" + shop).delete("topics/old.yaml");
    ann.write("topics/new.yaml", topic("new", 1)).push("Go on");

    repo.backTo(then, ORDERS, OLD, ResourceId.of("Topic", "new"));

    assertThat(show("topics/all.yaml")).isEqualTo(topic("orders", 6) + "---\n" + shop);
    assertThat(show("topics/old.yaml")).isEqualTo(topic("old", 1));
    assertThat(changed().lines())
        .containsExactly("M\ttopics/all.yaml", "D\ttopics/new.yaml", "A\ttopics/old.yaml");
    assertThat(repo.backTo(then, ORDERS, OLD).changed()).isFalse();
    assertThat(declared().documents()).hasSize(3);
  }

  private Snapshot declared() throws IOException {
    try (GitStateSource source =
        GitStateSource.of(git.remote.toString())
            .branch("main")
            .path("topics/")
            .cache(directory.resolve("cache"))
            .build()) {
      return source.fetch(null);
    }
  }

  @Test
  void aResourceThatHasMovedGoesBackWhereItIsNow() throws IOException {
    String then = ann.write("topics/a.yaml", topic("orders", 6)).push("Start");
    ann.delete("topics/a.yaml");
    ann.write("topics/b.yaml", topic("shop", 1) + "---\n" + topic("orders", 24)).push("Move");

    repo.backTo(then, ORDERS);

    assertThat(changed()).isEqualTo("M\ttopics/b.yaml");
    assertThat(show("topics/b.yaml")).isEqualTo(topic("shop", 1) + "---\n" + topic("orders", 6));
  }

  @Test
  void aResourceThatCantBeReadAnyMoreComesBack() throws IOException {
    ann.write("topics/a.yaml", topic("orders", 6));
    String then =
        ann.write("topics/b.yaml", topic("shop", 1) + "---\n" + topic("old", 1)).push("A");
    ann.write("topics/a.yaml", "kind: [Topic\n").push("Break");

    repo.backTo(then, ORDERS);
    assertThat(show("topics/a.yaml")).isEqualTo(topic("orders", 6));

    ann.pull().write("topics/b.yaml", topic("shop", 1) + "---\nold: [\n").push("Break another");
    assertThatThrownBy(() -> repo.backTo(then, OLD))
        .hasMessageContaining("Topic/old can't be brought back into topics/b.yaml")
        .hasMessageContaining("Topic/shop, Topic/old");
    repo.backTo(then, OLD, SHOP);
    assertThat(declared().problems()).isEmpty();
  }

  @Test
  void whatWasNeverDeclaredIsSaid() throws IOException {
    String head = ann.write("topics/a.yaml", topic("orders", 6)).push("Start");

    assertThatThrownBy(() -> repo.backTo(head, SHOP))
        .hasMessageContaining("Topic/shop is declared neither at " + head);
    assertThatThrownBy(() -> repo.backTo(head)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> repo.backTo("v9", ORDERS)).hasMessageContaining("'v9'");
    assertThat(git.git("rev-parse", "main")).isEqualTo(head);
  }
}
