// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.manifest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Files that are made to exhaust whoever reads them. */
@Timeout(60)
class LimitsTest {
  private static final String HEAD = "kind: A\nmetadata: {name: b}\n";

  private static String only(Declarations read) {
    assertThat(read.documents()).isEmpty();
    assertThat(read.problems()).hasSize(1);
    return read.problems().get(0).toString();
  }

  @Test
  void nestingIsBoundedInEverySyntax() {
    int deep = 100_000;
    for (String text :
        List.of(
            HEAD + "spec: {a: " + "[".repeat(deep),
            HEAD + "spec: " + "{a: ".repeat(deep),
            HEAD + "spec: " + "{a: ".repeat(deep) + "}".repeat(deep),
            HEAD + "spec:\n  a:\n    " + "- ".repeat(deep) + "x\n",
            HEAD + "spec:\n  ? " + "? ".repeat(deep) + "x\n",
            HEAD + "spec: {" + "[".repeat(deep) + "]".repeat(deep) + ": x}")) {
      assertThat(Manifests.read("a.yaml", text).documents()).isEmpty();
      assertThat(Manifests.read("a.yaml", text).problems().toString())
          .containsAnyOf("Nested deeper than 100 levels", "Too many errors in one document");
    }
    for (String text : List.of("[".repeat(deep), "{\"a\":".repeat(deep))) {
      assertThat(only(Manifests.read("a.json", text))).contains("Nested deeper than 100 levels");
    }
  }

  @Test
  void nestingUpToTheLimitIsReadAndOneMoreIsNot() {
    Limits limits = Limits.DEFAULT.depth(500);
    String yaml = HEAD + "spec: {a: %s}\n";
    String json = "{\"kind\": \"A\", \"metadata\": {\"name\": \"b\"}, \"spec\": {\"a\": %s}}";
    String fits = "[".repeat(498) + "]".repeat(498);

    assertThat(Manifests.read(limits, "a.yaml", yaml.formatted(fits)).problems()).isEmpty();
    assertThat(Manifests.read(limits, "a.json", json.formatted(fits)).problems()).isEmpty();
    String more = "[[" + fits + "]]";
    assertThat(only(Manifests.read(limits, "a.yaml", yaml.formatted(more)))).contains("deeper");
    assertThat(only(Manifests.read(limits, "a.json", json.formatted(more)))).contains("deeper");
  }

  @Test
  void aliasesCannotNestDeeperThanTheText() {
    StringBuilder text = new StringBuilder(HEAD).append("spec:\n  a0: &a0 [x]\n");
    for (int i = 1; i <= 40; i++) {
      text.append("  a%d: &a%d [[[*a%d]]]\n".formatted(i, i, i - 1));
    }
    assertThat(only(Manifests.read("a.yaml", text.toString()))).contains("after expanding aliases");
  }

  @Test
  void aBillionLaughsCostOneError() {
    StringBuilder text = new StringBuilder(HEAD).append("spec:\n  a0: &a0 lol\n");
    for (int i = 1; i <= 12; i++) {
      String row = ("*a" + (i - 1) + ",").repeat(9);
      text.append("  a%d: &a%d [%s]\n".formatted(i, i, row));
    }
    assertThat(only(Manifests.read("a.yaml", text.toString()))).contains("More than 200000 values");
  }

  @Test
  void aliasesOfALongTextAreCountedByTheirLength() {
    String text =
        HEAD + "spec:\n  a: &a " + "x".repeat(60_000) + "\n  b: [" + "*a, ".repeat(190) + "]\n";
    assertThat(only(Manifests.read("a.yaml", text))).contains("characters in one document");
  }

  @Test
  void aliasesAreCounted() {
    String text = HEAD + "spec:\n  a: &a 1\n  b: [" + "*a, ".repeat(201) + "]\n";
    assertThat(only(Manifests.read("a.yaml", text))).contains("More than 200 aliases");
  }

  @Test
  void anAliasInsideOfItsOwnAnchorIsAnErrorAndSoIsOneWithoutAnchor() {
    assertThat(only(Manifests.read("a.yaml", HEAD + "spec: &a {b: *a}")))
        .isEqualTo("a.yaml:3:14: The alias *a stands inside of its own anchor");
    assertThat(only(Manifests.read("a.yaml", HEAD + "spec: &a [*a]"))).contains("inside");
    assertThat(only(Manifests.read("a.yaml", HEAD + "spec: &a {<<: *a}"))).contains("inside");
    assertThat(only(Manifests.read("a.yaml", HEAD + "spec: {b: *a}"))).contains("no anchor");
    Declarations two = Manifests.read("a.yaml", HEAD + "spec: {a: &a 1}\n---\nx: *a");
    assertThat(two.documents()).hasSize(1);
    assertThat(two.problems().toString()).contains("a.yaml:5:4: The alias *a has no anchor");
  }

  @Test
  void valuesAndDocumentsAreCounted() {
    Limits limits = Limits.DEFAULT.nodes(50).documents(3);
    String values = "spec: {a: [" + "1,".repeat(60) + "]}\n";
    assertThat(only(Manifests.read(limits, "a.yaml", HEAD + values)))
        .contains("More than 50 values");
    String json = "{\"spec\": [" + "1,".repeat(60) + "1]}";
    assertThat(only(Manifests.read(limits, "a.json", json))).contains("More than 50 values");
    Declarations four = Manifests.read(limits, "a.yaml", (HEAD + "---\n").repeat(3) + HEAD);
    assertThat(four.documents()).hasSize(3);
    assertThat(four.problems().toString()).contains("More than 3 documents in one file");
  }

  @Test
  void theLongestTokensTakeTimeInProportion() {
    ThreadMXBean clock = ManagementFactory.getThreadMXBean();
    long start = clock.getCurrentThreadCpuTime();
    for (String unit : List.of("\t", "!", "\\")) {
      Manifests.read("a.yaml", unit.repeat(Limits.DEFAULT.fileBytes()));
    }
    // About one second; without the engine's long buffer 8 for each.
    assertThat(Duration.ofNanos(clock.getCurrentThreadCpuTime() - start))
        .isLessThan(Duration.ofSeconds(60));
  }

  @Test
  void limitsThatWouldBindNothingAreRefused() {
    assertThatIllegalArgumentException().isThrownBy(() -> Limits.DEFAULT.depth(501));
    assertThatIllegalArgumentException().isThrownBy(() -> Limits.DEFAULT.files(0));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Limits.DEFAULT.fileBytes(Integer.MAX_VALUE));
  }
}
