// SPDX-License-Identifier: Apache-2.0
package dev.gitops.examples.tour;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class TourTest {
  @Test
  void theTourTellsTheTruthInEightyColumnsAndCleansUp() throws Exception {
    long before = leftovers();
    ByteArrayOutputStream screen = new ByteArrayOutputStream();
    PrintStream out = new PrintStream(screen, true, UTF_8);

    int code = new Main(out, out, Map.of()).run("--color=never");

    String story = screen.toString(UTF_8);
    assertThat(code).as(story).isZero();
    assertThat(story)
        .contains("1. From nothing")
        .contains("2. A commit")
        .contains("connectionLimit  5 -> 10")
        .contains("3. Somebody changes")
        .contains("connectionLimit  200 -> 20")
        .contains("4. A bad commit")
        .contains("access/roles/reporting.yaml:5:3: ")
        .contains("5. A commit that removes")
        .contains("6 deletions are planned within one hour, where 3 are allowed")
        .contains("6. A rollback")
        .contains("7. Who changed what")
        .contains("→ 1 changed, 1 created; then 2 corrected after a change by hand")
        .contains("→ /connectionLimit 10 -> 5")
        .contains("20 of 20 claims")
        .doesNotContain("FALSE")
        .doesNotContain("\u001b");
    assertThat(story.lines()).allSatisfy(line -> assertThat(line).hasSizeLessThanOrEqualTo(80));
    assertThat(leftovers()).isEqualTo(before);
  }

  @Test
  void aFalseClaimIsSaidAndRemembered() {
    ByteArrayOutputStream screen = new ByteArrayOutputStream();
    Claims claims = new Claims(new Console(new PrintStream(screen, true, UTF_8), true));

    claims.check("water is wet", true);
    claims.check("the moon is cheese", false);

    assertThat(claims.broken()).containsExactly("the moon is cheese");
    assertThat(screen.toString(UTF_8))
        .contains("\u001b[32m  ✔ \u001b[0mwater is wet")
        .contains("✘ FALSE: \u001b[0mthe moon is cheese");
  }

  private static long leftovers() throws Exception {
    try (Stream<Path> files = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
      return files.filter(f -> f.getFileName().toString().startsWith("gitops-tour")).count();
    }
  }
}
