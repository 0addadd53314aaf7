// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.manifest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gitops.core.Reconciler;
import dev.gitops.core.contract.MemoryTarget;
import dev.gitops.core.model.Change;
import dev.gitops.core.model.Document;
import dev.gitops.core.model.Kind;
import dev.gitops.core.model.Live;
import dev.gitops.core.model.Observed;
import dev.gitops.core.model.Plan;
import dev.gitops.core.model.Report;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.model.Snapshot;
import dev.gitops.core.model.Tree;
import dev.gitops.core.spi.LiveStateProvider;
import dev.gitops.core.store.MemoryStateStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.NotEmpty;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Importing what exists: export, look at it, let a reconciler take it over. */
class ManifestExportTest {
  record Topic(int partitions, Map<String, String> config, List<String> replicas) {}

  record User(String password, List<String> roles, List<Grant> grants, Map<String, String> quota) {}

  record Grant(String on, String token) {}

  private static final Kind<Topic> TOPIC = Kind.of("Topic", Topic.class).setList("/replicas");
  private static final Kind<User> USER =
      Kind.of("User", User.class)
          .secret("/password")
          .secret("/grants/*/token")
          .ignore("/quota/used");

  @TempDir Path directory;
  private final MemoryTarget<Topic> topics = MemoryTarget.<Topic>empty();

  private static Topic topic(int partitions) {
    return new Topic(
        partitions,
        Map.of("retention.ms", "604800000", "on", "no", "text", "two\nlines\n"),
        List.of("b", "a"));
  }

  private static <T> LiveStateProvider<T> having(Map<ResourceId, T> all) {
    return scope ->
        Live.of(all.entrySet().stream().map(e -> Observed.of(e.getKey(), e.getValue())).toList());
  }

  private static Map<String, Topic> strange() {
    Map<String, Topic> names = new LinkedHashMap<>();
    for (String name :
        List.of(
            "orders",
            "Orders",
            "ORDERS",
            "a/b",
            "a-b",
            "..",
            ".",
            ".hidden",
            "../../etc/passwd",
            "con",
            "con.txt",
            "a.yaml",
            "a",
            "x ",
            " x",
            "e\u0301",
            "\u00e9",
            "\u202etxt",
            "null",
            "1",
            "C:\\x",
            "~",
            "n".repeat(300),
            "n".repeat(300) + "n")) {
      names.put(name, topic(names.size() + 1));
    }
    return names;
  }

  @Test
  void whatIsExportedAndDeclaredAgainIsTakenOverWithoutAChange() throws Exception {
    strange().forEach((name, value) -> topics.put(ResourceId.of("Topic", name), value));
    strange().forEach((name, value) -> topics.put(ResourceId.of("Topic", "a.yaml", name), value));
    ManifestExport.of(TOPIC, topics).writeTo(directory);

    try (Reconciler reconciler =
        Reconciler.builder("topics", DirectoryStateSource.of(directory).build())
            .route(TOPIC, topics)
            .store(new MemoryStateStore())
            .build()) {
      Plan plan = reconciler.plan();

      assertThat(plan.problems()).isEmpty();
      assertThat(plan.changes())
          .hasSize(2 * strange().size())
          .allSatisfy(
              change -> {
                assertThat(change.action()).isEqualTo(Change.Action.RECORD);
                assertThat(change.fields()).isEmpty();
              });
      assertThat(reconciler.reconcile().status()).isEqualTo(Report.Status.CONVERGED);
    }
    assertThat(topics.log().live(ResourceId.of("Topic", ".."))).isPresent();
  }

  @Test
  void itsFilesAreSafeEverywhere() throws Exception {
    strange().forEach((name, value) -> topics.put(ResourceId.of("Topic", name), value));
    ManifestExport export = ManifestExport.of(TOPIC, topics);

    assertThat(export.files()).hasSize(strange().size());
    assertThat(export.files().keySet())
        .allMatch(file -> file.matches("topic/[a-z0-9_~][a-z0-9_~.-]{0,80}\\.yaml"))
        .noneMatch(file -> file.contains(".."))
        .contains("topic/orders.yaml", "topic/a-b.yaml", "topic/a.yaml");
    assertThat(export.places())
        .containsEntry(ResourceId.of("Topic", "orders"), "topic/orders.yaml")
        .hasSize(strange().size());
  }

  @Property(seed = "7", tries = 2_000)
  void aFileDependsOnTheIdAloneAndNeverLeavesItsDirectory(
      @ForAll @NotEmpty String kind, @ForAll String scope, @ForAll @NotEmpty String name) {
    String file = ExportName.of(ResourceId.of(kind, scope, name));

    assertThat(SnapshotReader.normal(file)).isEqualTo(file);
    assertThat(file.split("/")).hasSize(scope.isEmpty() ? 2 : 3);
    assertThat(file).isLowerCase().matches("[a-z0-9_~./-]+").doesNotContain("/.");
    assertThat(ExportName.of(ResourceId.of(kind, scope, name + "x"))).isNotEqualTo(file);
  }

  @Test
  void theSameStateGivesTheSameBytes() throws Exception {
    ResourceId id = ResourceId.of("Topic", "orders");
    Map<String, String> there = new LinkedHashMap<>();
    Map<String, String> back = new LinkedHashMap<>();
    for (int i = 0; i < 20; i++) {
      there.put("k" + i, "v");
      back.put("k" + (19 - i), "v");
    }
    Topic one = new Topic(1, there, List.of("a", "b"));
    Topic other = new Topic(1, back, List.of("b", "a"));

    String text =
        ManifestExport.of(TOPIC, having(Map.of(id, one))).files().get("topic/orders.yaml");

    assertThat(ManifestExport.of(TOPIC, having(Map.of(id, other))).files().values())
        .containsExactly(text);
    assertThat(
            ManifestExport.of(TOPIC, having(Map.of(id, topic(12))))
                .files()
                .get("topic/orders.yaml"))
        .isEqualTo(
            """
            kind: Topic
            metadata:
              name: orders
            spec:
              config:
                "on": "no"
                retention.ms: "604800000"
                text: |
                  two
                  lines
              partitions: 12
              replicas:
                - a
                - b
            """);
  }

  @Test
  void secretsAreNeverWritten() throws Exception {
    User ann =
        new User(
            "s3cret",
            List.of("admin"),
            List.of(new Grant("orders", "t0ken")),
            Map.of("used", "7", "most", "9"));
    ResourceId id = ResourceId.of("User", "ann");

    String text = ManifestExport.of(USER, having(Map.of(id, ann))).files().get("user/ann.yaml");

    assertThat(text)
        .isEqualTo(
            """
            # Secret, so it is not written here: /grants/0/token
            # Secret, so it is not written here: /password
            kind: User
            metadata:
              name: ann
            spec:
              quota:
                most: "9"
              roles:
                - admin
            """);
    MemoryTarget<User> users = MemoryTarget.empty();
    users.put(id, ann);
    ManifestExport.of(USER, users).writeTo(directory);
    try (Reconciler reconciler =
        Reconciler.builder("users", DirectoryStateSource.of(directory).build())
            .route(USER, users)
            .store(new MemoryStateStore())
            .build()) {
      assertThat(reconciler.plan().changes())
          .extracting(Change::action)
          .containsExactly(Change.Action.RECORD);
    }
  }

  @Test
  void whatIsThereIsNotOverwritten() throws Exception {
    topics.put(ResourceId.of("Topic", "a"), topic(1));
    topics.put(ResourceId.of("Topic", "b"), topic(1));
    ManifestExport export = ManifestExport.of(TOPIC, topics);
    export.writeTo(directory);
    export.writeTo(directory);
    Files.writeString(directory.resolve("topic/a.yaml"), "# mine\n");
    Files.delete(directory.resolve("topic/b.yaml"));

    assertThatThrownBy(() -> export.writeTo(directory))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("topic/a.yaml")
        .hasMessageContaining("remove them first");

    assertThat(directory.resolve("topic/a.yaml")).hasContent("# mine");
    assertThat(directory.resolve("topic/b.yaml")).doesNotExist();
  }

  @Test
  void nothingIsExportedOfWhatIsOnlyPartlyRead() {
    LiveStateProvider<Topic> target =
        scope ->
            Live.<Topic>builder()
                .found(Observed.of(ResourceId.of("Topic", "a"), topic(1)))
                .unknown(ResourceId.of("Topic", "b"), new IOException("down"))
                .build();

    assertThatThrownBy(() -> ManifestExport.of(TOPIC, target))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("nothing is exported");
  }

  @Test
  void whatNoManifestCanSayIsAnErrorThatNamesIt() {
    topics.put(ResourceId.of("Topic", "two\nlines"), topic(1));

    assertThatThrownBy(() -> ManifestExport.of(TOPIC, topics))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("\"Topic/two\\u000alines\" can't be exported")
        .hasMessageContaining("name is one line of text");
  }

  @Test
  void severalKindsGoIntoOneExport() throws Exception {
    ManifestExport a =
        ManifestExport.of(TOPIC, having(Map.of(ResourceId.of("Topic", "a"), topic(1))));
    LiveStateProvider<Tree> trees =
        having(
            Map.of(
                ResourceId.of("Zone", "a"), Tree.of(Map.of("x", 1)),
                ResourceId.of("Zone", "eu", "a"), Tree.of(Map.of())));
    ManifestExport both = a.and(ManifestExport.of(Kind.any(), trees));

    assertThat(both.files().keySet())
        .containsExactly("topic/a.yaml", "zone/a.yaml", "zone/eu/a.yaml");
    assertThatThrownBy(() -> both.and(a)).hasMessageContaining("topic/a.yaml");
    both.writeTo(directory);
    Snapshot read = DirectoryStateSource.of(directory).build().fetch(null);
    List<ResourceId> ids = new ArrayList<>();
    for (Document document : read.documents()) {
      ids.add(document.resource().id());
    }
    assertThat(ids).containsExactlyElementsOf(both.places().keySet());
    try (Stream<Path> files = Files.walk(directory)) {
      assertThat(files.filter(Files::isRegularFile)).hasSize(3);
    }
  }
}
