// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import static dev.gitops.git.RealGit.topic;
import static dev.gitops.git.SigningTeam.Signer.NOBODY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gitops.core.manifest.Declarations;
import dev.gitops.core.manifest.DocumentFormat;
import dev.gitops.core.manifest.FileTree;
import dev.gitops.core.manifest.ManifestReader;
import dev.gitops.core.manifest.SnapshotReader;
import dev.gitops.core.model.FieldChange;
import dev.gitops.core.model.Kind;
import dev.gitops.core.model.ResourceId;
import dev.gitops.git.ResourceDiff.Action;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is told of one resource, in histories made by git itself. */
class GitHistoryTest {
  private static final ResourceId ORDERS = ResourceId.of("Topic", "orders");

  @TempDir Path directory;
  private SigningTeam team;
  private GitStateSource source;

  @BeforeEach
  void start() throws Exception {
    team = new SigningTeam(directory);
    source = GitStateSource.local(team.repository).branch("main").path("topics").build();
  }

  @AfterEach
  void close() {
    source.close();
    team.close();
  }

  private String put(String file, String content) {
    return team.commit(NOBODY, "topics/" + file, content);
  }

  private String remove(String file) {
    team.git("rm", "-q", "topics/" + file);
    return team.commitIndex(NOBODY, "Remove " + file);
  }

  private String move(String from, String to) throws IOException {
    Files.createDirectories(team.repository.resolve("topics/" + to).getParent());
    team.git("mv", "topics/" + from, "topics/" + to);
    return team.commitIndex(NOBODY, "Move " + from);
  }

  /** {@code action commit file: pointer from->to, ...}, newest first. */
  private List<String> history(ResourceId id) throws IOException {
    return history(source.history(), id);
  }

  private static List<String> history(GitHistory history, ResourceId id) throws IOException {
    return history.of(id).stream()
        .map(entry -> text(entry.by().revision().id(), entry.change()))
        .toList();
  }

  private static String text(String commit, ResourceDiff diff) {
    StringBuilder text = new StringBuilder(diff.action() + " " + commit);
    for (FieldChange change : diff.fields()) {
      text.append(" %s %s->%s".formatted(change.pointer(), change.from(), change.to()));
    }
    for (FieldChange change : diff.metadata()) {
      text.append(" meta%s %s->%s".formatted(change.pointer(), change.from(), change.to()));
    }
    return text.toString();
  }

  @Test
  void onlyCommitsThatChangedTheResourceAreListed() throws Exception {
    String added = put("orders.yaml", topic("orders", 1));
    put("bills.yaml", topic("bills", 1));
    String changed = put("orders.yaml", topic("orders", 2));
    put("orders.yaml", "# a comment\n" + topic("orders", 2));
    put("orders.yaml", "{kind: Topic, spec: {partitions: 2}, metadata: {name: orders}}\n");
    put("orders.yaml", topic("orders", 2) + "---\n" + topic("users", 1));

    assertThat(history(ORDERS))
        .containsExactly(
            "CHANGED " + changed + " /partitions 1->2", "ADDED " + added + " /partitions null->1");
    HistoryEntry last = source.history().lastChange(ORDERS).orElseThrow();
    assertThat(last.by().revision().id()).isEqualTo(changed);
    assertThat(last.by().revision().author()).isEqualTo("Ann Author <ann@example.com>");
    assertThat(last.by().revision().committer()).startsWith("Carl Committer");
    assertThat(last.change().after().toString()).isEqualTo("topics/orders.yaml:1:1");
    assertThat(source.history().of(ORDERS, 1)).containsExactly(last);
    assertThat(history(ResourceId.of("Topic", "nothing"))).isEmpty();
  }

  @Test
  void itIsFollowedFromFileToFile() throws Exception {
    String added = put("a.yaml", topic("bills", 1) + "---\n" + topic("orders", 1));
    String moved = move("a.yaml", "deep/down/b.yml");
    team.git("rm", "-q", "topics/deep/down/b.yml");
    String split = put("orders.yaml", topic("orders", 5));
    put("bills.yaml", topic("bills", 1));
    remove("orders.yaml");
    String json =
        put(
            "x.json",
            "{\"kind\":\"Topic\",\"metadata\":{\"name\":\"orders\"},\"spec\":{\"partitions\":5}}");

    List<HistoryEntry> entries = source.history().of(ORDERS);
    assertThat(entries.get(0).by().revision().id()).isEqualTo(json);
    assertThat(entries.get(0).change().action()).isEqualTo(Action.ADDED);
    assertThat(entries.get(1).change().action()).isEqualTo(Action.REMOVED);
    assertThat(history(ORDERS).subList(2, 5))
        .containsExactly(
            "CHANGED " + split + " /partitions 1->5",
            "MOVED " + moved,
            "ADDED " + added + " /partitions null->1");
    assertThat(entries.get(2).change().before().file()).isEqualTo("topics/deep/down/b.yml");
    assertThat(entries.get(2).change().after().file()).isEqualTo("topics/orders.yaml");
  }

  @Test
  void whatWasRemovedAndAddedAgainKeepsItsHistory() throws Exception {
    String first = put("orders.yaml", topic("orders", 1));
    String removed = remove("orders.yaml");
    put("bills.yaml", topic("bills", 1));
    String second = put("again.yaml", topic("orders", 7));
    String gone = remove("again.yaml");

    assertThat(history(ORDERS))
        .containsExactly(
            "REMOVED " + gone + " /partitions 7->null",
            "ADDED " + second + " /partitions null->7",
            "REMOVED " + removed + " /partitions 1->null",
            "ADDED " + first + " /partitions null->1");
  }

  @Test
  void metadataIsPartOfADeclaration() throws Exception {
    put("orders.yaml", topic("orders", 1));
    String labelled =
        put(
            "orders.yaml",
            "{kind: Topic, metadata: {name: orders, labels: {team: shop}, wave: 2}, spec: {partitions: 1}}");
    assertThat(history(ORDERS).get(0))
        .startsWith("CHANGED " + labelled)
        .contains("meta/labels/team null->\"shop\"")
        .contains("meta/wave null->2");
  }

  @Test
  void aFileThatCanNotBeReadIsNotTakenForARemoval() throws Exception {
    String added = put("orders.yaml", topic("orders", 1));
    String broken = put("orders.yaml", topic("orders", 1) + "  : : broken\n\t- orders\n");
    put("orders.yaml", topic("orders", 1) + "  : : broken\n\t- orders \n");
    String mended = put("orders.yaml", topic("orders", 3));

    assertThat(history(ORDERS))
        .containsExactly(
            "CHANGED " + mended + " /partitions 1->3",
            "UNREADABLE " + broken,
            "ADDED " + added + " /partitions null->1");
    ResourceDiff unreadable = source.history().of(ORDERS).get(1).change();
    assertThat(unreadable.problem().toString()).startsWith("topics/orders.yaml:");
  }

  record Login(String user, String password, List<Rule> rules) {
    record Rule(String name, int weight) {}
  }

  @Test
  void secretsAreMaskedAsTheKindSays() throws Exception {
    String manifest =
        """
        kind: Login
        metadata: {name: shop}
        spec:
          user: shop
          password: %s
          rules: [{name: a, weight: 1}, {name: b, weight: %d}]
        """;
    put("login.yaml", manifest.formatted("hunter2", 1));
    put("login.yaml", manifest.formatted("correct-horse", 5));
    Kind<Login> kind =
        Kind.of("Login", Login.class).secret("/password").keyedList("/rules", "name");
    ResourceId id = ResourceId.of("Login", "shop");

    List<String> masked = history(source.history().kinds(kind), id);
    assertThat(masked.get(0))
        .contains("/password \"(secret ")
        .contains("/rules/name=b/weight 1->5")
        .doesNotContain("horse");
    assertThat(masked.toString()).doesNotContain("hunter2").contains("/user null->\"shop\"");
    assertThat(history(id).toString()).contains("hunter2");

    // What does not fit the type any more is masked all the same.
    put("login.yaml", manifest.formatted("old", 5).replace("user:", "login:"));
    assertThat(history(source.history().kinds(kind), id).toString())
        .contains("/login null->\"shop\"")
        .doesNotContain("horse")
        .doesNotContain("hunter2")
        .doesNotContain("\"old\"");
  }

  @Test
  void whatTheSourceDoesNotSeeHasNoHistory() throws Exception {
    team.commit(NOBODY, "elsewhere/orders.yaml", topic("orders", 1));
    String seen = move("../elsewhere/orders.yaml", "orders.yaml");
    put(".gitopsignore", "drafts/\n");
    String ignored = move("orders.yaml", "drafts/orders.yaml");
    put("drafts/orders.yaml", topic("orders", 9));
    String back = put(".gitopsignore", "# nothing\n");

    assertThat(history(ORDERS))
        .containsExactly(
            "ADDED " + back + " /partitions null->9",
            "REMOVED " + ignored + " /partitions 1->null",
            "ADDED " + seen + " /partitions null->1");
  }

  @Test
  void linksAreFollowedAsTheSourceFollowsThem() throws Exception {
    team.commit(NOBODY, "shared/orders.yaml", topic("orders", 1));
    Files.createDirectories(team.repository.resolve("topics"));
    Files.createSymbolicLink(team.repository.resolve("topics/all"), Path.of("../shared"));
    team.git("add", "-A");
    String linked = team.commitIndex(NOBODY, "Link");
    String changed = team.commit(NOBODY, "shared/orders.yaml", topic("orders", 2));

    assertThat(history(ORDERS))
        .containsExactly(
            "CHANGED " + changed + " /partitions 1->2", "ADDED " + linked + " /partitions null->1");
  }

  @Test
  void aFormatThatIsNotPlainManifestsIsReadAsTheSourceReadsIt() throws Exception {
    ManifestReader manifests = ManifestReader.create();
    put("orders.yaml", topic("orders", 1));
    String changed = put("orders.yaml", topic("orders", 2));
    put("bills.yaml", topic("bills", 2));
    try (GitStateSource rendered =
        GitStateSource.local(team.repository)
            .path("topics")
            .format(new Renderer(manifests))
            .build()) {
      assertThat(history(rendered.history(), ORDERS))
          .hasSize(2)
          .first()
          .isEqualTo("CHANGED " + changed + " /partitions 1->2");
    }
  }

  private record Renderer(ManifestReader manifests) implements DocumentFormat {
    @Override
    public Declarations read(FileTree tree, String at, SnapshotReader.Memory memory)
        throws IOException {
      return manifests.read(tree, at, memory);
    }
  }

  @Test
  void aRemoteIsAskedForTheHistoryThatAShallowCloneLacks() throws Exception {
    String added = put("orders.yaml", topic("orders", 1));
    String changed = put("orders.yaml", topic("orders", 2));
    put("bills.yaml", topic("bills", 2));
    try (HttpServers servers = new HttpServers()) {
      String url = servers.start(HttpServers.gitBackend(directory)) + "/work/.git";
      try (GitStateSource remote = GitStateSource.of(url).branch("main").build()) {
        assertThat(remote.fetch(null).documents()).hasSize(2);
        assertThat(history(remote.history(), ORDERS)).hasSize(2);
        assertThat(history(remote.history().at(added), ORDERS)).hasSize(1);
        put("orders.yaml", topic("orders", 3));
        assertThat(history(remote.history(), ORDERS)).hasSize(3).last().asString().contains(added);
        assertThat(history(remote.history().at(changed), ORDERS)).hasSize(2);
      }
    }
    team.git("clone", "-q", "--depth", "1", team.repository.toUri().toString(), "../shallow");
    try (GitStateSource shallow = GitStateSource.local(directory.resolve("shallow")).build()) {
      assertThatThrownBy(() -> shallow.history().of(ORDERS))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("fetch --unshallow");
    }
  }

  @Test
  void whatDiffersBetweenTwoRevisions() throws Exception {
    String first = put("a/orders.yaml", topic("orders", 1));
    put("a/bills.yaml", topic("bills", 1));
    put("b/users.yaml", topic("users", 1));
    String from = team.head();
    put("a/orders.yaml", "# new comment\n" + topic("orders", 3));
    put("b/users.yaml", "# only a comment\n" + topic("users", 1));
    remove("a/bills.yaml");
    String to = put("b/new.yaml", topic("new", 1));

    RevisionDiff diff = source.history().between(from, to);
    assertThat(diff.resources().stream().map(d -> d.id().name() + " " + text("", d)))
        .containsExactly(
            "bills REMOVED  /partitions 1->null",
            "new ADDED  /partitions null->1",
            "orders CHANGED  /partitions 1->3");
    assertThat(diff.from().id()).isEqualTo(from);
    assertThat(diff.to().id()).isEqualTo(to);
    assertThat(diff.below("topics/b").resources()).hasSize(1);
    assertThat(diff.below("topics/a/orders.yaml").resources()).hasSize(1);
    assertThat(source.history().between(to, from).resources().get(0).action())
        .isEqualTo(Action.ADDED);
    assertThat(source.history().between(first, first).resources()).isEmpty();

    String broken = put("b/new.yaml", "kind: Topic\n new\n: [");
    RevisionDiff unsure = source.history().between(to, broken);
    assertThat(unsure.resources()).hasSize(1);
    assertThat(unsure.resources().get(0).action()).isEqualTo(Action.UNREADABLE);
    assertThat(unsure.toProblems()).hasSize(1);
    assertThat(unsure.fromProblems()).isEmpty();
  }

  @Test
  void whoSignedIsToldIfARuleTrustsTheKey() throws Exception {
    SigningTeam.Signer ann = team.sshKey("ann", "ed25519", 0);
    Trust keys = Trust.ssh(team.allowed("ann", "ann@example.com", ""));
    team.commit(ann, "topics/orders.yaml", topic("orders", 1));
    put("orders.yaml", topic("orders", 2));
    try (GitStateSource ruled =
        GitStateSource.local(team.repository).require(keys.head()).build()) {
      assertThat(ruled.history().of(ORDERS))
          .extracting(entry -> entry.by().signer().replaceAll("SHA256:\\S+\\)", "SHA256)"))
          .containsExactly("", "ann@example.com (SHA256)");
    }
    assertThat(source.history().lastChange(ORDERS).orElseThrow().by().signer()).isEmpty();
  }
}
