// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.spi;

import static dev.gitops.core.model.FieldChange.Cause.BOTH;
import static dev.gitops.core.model.FieldChange.Cause.DECLARED;
import static dev.gitops.core.model.FieldChange.Cause.DRIFT;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gitops.core.model.FieldChange;
import dev.gitops.core.model.Kind;
import dev.gitops.core.model.Observed;
import dev.gitops.core.model.Resource;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.model.SecretRef;
import dev.gitops.core.model.Tree;
import java.lang.management.ManagementFactory;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

class TreeDifferTest {
  private static final ResourceId ID = ResourceId.of("Thing", "one");
  private static final Kind<Tree> ANY = Kind.any();

  record Role(String name, SecretRef password, Integer limit) {}

  @Test
  void tellsDeclaredChangeFromDriftFromBoth() {
    assertThat(diff(ANY, "{a: 1, b: 2, c: 3}", "{a: 1, b: 9, c: 9}", "{a: 5, b: 2, c: 5}"))
        .containsExactly(
            change("/a", "1", "5", DECLARED),
            change("/b", "9", "2", DRIFT),
            change("/c", "9", "5", BOTH));
    assertThat(diff(ANY, null, "{a: 1}", "{a: 2}")).containsExactly(change("/a", "1", "2", BOTH));
  }

  @Test
  void aFieldDeclaredForTheFirstTimeIsADeclaredChange() {
    assertThat(diff(ANY, "{}", "{a: 1}", "{a: 2, b: 3}"))
        .containsExactly(change("/a", "1", "2", DECLARED), change("/b", null, "3", DECLARED));
  }

  @Test
  void aFieldThatSomebodyRemovedIsDrift() {
    assertThat(diff(ANY, "{a: 1}", "{}", "{a: 1}")).containsExactly(change("/a", null, "1", DRIFT));
  }

  @Test
  void whatIsNotDeclaredIsNotCompared() {
    assertThat(diff(ANY, "{a: 1}", "{a: 1, b: 2, c: {d: 3}}", "{a: 1, c: {}, e: null}")).isEmpty();
  }

  @Test
  void whatIsNoLongerDeclaredIsRemovedAsLongAsItIsThere() {
    assertThat(diff(ANY, "{a: 1, b: 2}", "{a: 1, b: 2}", "{a: 1}"))
        .containsExactly(change("/b", "2", null, DECLARED));
    assertThat(diff(ANY, "{a: 1, b: 2}", "{a: 1, b: 7}", "{a: 1}"))
        .containsExactly(change("/b", "7", null, BOTH));
    assertThat(diff(ANY, "{a: 1, b: 2}", "{a: 1}", "{a: 1}")).isEmpty();
    assertThat(diff(ANY, null, "{a: 1, b: 2}", "{a: 1}")).isEmpty();
  }

  @Test
  void removingAnObjectLeavesWhatOthersPutBesideIt() {
    assertThat(diff(ANY, "{o: {a: 1, p: {q: 1}}}", "{o: {a: 1, p: {q: 1, r: 2}}}", "{}"))
        .containsExactly(
            change("/o/a", "1", null, DECLARED), change("/o/p/q", "1", null, DECLARED));
    assertThat(diff(ANY, "{o: {a: 1, p: {q: 1}}}", "{o: {a: 1, p: {q: 1}}}", "{}"))
        .containsExactly(change("/o", "{a: 1, p: {q: 1}}", null, DECLARED));
  }

  @Test
  void declaredAsEmptyIsDeclared() {
    assertThat(diff(ANY, null, "{}", "{o: {}, l: []}"))
        .containsExactly(change("/o", null, "{}", BOTH), change("/l", null, "[]", BOTH));
    assertThat(diff(ANY, null, "{l: [1]}", "{l: []}"))
        .containsExactly(change("/l", "[1]", "[]", BOTH));
  }

  @Test
  void numbersCompareByValueAndTextIsNoNumber() {
    assertThat(diff(ANY, null, "{a: 1.0, b: 1}", "{a: 1, b: '1'}"))
        .containsExactly(change("/b", "1", "'1'", BOTH));
  }

  @Test
  void ignoredFieldsAreNeverReportedNotEvenInside() {
    Kind<Tree> kind = ANY.ignore("/a").ignore("/o/*/x");
    assertThat(diff(kind, "{a: 3, z: 1}", "{a: 1, o: {p: {x: 1}}}", "{a: 2, o: {p: {x: 2}}}"))
        .isEmpty();
    assertThat(diff(kind, null, "{}", "{o: {p: {x: 2, y: 3}}}"))
        .containsExactly(change("/o", null, "{p: {y: 3}}", BOTH));
    assertThat(diff(kind, "{a: 1, o: {p: {x: 1, y: 2}}}", "{a: 1, o: {p: {x: 1, y: 2}}}", "{}"))
        .containsExactly(change("/o/p/y", "2", null, DECLARED));
  }

  @Test
  void listsOfOneLengthAreComparedByPositionAndOthersAsAWhole() {
    assertThat(diff(ANY, "{l: [1, {a: 1}]}", "{l: [1, {a: 2, b: 3}]}", "{l: [1, {a: 1}]}"))
        .containsExactly(change("/l/1/a", "2", "1", DRIFT));
    assertThat(diff(ANY, "{l: [1]}", "{l: [1]}", "{l: [1, 2]}"))
        .containsExactly(change("/l", "[1]", "[1, 2]", DECLARED));
    assertThat(diff(ANY, "{l: [1]}", "{l: [1, 3]}", "{l: [1, 2]}"))
        .containsExactly(change("/l/1", "3", "2", BOTH));
    assertThat(diff(ANY, null, "{l: [1]}", "{l: [null]}"))
        .containsExactly(change("/l/0", "1", null, BOTH));
  }

  @Test
  void keyedListsAreComparedByKeyInAnyOrder() {
    Kind<Tree> kind = ANY.keyedList("/l", "id");
    assertThat(diff(kind, null, "{l: [{id: 'b', x: 1}, {id: 'a'}]}", "{l: [{id: 'a'}, {id: 'b'}]}"))
        .isEmpty();
    assertThat(
            diff(
                kind,
                "{l: [{id: 'a', x: 1}, {id: 'gone'}]}",
                "{l: [{id: 'foreign'}, {id: 'a', x: 2, y: 3}, {id: 'gone'}]}",
                "{l: [{id: 'a', x: 1}, {id: 'n/w'}]}"))
        .containsExactly(
            change("/l/id=a/x", "2", "1", DRIFT),
            change("/l/id=n~1w", null, "{id: 'n/w'}", DECLARED),
            change("/l/id=foreign", "{id: 'foreign'}", null, DRIFT),
            change("/l/id=gone", "{id: 'gone'}", null, DECLARED));
  }

  @Test
  void aKeyedListWhoseItemsCanNotBeToldApartIsComparedByPosition() {
    Kind<Tree> kind = ANY.keyedList("/l", "id");
    assertThat(diff(kind, null, "{l: [{id: 'a'}, {id: 'a'}]}", "{l: [{id: 'a'}]}"))
        .containsExactly(change("/l", "[{id: 'a'}, {id: 'a'}]", "[{id: 'a'}]", BOTH));
  }

  @Test
  void inSetsOrderAndRepetitionDoNotMatter() {
    Kind<Tree> kind = ANY.setList("/s");
    assertThat(diff(kind, null, "{s: ['b', 'a', 'a']}", "{s: ['a', 'b']}")).isEmpty();
    assertThat(diff(kind, "{s: ['a', 'gone']}", "{s: ['a', 'gone', 'foreign']}", "{s: ['a', 1]}"))
        .containsExactly(
            change("/s/=1", null, "1", DECLARED),
            change("/s/=gone", "'gone'", null, DECLARED),
            change("/s/=foreign", "'foreign'", null, DRIFT));
  }

  @Test
  void secretItemsNeverStandInAPointer() {
    for (String pattern : List.of("/s", "/s/*", "/s/*/x")) {
      assertThat(
              diff(ANY.setList("/s").secret(pattern), null, "{s: ['hunter2', 'a']}", "{s: ['a']}"))
          .extracting(FieldChange::pointer)
          .containsExactly("/s");
    }
    assertThat(
            diff(
                ANY.keyedList("/k", "id").secret("/k/*/id"),
                null,
                "{k: [{id: 'hunter2'}, {id: 'x'}]}",
                "{k: [{id: 'x'}]}"))
        .extracting(FieldChange::pointer)
        .containsExactly("/k");
  }

  @Test
  void behindAReferenceOnlyAnotherReferenceIsADifference() {
    Kind<Role> kind = Kind.of("Role", Role.class);
    Role desired = new Role("a", new SecretRef("env:X"), null);
    Role live = new Role("a", null, 5);
    assertThat(kindDiff(kind, null, live, desired)).isEmpty();
    assertThat(kindDiff(kind, "{name: 'a', password: {secretRef: 'env:X'}}", live, desired))
        .isEmpty();
    assertThat(kindDiff(kind, "{name: 'a', password: {secretRef: 'env:OLD'}}", live, desired))
        .containsExactly(change("/password", null, "{secretRef: 'env:X'}", DECLARED));
    assertThat(kindDiff(kind, "{name: 'a'}", live, desired))
        .extracting(FieldChange::pointer)
        .containsExactly("/password");
    assertThat(diff(ANY, null, "{}", "{auth: {password: {secretRef: 'env:X'}}}")).isEmpty();
  }

  @Test
  void bothSidesAreNormalisedFirst() {
    Kind<Tree> kind =
        ANY.normalize(
            tree -> {
              Map<String, Object> fields = new LinkedHashMap<>(tree.fields());
              fields.computeIfPresent(
                  "size", (name, size) -> String.valueOf(size).toLowerCase(java.util.Locale.ROOT));
              return Tree.of(fields);
            });
    assertThat(diff(kind, null, "{size: 'BIG'}", "{size: 'big'}")).isEmpty();
  }

  @Test
  void whatIsEqualCostsNoAllocation() {
    Kind<Role> kind = Kind.of("Role", Role.class).ignore("/limit");
    Differ<Role> differ = Differ.declaredFields(kind);
    Observed<Role> live = Observed.of(ID, new Role("a", new SecretRef("env:X"), 1));
    Resource<Role> desired = Resource.of(ID, new Role("a", new SecretRef("env:X"), 1));
    long allocated = 0;
    for (int round = 0; round < 3; round++) {
      allocated = allocated(differ, live, desired);
    }
    assertThat(allocated).as("bytes in 10,000 comparisons").isLessThan(10_000);
  }

  private static long allocated(Differ<Role> differ, Observed<Role> live, Resource<Role> desired) {
    var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    try {
      for (int i = 0; i < 10_000; i++) {
        if (!differ.diff(null, live, desired).isEmpty()) {
          throw new AssertionError();
        }
      }
    } catch (Exception e) {
      throw new AssertionError(e);
    }
    return threads.getCurrentThreadAllocatedBytes() - before;
  }

  private static FieldChange change(
      String pointer, String from, String to, FieldChange.Cause cause) {
    return new FieldChange(pointer, tree(from), tree(to), cause);
  }

  static List<FieldChange> diff(Kind<Tree> kind, String last, String live, String desired) {
    return kindDiff(kind, last, tree(live), tree(desired));
  }

  static <T> List<FieldChange> kindDiff(Kind<T> kind, String last, T live, T desired) {
    return new TreeDiffer<>(kind).diff(tree(last), Observed.of(ID, live), Resource.of(ID, desired));
  }

  private static Tree tree(String json) {
    return json == null ? null : Tree.of(LENIENT.readValue(json, Object.class));
  }

  private static final JsonMapper LENIENT =
      JsonMapper.builder(
              tools.jackson.core.json.JsonFactory.builder()
                  .enable(tools.jackson.core.json.JsonReadFeature.ALLOW_UNQUOTED_PROPERTY_NAMES)
                  .enable(tools.jackson.core.json.JsonReadFeature.ALLOW_SINGLE_QUOTES)
                  .build())
          .build();
}
