// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.manifest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gitops.core.model.Document;
import dev.gitops.core.model.Origin;
import dev.gitops.core.model.Tree;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** Whatever a file holds, reading it gives documents and problems, and nothing else. */
class ManifestFuzzTest {
  private static final String SEED =
      """
      %YAML 1.2
      ---
      # comment
      kind: Topic
      metadata: {name: orders, labels: {a: "b\\u00e9", c: 'd''e'}, wave: -1}
      spec:
        <<: &base {a: 0x1F, b: [1, 2.5, ~, yes]}
        text: |-
          block
            more
        fold: >+
          folded

        ? complex
        : !!str 12
        alias: *base
        json: {"x": [true, null, 1e3]}
      ...
      ---
      kind: Topic
      metadata:
        name: bills
        dependsOn: [Topic/orders]
      """;
  private static final String JSON =
      "{\"kind\":\"A\",\"metadata\":{\"name\":\"b\"},\"spec\":{\"a\":[1,2.5e1,\"\\u00e9\",null]}}";

  @Provide
  Arbitrary<byte[]> noise() {
    return Arbitraries.bytes().array(byte[].class).ofMaxSize(200);
  }

  @Provide
  Arbitrary<byte[]> tokens() {
    return Arbitraries.of(
            "---\n",
            "...\n",
            "\n",
            "\n  ",
            "\t",
            " ",
            ": ",
            ":",
            "- ",
            "? ",
            "[",
            "]",
            "{",
            "}",
            ",",
            "&a ",
            "*a ",
            "!!str ",
            "!x ",
            "!",
            "|\n",
            ">2-\n",
            "'",
            "\"",
            "\\u0000",
            "\\ud800",
            "#",
            "%YAML 9.9\n",
            "%",
            "@",
            "`",
            "<<: ",
            "a",
            "kind: A\n",
            "metadata: {name: b}\n",
            "spec: ",
            "name",
            "\r",
            "\u0085",
            "\u2028",
            "\ufeff",
            "\0",
            "\u00e9",
            "\ud83d\ude00",
            "1_0",
            "0x",
            ".inf",
            "~",
            "null",
            "1e400",
            "true",
            "=")
        .list()
        .ofMaxSize(40)
        .map(list -> String.join("", list).getBytes(StandardCharsets.UTF_8));
  }

  @Provide
  Arbitrary<byte[]> mutants() {
    return Combinators.combine(
            Arbitraries.of(SEED, JSON), Arbitraries.integers().between(1, 6), Arbitraries.longs())
        .as((text, count, seed) -> mutate(text.getBytes(StandardCharsets.UTF_8), count, seed));
  }

  private static byte[] mutate(byte[] bytes, int count, long seed) {
    Random random = new Random(seed);
    byte[] mutant = bytes.clone();
    byte[] special = "\n\t -:?[]{},&*!|>'\"%@`#\\\0\u007f".getBytes(StandardCharsets.UTF_8);
    for (int i = 0; i < count; i++) {
      int at = random.nextInt(mutant.length);
      switch (random.nextInt(4)) {
        case 0 -> mutant[at] = special[random.nextInt(special.length)];
        case 1 -> mutant[at] = (byte) random.nextInt(256);
        case 2 -> System.arraycopy(bytes, 0, mutant, at, mutant.length - at);
        default -> mutant = java.util.Arrays.copyOf(mutant, at + 1);
      }
    }
    return mutant;
  }

  @Property(tries = 300)
  void anyBytesAreReadOrReported(@ForAll("noise") byte[] bytes) {
    check(bytes);
  }

  @Property(tries = 1_000)
  void anyMixOfTokensIsReadOrReported(@ForAll("tokens") byte[] bytes) {
    check(bytes);
  }

  @Property(tries = 1_000)
  void anyMutantOfAManifestIsReadOrReported(@ForAll("mutants") byte[] bytes) {
    check(bytes);
  }

  @Property(tries = 200)
  void anyTreeWrittenAsJsonIsReadTheSameFromYamlAndJson(@ForAll("trees") Object value) {
    Tree spec = Tree.of(Map.of("value", value));
    String text = "{\"kind\": \"A\", \"metadata\": {\"name\": \"b\"}, \"spec\": " + spec + "}";

    assertThat(Manifests.spec("a.json", text)).isEqualTo(spec);
    assertThat(Manifests.spec("a.yaml", text)).isEqualTo(spec);
  }

  @Provide
  Arbitrary<Object> trees() {
    Arbitrary<String> texts =
        Arbitraries.strings()
            .ofMaxLength(8)
            .filter(ManifestText::wellFormed)
            .map(text -> text.replaceAll("[\\x00-\\x1f\\ufffe\\uffff]", " "));
    Arbitrary<Object> leaves =
        Arbitraries.oneOf(
            texts.asGeneric(),
            Arbitraries.longs().asGeneric(),
            Arbitraries.bigDecimals().ofScale(4).asGeneric(),
            Arbitraries.of(true, false).asGeneric());
    return Arbitraries.lazyOf(
        () -> leaves,
        () -> leaves,
        () -> trees().list().ofMaxSize(3).asGeneric(),
        () -> Arbitraries.maps(texts, trees()).ofMaxSize(3).asGeneric());
  }

  private static void check(byte[] bytes) {
    for (String path : List.of("a.yaml", "a.json")) {
      long start = System.nanoTime();
      Declarations read = ManifestReader.create().read(path, bytes);
      assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(30));
      int lines =
          1
              + (int)
                  new String(bytes, StandardCharsets.ISO_8859_1)
                      .chars()
                      .filter(c -> c == '\n' || c == '\r')
                      .count();
      read.problems().forEach(problem -> checkOrigin(problem.origin(), path, lines));
      read.problems().forEach(problem -> assertThat(problem.message()).isNotBlank());
      for (Document document : read.documents()) {
        checkOrigin(document.resource().origin(), path, lines);
        locateAll(document, "", document.resource().spec().value(), path, lines);
        assertThat(document.resource().spec().toString()).isNotNull();
      }
      assertThat(ManifestReader.create().read(path, bytes).documents())
          .extracting(Document::resource)
          .isEqualTo(read.documents().stream().map(Document::resource).toList());
    }
  }

  private static void locateAll(
      Document document, String pointer, Object value, String path, int lines) {
    checkOrigin(document.locate(pointer), path, lines);
    if (value instanceof Map<?, ?> map) {
      map.forEach(
          (key, member) ->
              locateAll(
                  document,
                  dev.gitops.core.model.Pointer.child(pointer, (String) key),
                  member,
                  path,
                  lines));
    }
  }

  private static void checkOrigin(Origin origin, String path, int lines) {
    assertThat(origin.file()).isEqualTo(path);
    assertThat(origin.line()).isBetween(0, lines);
  }
}
