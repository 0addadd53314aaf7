// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.manifest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gitops.core.model.Problem;
import dev.gitops.core.model.ResourceId;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.AlphaChars;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;

/** What a problem hides: never less than the file may declare. */
class HidingTest {
  private static final ResourceId ORDERS = ResourceId.of("Topic", "shop", "orders");
  private static final ResourceId STOCK = ResourceId.of("Topic", "stock");

  private static boolean hides(String text, ResourceId id, String lastFile) {
    List<Problem> problems = Manifests.read("a.yaml", text).problems();
    assertThat(problems).as(text).isNotEmpty();
    return problems.stream().anyMatch(problem -> problem.hides().test(id, lastFile));
  }

  @Test
  void aBrokenFileHidesWhatItDeclaredLast() {
    assertThat(hides("kind: [", STOCK, "a.yaml")).isTrue();
    assertThat(hides("kind: [", STOCK, "b.yaml")).isFalse();
    assertThat(hides("kind: [", STOCK, "")).isFalse();
  }

  @Test
  void aBrokenFileHidesWhatItsTextNamesHoweverItIsSpelt() {
    for (String text :
        List.of(
            "name: orders: [",
            "name: ORDERS: [",
            "[ 'or'ders",
            "[ or\n    ders.",
            "[ ｏｒｄｅｒｓ",
            "[ ördérs")) {
      assertThat(hides(text, ORDERS, "")).as(text).isTrue();
    }
    assertThat(hides("[ strasse", ResourceId.of("A", "Straße"), "")).isTrue();
    assertThat(hides("[ example.com", ResourceId.of("Zone", "example.com."), "")).isTrue();
    assertThat(hides("[ it''s", ResourceId.of("A", "it's"), "")).isTrue();
    assertThat(hides("[", ResourceId.of("A", "*"), "")).isTrue();
  }

  @Test
  void aBrokenFileThatMaySpellNamesWithEscapesHidesAnything() {
    assertThat(hides("[ \"\\x6frders\"", ORDERS, "")).isTrue();
    assertThat(hides("[ %6frders", ORDERS, "")).isTrue();
    assertThat(hides("[ nothing", ORDERS, "")).isFalse();
  }

  @Test
  void aProblemOfAResourceThatCanBeNamedHidesOnlyThatOne() {
    for (String text :
        List.of(
            "kind: Topic\nmetadata: {name: orders, scope: shop, wave: x}\n",
            "kind: Topic\nmetadata: {name: orders, scope: shop}\nspec: 3\n",
            "kind: Topic\nmetadata: {name: orders, scope: shop}\nspec: {a: 1, a: 2}\n",
            "kind: Topic\nmetadata: {name: orders, scope: shop}\nspec: {a: .nan, b: !x y}\n")) {
      Problem problem = Manifests.read("a.yaml", text).problems().get(0);
      assertThat(problem.id()).isEqualTo(ORDERS);
      assertThat(problem.hides().test(ORDERS, "")).isTrue();
      assertThat(problem.hides().test(STOCK, "a.yaml")).isFalse();
    }
  }

  @Test
  void aDocumentWhoseIdIsInDoubtHidesWhatItsFileDeclaredLast() {
    for (String text :
        List.of(
            "kind: Topic\nmetadata: {name: stock, scop: shop}\n",
            "kind: Topic\nmetadata: {name: stock, scope: 3}\n",
            "kind: Topic\nmetadata: {name: stock, scope: a, scope: b}\n",
            "kind: Topic\nkind: Queue\nmetadata: {name: stock}\n",
            "kind: Topic\nmetadata: {name: stock}\nmetadata: {name: orders}\n",
            "kind: Topic\nmetadata: {<<: 3, name: stock}\n",
            "spec: {a: &s !x shop}\nkind: Topic\nmetadata: {name: stock, scope: *s}\n",
            "kind: Topic\nmetadata: {name: !!binary b3JkZXJz}\n",
            "kind: Topic\nnamespace: shop\nmetadata: {name: stock}\n",
            "kind: Topic\nmetadata: {}\n",
            "metadata: {name: stock}\n",
            "text\n")) {
      assertThat(hides(text, ORDERS, "a.yaml")).as(text).isTrue();
      assertThat(hides(text, ResourceId.of("Topic", "other"), "b.yaml")).as(text).isFalse();
      assertThat(Manifests.read("a.yaml", text).documents()).as(text).isEmpty();
    }
  }

  @Test
  void noProblemOfADocumentWhoseIdIsInDoubtNamesAnId() {
    String text = "kind: Topic\nmetadata: {name: stock, scop: shop, wave: x}\nspec: {a: .nan}\n";

    List<Problem> problems = Manifests.read("a.yaml", text).problems();

    assertThat(problems).hasSize(3).allSatisfy(problem -> assertThat(problem.id()).isNull());
  }

  @Test
  void whatWasNotReadHidesAnything() {
    String pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n";
    assertThat(hides(pointer, STOCK, "")).isTrue();
    Problem large =
        Manifests.read(Limits.DEFAULT.fileBytes(10), "a.yaml", "kind: Quota # much more")
            .problems()
            .get(0);
    assertThat(large).hasToString("a.yaml: Larger than the limit of 10 bytes, so it was not read");
    assertThat(large.hides().test(STOCK, "")).isTrue();
  }

  @Property(tries = 150)
  void cuttingAFileAnywhereNeverMakesItsResourcesAbsent(
      @ForAll @AlphaChars @StringLength(min = 1, max = 12) String name,
      @ForAll @IntRange(min = 0, max = 3) int scope,
      @ForAll @IntRange(min = 0, max = 400) int cut) {
    String scopes = scope == 0 ? "" : ", scope: s" + scope;
    String text =
        "kind: Topic\nmetadata: {name: nx%s%s}\nspec: {a: 'x', b: [1, 2]}\n---\n"
                .formatted(name, scopes)
            + "{\"kind\": \"Topic\", \"metadata\": {\"name\": \"mx%s\"}}\n---\n".formatted(name)
            + "kind: Topic\nmetadata:\n  name: ox%s\nspec:\n  text: >\n    folded\n"
                .formatted(name);
    Declarations whole = Manifests.read("a.yaml", text);
    assertThat(whole.problems()).isEmpty();
    Declarations part = Manifests.read("a.yaml", text.substring(0, Math.min(cut, text.length())));

    // A cut between documents can't be told from a deletion; any other may not hide in silence.
    boolean atBoundary = part.problems().isEmpty();
    whole.documents().stream()
        .map(document -> document.resource().id())
        .filter(id -> part.documents().stream().noneMatch(d -> d.resource().id().equals(id)))
        .filter(id -> !atBoundary)
        .forEach(
            id ->
                assertThat(part.problems())
                    .as("%s after a cut at %s", id, cut)
                    .anyMatch(problem -> problem.hides().test(id, "a.yaml")));
  }
}
