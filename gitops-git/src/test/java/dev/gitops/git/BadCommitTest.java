// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import static dev.gitops.git.RealGit.topic;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gitops.core.Reconciler;
import dev.gitops.core.contract.MemoryTarget;
import dev.gitops.core.model.Kind;
import dev.gitops.core.model.Report;
import dev.gitops.core.model.Report.Status;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.report.ReportText;
import dev.gitops.core.store.MemoryStateStore;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A commit that also takes something away may hide it in what can't be read: then it is not
 * deleted, the report says where, and the next good commit goes on.
 */
class BadCommitTest {
  record Topic(long partitions) {}

  private static final ResourceId ORDERS = ResourceId.of("Topic", "orders");
  private static final ResourceId USERS = ResourceId.of("Topic", "users");

  @TempDir Path directory;
  private final MemoryTarget<Topic> target = MemoryTarget.<Topic>options().build();
  private RealGit git;

  @BeforeEach
  void create() {
    git = new RealGit(directory);
  }

  private Reconciler reconciler() {
    return Reconciler.builder(
            "topics",
            GitStateSource.of(git.remote.toString())
                .branch("main")
                .cache(directory.resolve("cache"))
                .build())
        .route(Kind.of("Topic", Topic.class), target)
        .store(new MemoryStateStore())
        .allowDeletes(10)
        .build();
  }

  /**
   * An entry of a tree object, as it may stand there but no client would write it.
   *
   * @param name one character for each byte, as in the content
   */
  private record Entry(String mode, String name, String content) {
    static Entry file(String name, String content) {
      return new Entry("100644", name, content);
    }

    static Entry link(String name, String to) {
      return new Entry("120000", name, to);
    }

    static Entry directory(String name) {
      return new Entry("40000", name, "");
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  private record Bad(String name, List<Entry> entries, String file, String message) {
    @Override
    public String toString() {
      return name;
    }
  }

  static Stream<Bad> bad() {
    String other = topic("other", 1);
    return Stream.of(
        new Bad(
            "a link that leaves the tree",
            List.of(Entry.link("out.yaml", "../../../etc/passwd")),
            "out.yaml",
            "leaves the source"),
        new Bad(
            "an absolute link",
            List.of(Entry.link("out.yaml", "/etc/passwd")),
            "out.yaml",
            "leaves the source"),
        new Bad(
            "a link to itself",
            List.of(Entry.link("loop.yaml", "loop.yaml")),
            "loop.yaml",
            "round in circles"),
        new Bad(
            "links to each other",
            List.of(Entry.link("a.yaml", "b.yaml"), Entry.link("b.yaml", "a.yaml")),
            "a.yaml",
            "round in circles"),
        new Bad(
            "a link to the directory it is in",
            List.of(Entry.link("self", ".")),
            "self",
            "a directory that it is in itself"),
        new Bad("a link to nothing", List.of(Entry.link("a.yaml", "b")), "a.yaml", "to nothing"),
        new Bad(
            "a link whose target is not UTF-8",
            List.of(Entry.link("a.yaml", "\u00ff")),
            "a.yaml",
            "is not UTF-8"),
        new Bad(
            "names that differ in case",
            List.of(Entry.file("Other.yaml", other), Entry.file("other.yaml", other)),
            "Other.yaml",
            "is the same as that of 'other.yaml'"),
        new Bad(
            "one name twice",
            List.of(Entry.file("other.yaml", other), Entry.file("other.yaml", topic("x", 1))),
            "other.yaml",
            "is the same as that of 'other.yaml'"),
        new Bad(
            "a name that is not UTF-8",
            List.of(Entry.file("a\u00ff.yaml", other)),
            "a\\xff.yaml",
            "not UTF-8"),
        new Bad(
            "content that is not UTF-8",
            List.of(Entry.file("a.yaml", "kind: \u00ff")),
            "a.yaml",
            "UTF-8"),
        new Bad(
            "content with NUL",
            List.of(Entry.file("a.yaml", topic("orders", 1) + "\0\n")),
            "a.yaml",
            "U+0000 is not allowed"),
        new Bad("a directory .GIT", List.of(Entry.directory(".GIT")), ".GIT", "may have this"),
        new Bad("a directory git~1", List.of(Entry.directory("git~1")), "git~1", "may have this"),
        new Bad("a directory ..", List.of(Entry.directory("..")), "..", "may have this"),
        new Bad(
            "a name with a slash",
            List.of(Entry.file("../x.yaml", other)),
            "x.yaml",
            "may have this"),
        new Bad("a submodule", List.of(new Entry("160000", "sub", "")), "sub", "A submodule"));
  }

  private String object(String input, String... command) {
    return new String(git.run(git.remote, bytes(input), command), StandardCharsets.US_ASCII)
        .strip();
  }

  private void commitTree(List<Entry> entries) {
    ByteArrayOutputStream tree = new ByteArrayOutputStream();
    for (Entry entry : entries) {
      String id =
          switch (entry.mode) {
            case "40000" -> object(entry.content, "mktree");
            case "160000" -> "1".repeat(40);
            default -> object(entry.content, "hash-object", "-w", "--stdin");
          };
      tree.writeBytes(bytes(entry.mode + " "));
      tree.writeBytes(bytes(entry.name));
      tree.write(0);
      tree.writeBytes(HexFormat.of().parseHex(id));
    }
    String before = git.git("rev-parse", "refs/heads/main");
    git.commitRawTree("main", tree.toByteArray());
    String raw = git.git("rev-parse", "refs/heads/main^{tree}");
    git.git(
        "update-ref", "refs/heads/main", git.git("commit-tree", "-m", "Bad", "-p", before, raw));
  }

  private long users() {
    return target.log().live(USERS).orElseThrow().value().partitions();
  }

  @ParameterizedTest
  @MethodSource("bad")
  void nothingThatItMayHideIsDeleted(Bad bad) {
    git.commit("main", Map.of("orders.yaml", topic("orders", 1), "users.yaml", topic("users", 1)));
    try (Reconciler topics = reconciler()) {
      assertThat(topics.reconcile().status()).isEqualTo(Status.CONVERGED);
      Stream<Entry> with =
          Stream.concat(
              bad.entries.stream(), Stream.of(Entry.file("users.yaml", topic("users", 2))));
      commitTree(with.toList());

      Report report = topics.reconcile();

      assertThat(report.status()).isNotEqualTo(Status.CONVERGED);
      assertThat(target.log().live(ORDERS)).isPresent();
      assertThat(users()).isEqualTo(2); // what can be read goes on
      assertThat(report.plan().problems())
          .anySatisfy(
              problem -> {
                assertThat(problem.origin().file()).isEqualTo(bad.file);
                assertThat(problem.message()).contains(bad.message);
              });
      assertThat(ReportText.of(report)).contains(bad.file);

      git.commitOnto("main", Map.of("users.yaml", topic("users", 3)));
      assertThat(topics.reconcile().status()).isEqualTo(Status.CONVERGED);
      assertThat(target.log().live(ORDERS)).isEmpty();
      assertThat(users()).isEqualTo(3);
    }
  }

  /** What a whole commit lacks is an error of the source: the last good one goes on. */
  @Test
  void aCommitThatCantBeReadAtAllLeavesTheLastOneInForce() {
    git.commit("main", Map.of("orders.yaml", topic("orders", 1), "users.yaml", topic("users", 1)));
    try (Reconciler topics = reconciler()) {
      assertThat(topics.reconcile().status()).isEqualTo(Status.CONVERGED);
      git.commitRawTree("main", bytes("40000 cut off"));
      target.put(USERS, new Topic(7));

      Report report = topics.reconcile();

      assertThat(ReportText.of(report))
          .contains("The source can't be read", git.remote.toString(), "Going on from revision");
      assertThat(users()).isEqualTo(1);
      assertThat(target.log().live(ORDERS)).isPresent();
    }
  }
}
