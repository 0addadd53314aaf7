// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.manifest;

import static dev.gitops.core.manifest.Manifests.ids;
import static dev.gitops.core.manifest.Manifests.problems;
import static dev.gitops.core.manifest.Manifests.read;
import static dev.gitops.core.manifest.Manifests.spec;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gitops.core.model.Document;
import dev.gitops.core.model.Metadata;
import dev.gitops.core.model.Origin;
import dev.gitops.core.model.Phase;
import dev.gitops.core.model.Problem;
import dev.gitops.core.model.Resource;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.model.Tree;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ManifestReaderTest {
  private static final String HEAD = "kind: Topic\nmetadata: {name: orders}\n";

  @Test
  void aDocumentSaysAllThatItsMetadataCanSay() {
    String text =
        """
        apiVersion: gitops.dev/v1
        kind: Topic
        metadata:
          name: orders
          scope: shop
          labels: {team: shop, tier: "1"}
          dependsOn: [Quota/shop, Schema/shop/orders]
          wave: -3
          phase: post-sync
          onRemoval: orphan
          onChange: replace
          timeout: 1m30s
        spec:
          partitions: 12
        """;

    Document document = read("topics/orders.yaml", text).documents().get(0);

    assertThat(document.resource())
        .isEqualTo(
            new Resource<>(
                ResourceId.of("Topic", "shop", "orders"),
                Tree.of(Map.of("partitions", 12)),
                new Metadata(
                    Map.of("team", "shop", "tier", "1"),
                    List.of(ResourceId.of("Quota", "shop"), ResourceId.parse("Schema/shop/orders")),
                    -3,
                    Phase.POST_SYNC,
                    Metadata.OnRemoval.ORPHAN,
                    Metadata.OnChange.REPLACE,
                    Duration.ofSeconds(90)),
                new Origin("topics/orders.yaml", 1, 1)));
  }

  @Test
  void onlyKindAndNameAreNeeded() {
    for (String file : List.of("kind: A\nmetadata: {name: b}\n", HEAD + "spec:\n")) {
      Resource<Tree> resource = read("a.yml", file).documents().get(0).resource();
      assertThat(resource.metadata()).isEqualTo(Metadata.DEFAULT);
      assertThat(resource.spec()).isEqualTo(Tree.EMPTY);
    }
  }

  @Test
  void filesWithoutDocumentsDeclareNothingAndAreNoProblem() {
    for (String text :
        List.of("", "\n", "# nothing\n", "---\n", "---\n---\n# x\n...\n", "\ufeff")) {
      assertThat(read("a.yaml", text)).as(text).isEqualTo(Declarations.NONE);
    }
    assertThat(read("a.json", "  \n")).isEqualTo(Declarations.NONE);
  }

  @Test
  void timeoutsAreShortOrIso() {
    Map.of("500ms", 500L, "30s", 30_000L, "5m", 300_000L, "1h", 3_600_000L, "PT1.5S", 1_500L)
        .forEach(
            (text, millis) ->
                assertThat(
                        read("a.yaml", "kind: A\nmetadata: {name: b, timeout: " + text + "}")
                            .documents()
                            .get(0)
                            .resource()
                            .metadata()
                            .timeout())
                    .isEqualTo(Duration.ofMillis(millis)));
    for (String text : List.of("0s", "-5s", "PT-1S", "25h", "30", "soon", "99999999999s", "''")) {
      assertThat(problems("a.yaml", "kind: A\nmetadata: {name: b, timeout: " + text + "}"))
          .as(text)
          .containsExactly(
              "a.yaml:2:21: timeout is a time above 0 and up to a day, such as 30s, 5m or PT30S");
    }
  }

  @Test
  void allErrorsOfAFileAreReportedAtOnceEachWithItsPlace() {
    String text =
        """
        kind: Topic
        metadata:
          name: orders
          wave: soon
          phase: later
          labels:
            team: 7
          dependsOn: [Quota, Quota/shop]
          onRemoval:
          timeout: 9d
        spec: [1]
        ---
        kind: Topic
        metadata: {nmae: bills, name: 12}
        specc: {}
        ---
        metadata: {name: stock}
        """;

    assertThat(problems("a.yaml", text))
        .containsExactlyInAnyOrder(
            "a.yaml:4:3: wave is a whole number",
            "a.yaml:5:3: phase is one of pre-sync, sync, post-sync, sync-fail",
            "a.yaml:7:5: A label is text, not a number; put it in quotes",
            "a.yaml:8:15: A dependency is Kind/name or Kind/scope/name",
            "a.yaml:9:3: onRemoval is one of delete, keep, orphan",
            "a.yaml:10:3: timeout is a time above 0 and up to a day, such as 30s, 5m or PT30S",
            "a.yaml:11:1: spec is an object, not a list",
            "a.yaml:15:1: Unknown key 'specc' in a manifest; did you mean 'spec'?",
            "a.yaml:14:12: Unknown key 'nmae' in metadata; did you mean 'name'?",
            "a.yaml:14:25: name is text, not a number; put it in quotes",
            "a.yaml:17:1: kind is missing");
    assertThat(read("a.yaml", text).documents()).isEmpty();
  }

  @Test
  void whatANovicePutsInAManifestGetsAUsefulAnswer() {
    assertThat(problems("a.yaml", "- a\n"))
        .containsExactly("a.yaml:1:1: A manifest is an object with kind, metadata and spec");
    assertThat(problems("a.yaml", "kind: A\n"))
        .containsExactly("a.yaml:1:1: metadata, an object with at least a name, is missing");
    assertThat(problems("a.yaml", "apiVersion: apps/v1\n" + HEAD))
        .containsExactly("a.yaml:1:1: apiVersion is gitops.dev/v1, or left out");
    assertThat(problems("a.yaml", "kind: A\nmetadata: {name: b, namespace: c}\n"))
        .containsExactly("a.yaml:2:21: Unknown key 'namespace' in metadata; did you mean 'scope'?");
    assertThat(problems("a.yaml", "kind: A\nmetadata: {name: b, 'on': c}\nanything: 1"))
        .first()
        .asString()
        .contains("known are apiVersion, kind, metadata, spec");
    assertThat(problems("a.yaml", "kind: '*'\nmetadata: {name: \"a\\nb\"}\n"))
        .containsExactlyInAnyOrder(
            "a.yaml:1:1: '*' is not the name of a kind",
            "a.yaml:2:12: name is one line of text, neither empty nor longer than 1,000");
    assertThat(problems("a.json", "[]"))
        .containsExactly("a.json:1:1: A manifest is an object with kind, metadata and spec");
  }

  @Test
  void aDuplicateKeyIsAnErrorAndTakesNothingElseWithIt() {
    String text =
        HEAD + "spec:\n  a: 1\n  b: {c: 1, c: 2}\n  a: 3\n---\n" + "kind: A\nmetadata: {name: b}";

    Declarations read = read("a.yaml", text);

    assertThat(read.problems().stream().map(Object::toString))
        .containsExactly(
            "a.yaml:5:13: The key 'c' is already there",
            "a.yaml:6:3: The key 'a' is already there");
    assertThat(read.problems())
        .allSatisfy(p -> assertThat(p.id()).isEqualTo(ResourceId.of("Topic", "orders")));
    assertThat(ids(read)).containsExactly("A/b");
    assertThat(
            problems(
                "a.json", "{\"kind\": \"A\",\n \"kind\": \"B\", \"metadata\": {\"name\": \"b\"}}"))
        .containsExactly("a.json:2:2: The key 'kind' is already there");
  }

  @Test
  void aBrokenDocumentLeavesTheOthersOfItsFile() {
    String text = HEAD + "---\nkind: [\n---\nkind: A\nmetadata: {name: b}\n---\nx: 'y\n";

    Declarations read = read("a.yaml", text);

    assertThat(ids(read)).containsExactly("Topic/orders", "A/b");
    assertThat(read.problems()).extracting(p -> p.origin().line()).containsExactly(5, 10);
  }

  @Test
  void aMarkerInsideOfABlockOfTextIsNoMarker() {
    assertThat(spec("a.yaml", HEAD + "spec:\n  text: |\n    a\n    ---\n    b\n").at("/text"))
        .contains(Tree.of("a\n---\nb\n"));
  }

  @Test
  void linesAreCountedWhateverEndsThem() {
    for (String end : List.of("\n", "\r\n", "\r")) {
      String text = "# x\n---\n" + HEAD + "---\nkind: A\nmetadata: {name: b}\nspec: {c: 1}\n";
      Document document = read("a.yaml", text.replace("\n", end)).documents().get(1);
      assertThat(document.locate("/c")).isEqualTo(new Origin("a.yaml", 8, 8));
    }
  }

  @Test
  void directivesBelongToTheDocumentBehindThem() {
    String text = "# first\n%TAG !y! tag:yaml.org,2002:\n---\n" + HEAD + "spec: {v: !y!int '1'}\n";

    assertThat(spec("a.yaml", text)).isEqualTo(Tree.of(Map.of("v", 1)));
  }

  @Test
  void fromAFileWithMarksOfAMergeNothingIsTaken() {
    String text =
        "kind: A\nmetadata: {name: a}\n---\n<<<<<<< HEAD\n"
            + HEAD
            + "=======\n---\n>>>>>>> other\n";

    Declarations read = read("a.yaml", text);

    assertThat(read.documents()).isEmpty();
    assertThat(read.problems().stream().map(Object::toString))
        .containsExactly(
            "a.yaml:4:1: Marks of an unresolved merge, so nothing of this file is applied");
  }

  @Test
  void aliasesAndMergesAreResolved() {
    String text =
        HEAD
            + """
            spec:
              base: &base {a: 1, b: 2}
              more: &more {b: 3, c: 4}
              same: *base
              merged: {b: 9, <<: [*base, *more], d: 5}
              quoted: {'<<': x}
            """;

    assertThat(spec("a.yaml", text).toString())
        .isEqualTo(
            "{\"base\":{\"a\":1,\"b\":2},\"more\":{\"b\":3,\"c\":4},\"same\":{\"a\":1,\"b\":2},"
                + "\"merged\":{\"b\":9,\"d\":5,\"a\":1,\"c\":4},\"quoted\":{\"<<\":\"x\"}}");
    assertThat(problems("a.yaml", HEAD + "spec: {<<: 3}"))
        .containsExactly("a.yaml:3:8: '<<' merges an object or a list of objects, such as *anchor");
  }

  @Test
  void theFieldsOfAnAliasStandWhereTheyAreWritten() {
    String text = HEAD + "spec:\n  a: &x\n    b: 1\n  c: *x\n  d: [*x, 2]\n";
    Document document = read("a.yaml", text).documents().get(0);

    assertThat(document.locate("/c")).isEqualTo(new Origin("a.yaml", 6, 3));
    assertThat(document.locate("/c/b")).isEqualTo(new Origin("a.yaml", 5, 5));
    assertThat(document.locate("/d/1")).isEqualTo(new Origin("a.yaml", 7, 11));
    assertThat(document.locate("/d/7")).isEqualTo(new Origin("a.yaml", 7, 3));
    assertThat(document.locate("")).isEqualTo(new Origin("a.yaml", 3, 1));
  }

  @Test
  void tagsOfYamlsCoreAreKnownAndOthersAreErrors() {
    assertThat(spec("a.yaml", HEAD + "spec: {a: !!str 1, b: !!int '2', c: !!float 3, d: ! 4}"))
        .isEqualTo(Tree.of(Map.of("a", "1", "b", 2, "c", 3, "d", "4")));
    assertThat(problems("a.yaml", HEAD + "spec: {a: !!binary aGk=, b: !Ref x, c: !!int y}"))
        .containsExactly(
            "a.yaml:3:11: The tag !!binary does not fit, or is not known",
            "a.yaml:3:29: The tag !Ref does not fit, or is not known",
            "a.yaml:3:40: The tag !!int does not fit, or is not known");
    assertThat(problems("a.yaml", HEAD + "spec: !java.lang.Runtime {}"))
        .contains("a.yaml:3:7: The tag !java.lang.Runtime does not fit, or is not known");
  }

  @Test
  void keysAreTextAndWhatKubectlWouldTurnIntoAnotherKeyIsAnError() {
    assertThat(spec("a.yaml", HEAD + "spec: {8080: a, true: b, 'on': c, 1.5: d, 2026-01-02: e}"))
        .isEqualTo(
            Tree.of(Map.of("8080", "a", "true", "b", "on", "c", "1.5", "d", "2026-01-02", "e")));
    assertThat(problems("a.yaml", HEAD + "spec: {on: 1, 0x10: 2, ~: 3, [a]: 4}"))
        .containsExactly(
            "a.yaml:3:8: Unquoted, the key 'on' is read as true; put it in quotes",
            "a.yaml:3:15: Unquoted, the key '0x10' is read as 16; put it in quotes",
            "a.yaml:3:24: Unquoted, the key '~' is read as null; put it in quotes",
            "a.yaml:3:30: The keys of an object are texts");
  }

  @Test
  void jsonIsReadStrictlyAndMayBeAStream() {
    String one = "{\"kind\":\"A\",\"metadata\":{\"name\":\"b\"},\n  \"spec\":{\"x\":[1,\n 2.50]}}";
    Declarations read = read("a.JSON", one + one.replace("\"b\"", "\"c\""));

    assertThat(ids(read)).containsExactly("A/b", "A/c");
    assertThat(read.documents().get(0).locate("/x/1")).isEqualTo(new Origin("a.JSON", 3, 2));
    assertThat(read.documents().get(0).resource().spec().at("/x/1").orElseThrow())
        .isEqualTo(Tree.of(2.5));
    for (String wrong :
        List.of("{a: 1}", "{'a': 1}", "{\"a\": NaN}", "{\"a\": 1,}", "{\"a\": 01}")) {
      assertThat(problems("a.json", one + "\n" + wrong))
          .singleElement()
          .asString()
          .startsWith("a.json:4:")
          .contains("Not valid JSON");
      assertThat(ids(read("a.json", one + "\n" + wrong))).containsExactly("A/b");
    }
  }

  @Test
  void messagesDoNotQuoteValues() {
    for (String text :
        List.of("{\"password\": hunter2secret}", "{\"password\": \"hunter2secret\" \"x\"}")) {
      assertThat(problems("a.json", text).toString()).doesNotContain("hunter2");
    }
    for (String text :
        List.of("password: !!int hunter2secret", "password: 'hunter2secret' hunter2secret")) {
      assertThat(problems("a.yaml", text).toString()).doesNotContain("hunter2");
    }
  }

  @Test
  void bytesThatAreNotUtf8AreAProblemThatNamesTheirOffsetAndHidesAnything() {
    byte[] bytes = "kind: A\nmetadata: {name: caf\u00e9}\n".getBytes(StandardCharsets.ISO_8859_1);

    Declarations read = ManifestReader.create().read("a.yaml", bytes);

    assertThat(read.documents()).isEmpty();
    Problem problem = read.problems().get(0);
    assertThat(problem).hasToString("a.yaml:2: Not UTF-8 at byte 28; save the file as UTF-8");
    assertThat(problem.hides().test(ResourceId.of("A", "any"), "other.yaml")).isTrue();
  }

  @Test
  void aByteOrderMarkIsNoPartOfTheText() {
    assertThat(ids(read("a.yaml", "\ufeff" + HEAD))).containsExactly("Topic/orders");
    assertThat(ids(read("a.json", "\ufeff{\"kind\":\"A\",\"metadata\":{\"name\":\"b\"}}")))
        .containsExactly("A/b");
  }

  @Test
  void halvesOfCharactersAndCharactersOutsideOfYamlAreErrors() {
    assertThat(problems("a.yaml", HEAD + "spec: {a: \"\\ud800\"}"))
        .singleElement()
        .asString()
        .startsWith("a.yaml:3");
    assertThat(problems("a.json", "{\"kind\":\"A\",\"metadata\":{\"name\":\"\\ud800\"}}"))
        .containsExactly("a.json:1:32: Half of a surrogate pair, which is no character");
    assertThat(spec("a.yaml", HEAD + "spec: {a: \"\\ud83d\\ude00\"}").at("/a"))
        .contains(Tree.of("\ud83d\ude00"));
    assertThat(problems("a.yaml", HEAD + "spec:\n  a: x\0y\n"))
        .containsExactly(
            "a.yaml:4: The character U+0000 is not allowed in YAML; in double quotes write it as \\u0000");
  }

  /** A shape as a Kubernetes adapter would have it: lists of objects, the whole object as spec. */
  private static final class Objects implements DocumentShape {
    @Override
    public void read(ParsedDocument document) {
      List<Object> items = document.tree().at("/items").orElse(Tree.EMPTY).items();
      for (int i = 0; i < items.size(); i++) {
        String pointer = "/items/" + i;
        ResourceId id =
            ResourceId.of("Object", document.tree().at(pointer + "/id").orElseThrow().text());
        document.declare(id, Metadata.DEFAULT, pointer);
        if (document.tree().at(pointer + "/bad").isPresent()) {
          document.wrong(id, pointer + "/bad", "bad");
        }
      }
    }
  }

  @Test
  void anotherShapeMayDeclareManyResourcesInOneDocument() {
    String text = "items:\n- id: a\n  x: 1\n- id: b\n  bad: 1\n- id: c\n";

    Declarations read =
        ManifestReader.create()
            .shape(new Objects())
            .read("l.yaml", text.getBytes(StandardCharsets.UTF_8));

    assertThat(ids(read)).containsExactly("Object/a", "Object/c");
    Document first = read.documents().get(0);
    assertThat(first.resource().origin()).isEqualTo(new Origin("l.yaml", 2, 3));
    assertThat(first.resource().spec()).isEqualTo(Tree.of(Map.of("id", "a", "x", 1)));
    assertThat(first.locate("/x")).isEqualTo(new Origin("l.yaml", 3, 3));
    assertThat(read.problems())
        .singleElement()
        .satisfies(problem -> assertThat(problem).hasToString("l.yaml:5:3: bad"))
        .satisfies(problem -> assertThat(problem.id()).hasToString("Object/b"));
  }

  @Test
  void aShapeWithoutALastingNameHasNoIdentity() {
    DocumentShape nameless = document -> document.unsure("", "no");

    assertThatThrownBy(() -> ManifestReader.create().shape(nameless).identity())
        .isInstanceOf(UnsupportedOperationException.class);
    assertThat(ManifestReader.create().shape(new Objects()).identity()).contains("Objects");
  }
}
