// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gitops.core.model.Document;
import dev.gitops.core.model.Origin;
import dev.gitops.core.model.Problem;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.model.Snapshot;
import dev.gitops.core.spi.StateSource;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What every {@link StateSource} of manifests promises, one sentence a test. The author of a source
 * extends this class and says how to open it, how to publish a revision, and how to make it
 * unreadable.
 */
public abstract class StateSourceContract {
  private static final ResourceId ORDERS = ResourceId.of("Topic", "orders");
  private static final ResourceId BILLS = ResourceId.of("Topic", "bills");
  private static final ResourceId STOCK = ResourceId.of("Topic", "stock");

  private StateSource source;

  /** A new source of what {@link #publish} publishes; the second one of a test is a restart. */
  protected abstract StateSource open() throws Exception;

  /**
   * Makes a new revision of exactly these files (text by path) and nothing else; where the source
   * reads only a part of its files, inside of that part.
   */
  protected abstract void publish(Map<String, String> files) throws Exception;

  /** Makes everything unreadable, as when a disk or a server is gone. */
  protected abstract void breakDown() throws Exception;

  /** What the origins of documents put before the path of a published file. */
  protected String prefix() {
    return "";
  }

  @BeforeEach
  final void openSource() throws Exception {
    publish(Map.of("README.md", "# Topics"));
    source = open();
  }

  @AfterEach
  final void closeSource() {
    source.close();
  }

  @Test
  void everyDocumentOfEveryManifestIsDeclared() throws Exception {
    publish(
        Map.of(
            "orders.yaml",
            topic("orders", 1) + "---\n" + topic("bills", 2),
            "deep/er/stock.json",
            "{\"kind\": \"Topic\", \"metadata\": {\"name\": \"stock\"}, \"spec\": {}}"));

    Snapshot snapshot = source.fetch(null);

    assertThat(snapshot.problems()).isEmpty();
    assertThat(snapshot.documents())
        .extracting(document -> document.resource().id())
        .containsExactlyInAnyOrder(ORDERS, BILLS, STOCK);
  }

  @Test
  void whatIsNoManifestDeclaresNothingAndIsNoProblem() throws Exception {
    Snapshot snapshot = source.fetch(null);

    assertThat(snapshot.documents()).isEmpty();
    assertThat(snapshot.problems()).isEmpty();
  }

  @Test
  void documentsAndTheirFieldsKnowWhereTheyStand() throws Exception {
    publish(
        Map.of("a/orders.yaml", "# first\n" + topic("bills", 1) + "---\n" + topic("orders", 7)));

    Document orders = documents(source.fetch(null)).get(ORDERS);

    String file = prefix() + "a/orders.yaml";
    assertThat(orders.resource().origin()).isEqualTo(new Origin(file, 8, 1));
    assertThat(orders.locate("/partitions")).isEqualTo(new Origin(file, 12, 3));
    assertThat(orders.locate("/unknown/field")).isEqualTo(new Origin(file, 11, 1));
  }

  @Test
  void theSameRevisionTwiceIsTheSameDocuments() throws Exception {
    publish(Map.of("orders.yaml", topic("orders", 1), "a/bills.yaml", topic("bills", 1)));

    Snapshot first = source.fetch(null);
    Snapshot second = source.fetch(null);

    assertThat(second.revision()).isEqualTo(first.revision());
    assertSameDocuments(first, second, Set.of(ORDERS, BILLS));
  }

  @Test
  void theCurrentRevisionCanBeAskedForById() throws Exception {
    publish(Map.of("orders.yaml", topic("orders", 1)));

    Snapshot head = source.fetch(null);
    Snapshot byId = source.fetch(head.revision().id());

    assertThat(byId.revision().id()).isEqualTo(head.revision().id());
    assertSameDocuments(head, byId, Set.of(ORDERS));
  }

  @Test
  void aRevisionThatDoesNotExistIsRefused() throws Exception {
    publish(Map.of("orders.yaml", topic("orders", 1)));

    assertThatThrownBy(() -> source.fetch("no-such-revision"))
        .hasMessageContaining("no-such-revision");
  }

  @Test
  void aChangeMakesANewRevisionInWhichUnchangedFilesKeepTheirDocuments() throws Exception {
    Map<String, String> files = new TreeMap<>();
    files.put("a/orders.yaml", topic("orders", 1));
    files.put("a/bills.yaml", topic("bills", 1));
    files.put("b/stock.yaml", topic("stock", 1));
    publish(files);
    Snapshot before = source.fetch(null);

    files.put("a/bills.yaml", topic("bills", 2));
    publish(files);
    Snapshot after = source.fetch(null);

    assertThat(after.revision().id()).isNotEqualTo(before.revision().id());
    assertSameDocuments(before, after, Set.of(ORDERS, STOCK));
    assertThat(documents(after).get(BILLS)).isNotSameAs(documents(before).get(BILLS));
    assertThat(documents(after).get(BILLS).resource().spec().at("/partitions"))
        .hasToString("Optional[2]");
  }

  @Test
  void whatWasDeletedIsDeclaredNoMoreAndNothingHidesIt() throws Exception {
    publish(Map.of("orders.yaml", topic("orders", 1), "bills.yaml", topic("bills", 1)));
    source.fetch(null);

    publish(Map.of("orders.yaml", topic("orders", 1)));
    Snapshot after = source.fetch(null);

    assertThat(documents(after)).containsOnlyKeys(ORDERS);
    assertThat(after.problems()).isEmpty();
  }

  @Test
  void aFileThatMovesIsDeclaredAtItsNewPlaceOnly() throws Exception {
    publish(Map.of("orders.yaml", topic("orders", 1)));
    source.fetch(null);

    publish(Map.of("shop/orders.yaml", topic("orders", 1)));
    Snapshot after = source.fetch(null);

    assertThat(after.documents())
        .extracting(document -> document.resource().origin().file())
        .containsExactly(prefix() + "shop/orders.yaml");
  }

  @Test
  void aBrokenFileIsAProblemWithLineAndColumnAndTheOthersStay() throws Exception {
    publish(Map.of("orders.yaml", topic("orders", 1), "bills.yaml", topic("bills", 1)));
    Snapshot before = source.fetch(null);

    publish(
        Map.of(
            "orders.yaml",
            topic("orders", 1),
            "bills.yaml",
            "kind: Topic\nmetadata: {name: bills\nspec: {}\n"));
    Snapshot after = source.fetch(null);

    assertSameDocuments(before, after, Set.of(ORDERS));
    assertThat(after.documents()).hasSize(1);
    assertThat(after.problems()).hasSize(1);
    Problem problem = after.problems().get(0);
    assertThat(problem.origin().file()).isEqualTo(prefix() + "bills.yaml");
    assertThat(problem.origin().line()).isEqualTo(3);
    assertThat(problem.origin().column()).isPositive();
    assertThat(problem.message()).isNotBlank();
  }

  @Test
  void aBrokenFileHidesWhatItDeclaredLastAndWhatItsTextNamesButNothingElse() throws Exception {
    publish(Map.of("bills.yaml", "kind: Topic\nmetadata: {name: bills\nspec: {}\n"));

    Problem problem = source.fetch(null).problems().get(0);

    assertThat(problem.hides().test(STOCK, prefix() + "bills.yaml")).isTrue();
    assertThat(problem.hides().test(BILLS, prefix() + "elsewhere.yaml")).isTrue();
    assertThat(problem.hides().test(BILLS, "")).isTrue();
    assertThat(problem.hides().test(STOCK, prefix() + "elsewhere.yaml")).isFalse();
  }

  @Test
  void aFileThatIsRepairedIsNoProblemAnyMore() throws Exception {
    publish(Map.of("orders.yaml", "kind: [\n"));
    assertThat(source.fetch(null).problems()).hasSize(1);

    publish(Map.of("orders.yaml", topic("orders", 1)));
    Snapshot after = source.fetch(null);

    assertThat(after.problems()).isEmpty();
    assertThat(documents(after)).containsOnlyKeys(ORDERS);
  }

  @Test
  void anUnreadableSourceThrowsAndIsNeverEmpty() throws Exception {
    publish(Map.of("orders.yaml", topic("orders", 1)));
    source.fetch(null);

    breakDown();

    assertThatThrownBy(() -> source.fetch(null)).isInstanceOf(Exception.class);
    assertThatThrownBy(() -> open().fetch(null)).isInstanceOf(Exception.class);
  }

  @Test
  void aRestartReadsTheSameRevisionUnderTheSameIdentity() throws Exception {
    publish(Map.of("orders.yaml", topic("orders", 1), "a/bills.yaml", topic("bills", 1)));
    Snapshot before = source.fetch(null);

    try (StateSource restarted = open()) {
      Snapshot after = restarted.fetch(null);

      assertThat(restarted.identity()).isEqualTo(source.identity()).isNotBlank();
      assertThat(after.revision()).isEqualTo(before.revision());
      assertThat(after.documents())
          .extracting(Document::resource)
          .isEqualTo(before.documents().stream().map(Document::resource).toList());
    }
  }

  @Test
  void closingTwiceIsHarmless() {
    source.close();

    assertThatCode(source::close).doesNotThrowAnyException();
  }

  /** A manifest of five lines. */
  protected static String topic(String name, int partitions) {
    return "kind: Topic\nmetadata:\n  name: %s\nspec:\n  partitions: %d\n"
        .formatted(name, partitions);
  }

  private static Map<ResourceId, Document> documents(Snapshot snapshot) {
    return snapshot.documents().stream()
        .collect(Collectors.toMap(document -> document.resource().id(), document -> document));
  }

  private static void assertSameDocuments(Snapshot before, Snapshot after, Set<ResourceId> ids) {
    assertThat(documents(after).keySet()).containsAll(ids);
    for (ResourceId id : ids) {
      assertThat(documents(after).get(id)).isSameAs(documents(before).get(id));
    }
  }
}
