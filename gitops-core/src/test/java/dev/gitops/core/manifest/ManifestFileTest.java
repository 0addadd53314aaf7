// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.manifest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gitops.core.model.ResourceId;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** One field changes, and not one character of the rest. */
class ManifestFileTest {
  private static final ResourceId ORDERS = ResourceId.of("Topic", "orders");
  private static final String HEAD = "kind: Topic\nmetadata: {name: orders}\n";

  private static String set(String text, String pointer, @Nullable Object value)
      throws ManifestEditException {
    return set("a.yaml", text, pointer, value);
  }

  private static String set(String path, String text, String pointer, @Nullable Object value)
      throws ManifestEditException {
    ManifestFile file = ManifestFile.read(path, text.getBytes(UTF_8), ManifestReader.create());
    return new String(file.set(ORDERS, pointer, value).content(), UTF_8);
  }

  private static void becomes(String before, String pointer, @Nullable Object value, String after)
      throws ManifestEditException {
    assertThat(set(HEAD + before, pointer, value)).isEqualTo(HEAD + after);
  }

  @Test
  void commentsOrderAndSpacesStay() throws ManifestEditException {
    becomes(
        "# about it\nspec:   # here\n    partitions:    12   # why 12\n\n    b: [1,2]\n",
        "/spec/partitions",
        24,
        "# about it\nspec:   # here\n    partitions:    24   # why 12\n\n    b: [1,2]\n");
  }

  @Test
  void quotesStayAndAreAddedOnlyWhereNeeded() throws ManifestEditException {
    becomes("spec: {a: 'x', b: \"y\"}", "/spec/a", "it's", "spec: {a: 'it''s', b: \"y\"}");
    becomes("spec: {a: 'x', b: \"y\"}", "/spec/b", "z", "spec: {a: 'x', b: \"z\"}");
    becomes("spec: {a: 'x'}", "/spec/a", 5, "spec: {a: 5}");
    becomes("spec: {a: x}", "/spec/a", "b, c", "spec: {a: \"b, c\"}");
    becomes("spec:\n  a: x\n", "/spec/a", "b, c", "spec:\n  a: b, c\n");
    becomes("spec:\n  a: x\n", "/spec/a", "no", "spec:\n  a: \"no\"\n");
    becomes("spec:\n  a: x\n", "/spec/a", "5", "spec:\n  a: \"5\"\n");
    becomes("spec:\n  a: 'x'\n", "/spec/a", "é", "spec:\n  a: é\n");
  }

  @Test
  void aMissingFieldGoesBehindItsSiblings() throws ManifestEditException {
    becomes(
        "spec:\n    a: 1 # one\n\n# end\n",
        "/spec/b",
        2,
        "spec:\n    a: 1 # one\n    b: 2\n\n# end\n");
    becomes(
        "spec:\n  a:\n    - x\n    - y\n", "/spec/b", 2, "spec:\n  a:\n    - x\n    - y\n  b: 2\n");
    becomes(
        "spec:\n  a: |\n    x\n\nrest: 1\n".replace("rest: 1\n", ""),
        "/spec/b",
        2,
        "spec:\n  a: |\n    x\n  b: 2\n\n");
    becomes("spec: {a: 1}\n", "/spec/b", 2, "spec: {a: 1, b: 2}\n");
    becomes("spec: {a: 1,}\n", "/spec/b", 2, "spec: {a: 1, b: 2,}\n");
    becomes("spec: {}\n", "/spec/b", 2, "spec: {b: 2}\n");
    becomes("spec: {\n  a: 1 # one\n}\n", "/spec/b", 2, "spec: {\n  a: 1, # one\n  b: 2\n}\n");
    becomes("spec: {\n  a: 1,\n}\n", "/spec/b", 2, "spec: {\n  a: 1,\n  b: 2\n}\n");
    becomes("spec: {\"a\":1}\n", "/spec/b", "x", "spec: {\"a\":1, \"b\":x}\n");
  }

  @Test
  void whatIsMissingOnTheWayIsAdded() throws ManifestEditException {
    becomes("", "/spec/a/b", 1, "spec:\n  a:\n    b: 1\n");
    becomes("spec:\n", "/spec/a/b", 1, "spec:\n  a:\n    b: 1\n");
    becomes("spec: # nothing yet\n", "/spec/a", 1, "spec: # nothing yet\n  a: 1\n");
    becomes("spec: null\n", "/spec/a", 1, "spec:\n  a: 1\n");
    becomes("spec:\n  a:\n  b: 1\n", "/spec/a/c", "x", "spec:\n  a:\n    c: x\n  b: 1\n");
    becomes("spec: {a: , b: 1}\n", "/spec/a", 3, "spec: {a: 3 , b: 1}\n");
  }

  @Test
  void listsAreChangedItemByItem() throws ManifestEditException {
    becomes("spec:\n  a:\n  - x # 1\n  - y\n", "/spec/a/0", "z", "spec:\n  a:\n  - z # 1\n  - y\n");
    becomes("spec:\n  a:\n  - x # 1\n", "/spec/a/-", "z", "spec:\n  a:\n  - x # 1\n  - z\n");
    becomes("spec:\n  a:\n  - x\n", "/spec/a/1", Map.of("k", 1), "spec:\n  a:\n  - x\n  - k: 1\n");
    becomes(
        "spec:\n  a:\n  - k: 1\n    l: 2\n  - k: 3\n",
        "/spec/a/0/m",
        5,
        "spec:\n  a:\n  - k: 1\n    l: 2\n    m: 5\n  - k: 3\n");
    becomes("spec: {a: [1, 2]}\n", "/spec/a/-", 3, "spec: {a: [1, 2, 3]}\n");
    becomes("spec:\n  a: [1]\n", "/spec/a", List.of(1, "b"), "spec:\n  a: [1, b]\n");
    becomes("spec:\n  a:\n  -\n  - 1\n", "/spec/a/0", 7, "spec:\n  a:\n  - 7\n  - 1\n");
    becomes(
        "spec:\n  a:\n    - 1 # x\n    - 2\n  b: 1\n",
        "/spec/a",
        List.of(7, 8, 9),
        "spec:\n  a:\n    - 7\n    - 8\n    - 9\n  b: 1\n");
  }

  @Test
  void blocksBecomeSingleValuesAndBack() throws ManifestEditException {
    becomes(
        "spec:\n  a: # c\n    b: 1\n    d: 2\n  e: 3\n",
        "/spec/a",
        5,
        "spec:\n  a: 5 # c\n  e: 3\n");
    becomes(
        "spec:\n  a: 5 # c\n  e: 3\n",
        "/spec/a",
        Map.of("b", 1),
        "spec:\n  a: # c\n    b: 1\n  e: 3\n");
    becomes("spec:\n  a: 5\n  e: 3\n", "/spec/a", List.of(), "spec:\n  a: []\n  e: 3\n");
    becomes(
        "spec:\n  a: x # c\n  e: 3\n",
        "/spec/a",
        "one\ntwo\n",
        "spec:\n  a: | # c\n    one\n    two\n  e: 3\n");
    becomes(
        "spec:\n  a: |- # c\n    one\n    two\n\n  e: 3\n",
        "/spec/a",
        "x",
        "spec:\n  a: x # c\n\n  e: 3\n");
    becomes(
        "spec:\n  a: >\n    one\n    two\n  e: 3\n",
        "/spec/a",
        "b\nc",
        "spec:\n  a: |-\n    b\n    c\n  e: 3\n");
    becomes("spec:\n  a: one\n    two\n  e: 3\n", "/spec/a", 1, "spec:\n  a: 1\n  e: 3\n");
  }

  @Test
  void lineEndsAndTheEndOfTheFileStay() throws ManifestEditException {
    String crlf = (HEAD + "spec:\n  a: 1\n").replace("\n", "\r\n");
    assertThat(set(crlf, "/spec/b", Map.of("c", "x\ny")))
        .isEqualTo(crlf + "  b:\r\n    c: |-\r\n      x\r\n      y\r\n");
    becomes("spec:\n  a: 1", "/spec/b", 2, "spec:\n  a: 1\n  b: 2");
    becomes("spec:\n  a: 1", "/spec/a", 2, "spec:\n  a: 2");
    assertThat(set("\ufeff" + HEAD + "spec: {a: 1}", "/spec/a", "𝄞"))
        .isEqualTo("\ufeff" + HEAD + "spec: {a: 𝄞}");
    becomes("spec: {a: 𝄞𝄞, b: 1} # 𝄞\n", "/spec/b", 2, "spec: {a: 𝄞𝄞, b: 2} # 𝄞\n");
  }

  @Test
  void otherDocumentsOfTheFileStayEvenBrokenOnes() throws ManifestEditException {
    String before =
        "# first\n--- # a\nkind: [broken\n---\n" + HEAD + "spec: {a: 1}\n---\nkind: X\n";
    assertThat(set(before, "/spec/a", 2)).isEqualTo(before.replace("a: 1", "a: 2"));
  }

  @Test
  void jsonStaysJson() throws ManifestEditException {
    String json =
        """
        {
          "kind": "Topic",
          "metadata": {"name":"orders"},
          "spec": {
            "a": 1,
            "b": ["x"]
          }
        }
        """;
    assertThat(set("a.json", json, "/spec/a", "no")).isEqualTo(json.replace("1", "\"no\""));
    assertThat(set("a.json", json, "/spec/c", Map.of("d", true)))
        .isEqualTo(json.replace("[\"x\"]", "[\"x\"],\n    \"c\": {\"d\": true}"));
    assertThat(set("a.json", json, "/metadata/wave", 3))
        .isEqualTo(json.replace("\"orders\"}", "\"orders\", \"wave\":3}"));
    assertThat(set("a.json", json, "/spec/b/-", "\u0007\"")).contains("[\"x\", \"\\u0007\\\"\"]");
  }

  @Test
  void whatIsAmbiguousIsRefusedWithItsPlace() {
    refused("spec: {a: &x {b: 1}, c: *x}", "/spec/c/b", "a.yaml:3:25: The value is the alias *x");
    refused("spec: {a: &x {b: 1}, c: *x}", "/spec/a/b", "a.yaml:3:11: The anchor &x stands here");
    refused("spec: {a: &x 1, c: *x}", "/spec/a", "The anchor &x stands here");
    refused(
        "spec: {a: &x {b: 1}, c: {<<: *x}}", "/spec/c/b", "a.yaml:3:26: The field may come from");
    refused("spec: {a: 1}", "/spec/a/b", "a.yaml:3:8: There is a single value");
    refused("spec: {a: [1]}", "/spec/a/5", "no '5'");
    refused("spec: {a: 1}", "", "Say which field");
    refused("spec:\n  a: |+\n    x\n\n", "/spec/b", "keeps its blank lines");
    assertThatThrownBy(() -> set("kind: Topic\n", "/spec/a", 1))
        .hasMessageContaining("Topic/orders is not declared in this file");
    assertThatThrownBy(() -> set(HEAD + "---\n" + HEAD, "/spec/a", 1))
        .hasMessageContaining("more than once");
  }

  @Test
  void anAnchorThatNobodyRefersToStays() throws ManifestEditException {
    becomes("spec: {a: &x 1, b: 2}", "/spec/a", 3, "spec: {a: &x 3, b: 2}");
  }

  private static void refused(String before, String pointer, String message) {
    assertThatThrownBy(() -> set(HEAD + before, pointer, 5))
        .as(before)
        .isInstanceOf(ManifestEditException.class)
        .hasMessageContaining(message);
  }
}
