// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class EffectiveTest {
  record Column(String name, String type, String comment) {}

  record Table(
      int replicas,
      String owner,
      Map<String, String> options,
      List<Column> columns,
      Integer size) {}

  private static final Kind<Table> TABLE = Kind.of("Table", Table.class);

  @Test
  void whereTheTargetMergesADeclarationIsGivenAsItIs() throws Exception {
    Table desired = new Table(1, null, null, null, 5);
    Table live = new Table(2, "x", Map.of("a", "1"), null, 6);
    assertThat(TABLE.effective(desired, live, Set.of(), true)).isSameAs(desired);
    assertThat(TABLE.ignore("/owner").effective(desired, live, Set.of(), true)).isSameAs(desired);
    assertThat(TABLE.ignore("/size").effective(desired, live, Set.of(), true))
        .isEqualTo(new Table(1, null, null, null, null));
  }

  @Test
  void anIgnoredFieldThatTheTypeNeedsHoldsItsLiveValue() throws Exception {
    Table desired = new Table(1, "me", null, null, 5);
    Table live = new Table(2, "x", null, null, 6);
    assertThat(TABLE.ignore("/replicas").effective(desired, live, Set.of(), true))
        .isEqualTo(new Table(2, "me", null, null, 5));
  }

  @Test
  void whereItDoesNotMergeLiveFillsInAllButWhatIsRemoved() throws Exception {
    Table desired = new Table(1, null, Map.of("a", "1"), null, null);
    Table live = new Table(2, "x", Map.of("b", "2", "c", "3"), List.of(), 6);
    assertThat(
            TABLE
                .ignore("/replicas")
                .effective(desired, live, Set.of("/options/b", "/size"), false))
        .isEqualTo(new Table(2, "x", Map.of("a", "1", "c", "3"), List.of(), null));
  }

  @Test
  void whatIsToRemoveBelowAnUndeclaredObjectIsLeftOut() throws Exception {
    Table desired = new Table(1, null, null, null, null);
    Table live = new Table(1, null, Map.of("b", "2", "c", "3"), null, null);
    assertThat(TABLE.effective(desired, live, Set.of("/options/b"), false).options())
        .isEqualTo(Map.of("c", "3"));
  }

  @Test
  void itemsOfKeyedListsAreFilledInByKeyAndNoItemIsAdded() throws Exception {
    Kind<Table> kind = TABLE.keyedList("/columns", "name");
    Table desired = new Table(1, null, null, List.of(new Column("b", "text", null)), null);
    Table live =
        new Table(
            1, null, null, List.of(new Column("a", "int", "A"), new Column("b", "int", "B")), null);
    assertThat(kind.effective(desired, live, Set.of(), false).columns())
        .containsExactly(new Column("b", "text", "B"));
    assertThat(kind.effective(desired, live, Set.of("/columns/name=b/comment"), false).columns())
        .containsExactly(new Column("b", "text", null));
  }

  @Test
  void aCreationDeclaresEveryFieldThatIsNotNull() {
    assertThat(
            TABLE.declared(
                new Table(1, null, Map.of("a/b", "1"), List.of(new Column("c", "t", null)), null)))
        .extracting(change -> change.pointer() + " " + change.from() + " " + change.to())
        .containsExactly(
            "/replicas null 1",
            "/options/a~1b null \"1\"",
            "/columns null [{\"name\":\"c\",\"type\":\"t\"}]");
  }
}
