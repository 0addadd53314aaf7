// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gitops.core.contract.MemoryTarget;
import dev.gitops.core.contract.StateSourceContract;
import dev.gitops.core.manifest.DirectoryStateSource;
import dev.gitops.core.model.Document;
import dev.gitops.core.model.Kind;
import dev.gitops.core.model.Origin;
import dev.gitops.core.model.Problem;
import dev.gitops.core.model.Report;
import dev.gitops.core.model.Report.Status;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.model.Snapshot;
import dev.gitops.core.spi.StateSource;
import dev.gitops.core.store.MemoryStateStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Histories of two directories that are one desired state; the second is an overlay or not. */
class MergedStateSourceTest extends StateSourceContract {
  record Topic(@Nullable Long partitions) {}

  private static final ResourceId ORDERS = ResourceId.of("Topic", "orders");
  private static final ResourceId BILLS = ResourceId.of("Topic", "bills");
  private static final String CUT_OFF = "kind: Topic\nmetadata: {na";

  @TempDir Path root;

  @Override
  protected StateSource open() throws IOException {
    Files.createDirectories(root.resolve("base"));
    return overlaid();
  }

  @Override
  protected void publish(Map<String, String> files) throws IOException {
    write("team", files);
  }

  @Override
  protected void breakDown() throws IOException {
    Files.move(root.resolve("team"), root.resolve("away"));
  }

  @Override
  protected String prefix() {
    return "team:";
  }

  private MergedStateSource overlaid() {
    return MergedStateSource.of("base", directory("base")).overlay("team", directory("team"));
  }

  private MergedStateSource sideBySide() {
    return MergedStateSource.of("base", directory("base")).and("team", directory("team"));
  }

  private StateSource directory(String name) {
    return DirectoryStateSource.of(root.resolve(name)).build();
  }

  private void write(String directory, Map<String, String> files) throws IOException {
    Path to = root.resolve(directory);
    if (Files.exists(to)) {
      try (Stream<Path> all = Files.walk(to)) {
        for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(path);
        }
      }
    }
    Files.createDirectories(to);
    for (Map.Entry<String, String> file : files.entrySet()) {
      Path path = to.resolve(file.getKey());
      Files.createDirectories(path.getParent());
      Files.writeString(path, file.getValue());
    }
  }

  private static List<String> origins(Snapshot snapshot) {
    return snapshot.documents().stream()
        .map(document -> document.resource().origin().file())
        .toList();
  }

  @Test
  void allPartsAreOneStateAndUnchangedPartsKeepTheirDocuments() throws Exception {
    write("base", Map.of("a.yaml", topic("orders", 1)));
    write("team", Map.of("a.yaml", topic("bills", 1)));
    MergedStateSource source = sideBySide();

    Snapshot before = source.fetch(null);
    assertThat(origins(before)).containsExactly("base:a.yaml", "team:a.yaml");
    assertThat(source.fetch(null)).isSameAs(before);

    write("team", Map.of("a.yaml", topic("bills", 2)));
    Snapshot after = source.fetch(null);
    assertThat(after.documents().get(0)).isSameAs(before.documents().get(0));
    assertThat(after.documents().get(1)).isNotSameAs(before.documents().get(1));
    assertThat(after.revision().shortId()).isNotEqualTo(before.revision().shortId());
  }

  @Test
  void anIdInTwoPartsIsAProblemThatNamesBoth() throws Exception {
    write("base", Map.of("a.yaml", topic("orders", 1) + "---\n" + topic("bills", 1)));
    write("team", Map.of("b.yaml", topic("orders", 2)));
    MemoryTarget<Topic> target = MemoryTarget.<Topic>options().build();
    try (Reconciler reconciler = reconciler(sideBySide(), target)) {
      Report report = reconciler.reconcile();

      assertThat(report.plan().problems())
          .extracting(Problem::toString)
          .containsExactlyInAnyOrder(
              "base:a.yaml:1:1: Topic/orders is declared more than once, also at team:b.yaml:1:1:"
                  + " remove one of them",
              "team:b.yaml:1:1: Topic/orders is declared more than once, also at base:a.yaml:1:1:"
                  + " remove one of them");
      assertThat(target.log().live(ORDERS)).isEmpty();
      assertThat(target.log().live(BILLS)).isPresent();
    }
  }

  private static Reconciler reconciler(StateSource source, MemoryTarget<Topic> target) {
    return Reconciler.builder("topics", source)
        .route(Kind.of("Topic", Topic.class), target)
        .store(new MemoryStateStore())
        .allowDeletes(5)
        .build();
  }

  @Test
  void anOverlayReplacesWhatIsBeforeItAndSaysWhatThatWas() throws Exception {
    write("base", Map.of("a.yaml", topic("orders", 1) + "---\n" + topic("bills", 1)));
    write("team", Map.of("orders.yaml", topic("orders", 2)));
    MergedStateSource source = overlaid();

    Snapshot snapshot = source.fetch(null);
    assertThat(origins(snapshot)).containsExactly("base:a.yaml", "team:orders.yaml");
    assertThat(source.overridden(ORDERS)).containsExactly(new Origin("base:a.yaml", 1, 1));
    assertThat(source.overridden(BILLS)).isEmpty();

    write("team", Map.of());
    assertThat(origins(source.fetch(null))).containsExactly("base:a.yaml", "base:a.yaml");
    assertThat(source.overridden(ORDERS)).isEmpty();
  }

  @Test
  void onlyWhatIsBeforeAnOverlayIsReplaced() throws Exception {
    write("base", Map.of("a.yaml", topic("orders", 1)));
    write("team", Map.of("b.yaml", topic("orders", 2)));
    write("prod", Map.of("c.yaml", topic("orders", 3)));
    write("late", Map.of("d.yaml", topic("orders", 4)));
    MergedStateSource source =
        sideBySide().overlay("prod", directory("prod")).and("late", directory("late"));

    assertThat(origins(source.fetch(null))).containsExactly("prod:c.yaml", "late:d.yaml");
    assertThat(source.overridden(ORDERS))
        .extracting(Origin::file)
        .containsExactly("team:b.yaml", "base:a.yaml");
  }

  @Test
  void whatAnOverlayMayDeclareBehindAProblemIsNotTakenFromTheBase() throws Exception {
    write("base", Map.of("a.yaml", topic("orders", 1) + "---\n" + topic("bills", 1)));
    write("team", Map.of("orders.yaml", topic("orders", 2)));
    MemoryTarget<Topic> target = MemoryTarget.<Topic>options().build();
    try (Reconciler reconciler = reconciler(overlaid(), target)) {
      assertThat(reconciler.reconcile().status()).isEqualTo(Status.CONVERGED);

      write("base", Map.of("a.yaml", topic("orders", 7) + "---\n" + topic("bills", 7)));
      write("team", Map.of("orders.yaml", CUT_OFF));
      Report report = reconciler.reconcile();

      assertThat(partitions(target, ORDERS)).isEqualTo(2);
      assertThat(partitions(target, BILLS)).isEqualTo(7);
      assertThat(report.plan().problems())
          .extracting(Problem::toString)
          .anyMatch(
              text ->
                  text.startsWith("base:a.yaml:1:1: Topic/orders may be overridden in team")
                      && text.contains("team:orders.yaml:2"));

      write("team", Map.of());
      assertThat(reconciler.reconcile().status()).isEqualTo(Status.CONVERGED);
      assertThat(partitions(target, ORDERS)).isEqualTo(7);
    }
  }

  @Test
  void ofAnOverlayThatWasNeverReadWholeAnythingMayBeHidden() throws Exception {
    write("base", Map.of("a.yaml", topic("orders", 1) + "---\n" + topic("bills", 1)));
    write("team", Map.of("bills.yaml", topic("bills", 2), "orders.yaml", CUT_OFF));

    Snapshot snapshot = overlaid().fetch(null);

    assertThat(origins(snapshot)).containsExactly("team:bills.yaml");
    assertThat(snapshot.problems()).extracting(Problem::id).containsExactly(ORDERS, null);
  }

  private static @Nullable Long partitions(MemoryTarget<Topic> target, ResourceId id) {
    return target.log().live(id).map(live -> live.value().partitions()).orElse(null);
  }

  @Test
  void aProblemHidesByTheFilesOfItsOwnPart() throws Exception {
    write("base", Map.of("a.yaml", CUT_OFF));
    write("team", Map.of());

    Problem problem = overlaid().fetch(null).problems().get(0);

    assertThat(problem.toString()).startsWith("base:a.yaml:2:");
    assertThat(problem.hides().test(ORDERS, "base:a.yaml")).isTrue();
    assertThat(problem.hides().test(ORDERS, "team:a.yaml")).isFalse();
  }

  @Test
  void aRevisionNamesItsPartsWhichMayBeLeftOut() throws Exception {
    write("base", Map.of("a.yaml", topic("orders", 1)));
    write("team", Map.of("b.yaml", topic("bills", 1)));
    MergedStateSource source = sideBySide();
    Snapshot snapshot = source.fetch(null);
    String id = snapshot.revision().id();
    String parts = id.substring(id.indexOf(':') + 1);
    String base = parts.substring(0, parts.indexOf('+'));

    assertThat(parts).matches("base=dir-[0-9a-f]{40}\\+team=dir-[0-9a-f]{40}");
    assertThat(source.fetch(id)).isSameAs(snapshot);
    assertThat(source.fetch(parts)).isSameAs(snapshot);
    assertThat(source.fetch(base)).isSameAs(snapshot);
    assertThatThrownBy(() -> source.fetch("0" + id.substring(1) + "x"))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> source.fetch("000000000000:" + parts))
        .hasMessageContaining("leave that out");
    assertThatThrownBy(() -> source.fetch("nobody=1")).hasMessageContaining("base=<id>+team=<id>");
    assertThatThrownBy(() -> source.fetch(base + "+" + base)).hasMessageContaining("twice");
    assertThatThrownBy(() -> source.fetch("base=other"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("Part 'base'");
  }

  @Test
  void aPartThatCannotBeReadFailsTheWholeAndIsNamed() throws Exception {
    write("base", Map.of("a.yaml", topic("orders", 1)));
    write("team", Map.of());
    MergedStateSource source = overlaid();
    source.fetch(null);
    Files.move(root.resolve("base"), root.resolve("away"));

    assertThatThrownBy(() -> source.fetch(null))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("Part 'base'");
  }

  @Test
  void theSameSourceTwiceDeclaresEverythingTwice() throws Exception {
    write("base", Map.of("a.yaml", topic("orders", 1)));
    StateSource one = directory("base");
    MergedStateSource source = MergedStateSource.of("a", one).and("b", one);

    Snapshot first = source.fetch(null);
    write("base", Map.of("a.yaml", topic("orders", 1), "b.yaml", topic("bills", 1)));

    assertThat(origins(first)).containsExactly("a:a.yaml", "b:a.yaml");
    assertThat(source.fetch(null).documents())
        .extracting(Document::toString)
        .containsExactly(
            "Topic/orders at a:a.yaml:1:1",
            "Topic/bills at a:b.yaml:1:1",
            "Topic/orders at b:a.yaml:1:1",
            "Topic/bills at b:b.yaml:1:1");
  }

  @Test
  void namesAreUniqueAndPlainAndOverlaysArePartOfTheIdentity() {
    assertThatThrownBy(() -> MergedStateSource.of("a:b", directory("base")))
        .hasMessageContaining("'a:b'");
    assertThatThrownBy(() -> sideBySide().and("team", directory("base")))
        .hasMessageContaining("'team'");
    assertThat(sideBySide().identity()).isNotEqualTo(overlaid().identity());
  }
}
