// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gitops.core.model.Block;
import dev.gitops.core.model.Change;
import dev.gitops.core.model.FieldChange;
import dev.gitops.core.model.Health;
import dev.gitops.core.model.Origin;
import dev.gitops.core.model.Outcome;
import dev.gitops.core.model.Plan;
import dev.gitops.core.model.Pointer;
import dev.gitops.core.model.Problem;
import dev.gitops.core.model.Report;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.model.Revision;
import dev.gitops.core.model.Run;
import dev.gitops.core.model.Selection;
import dev.gitops.core.model.Tree;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

/** Any text in any field: no sink lets it be anything but text. */
class InjectionTest {
  private static final String EVIL =
      "a\u001b[2J\r\n```\n@admin <script>alert(1)</script> \u202egnp.exe\u2028| **x** \u0085\u007f\ud800";

  @Property(tries = 50)
  void noTextReachesATerminalAsAnythingElse(@ForAll("nasty") String text) {
    for (String page :
        List.of(
            PlanText.of(plan(text)),
            ReportText.of(report(text)),
            PlanMarkdown.of(plan(text)),
            ReportMarkdown.of(report(text)))) {
      assertThat(page.codePoints().filter(c -> c != '\n' && acts(c)).toArray()).isEmpty();
    }
  }

  @Property(tries = 50)
  void noTextStartsALineOfItsOwn(@ForAll("nasty") String text) {
    long expected = PlanText.of(plan("plain")).lines().count();
    assertThat(PlanText.of(plan(text)).split("\\R")).hasSize((int) expected);
    long lines = ReportText.of(report("plain")).lines().count();
    assertThat(ReportText.of(report(text)).split("\\R")).hasSize((int) lines);
  }

  @Property(tries = 50)
  void noTextLeavesTheCodeBlockOfAMarkdownPage(@ForAll("nasty") String text) {
    assertStaysInItsBlock(PlanMarkdown.of(plan(text)), "Plan: [0-9a-z,; ]+");
    assertStaysInItsBlock(ReportMarkdown.of(report(text)), "Report: [0-9a-zA-Z,:;. ]+");
  }

  private static void assertStaysInItsBlock(String page, String title) {
    String[] lines = page.split("\n");
    assertThat(lines[0]).matches("\\*\\*" + title + "\\*\\*");
    assertThat(lines[1]).isEmpty();
    assertThat(lines[2]).matches("`{3,}diff");
    String fence = lines[2].substring(0, lines[2].length() - 4);
    for (String line : Arrays.copyOfRange(lines, 3, lines.length - 1)) {
      assertThat(line).doesNotContain(fence);
    }
    assertThat(lines[lines.length - 1]).isEqualTo(fence);
  }

  @Property(tries = 50)
  void jsonIsHarmlessAsciiAndReadsBackEqual(@ForAll("nasty") String anything) {
    String written = PlanJson.write(plan(anything));
    assertThat(written).matches("[ -~&&[^<>&]]*");
    PlanJson.read(written);
    String text = anything.replaceAll("[\\ud800-\\udfff]", "?");
    String json = PlanJson.write(plan(text));
    assertThat(json).matches("[ -~&&[^<>&]]*");
    Plan back = PlanJson.read(json);
    assertThat(withoutProblems(back)).isEqualTo(withoutProblems(plan(text)));
    Problem problem = back.problems().get(0);
    assertThat(problem.message()).isEqualTo(text);
    assertThat(problem.origin()).isEqualTo(new Origin(text, 1, 2));
    Report report = ReportJson.read(ReportJson.write(report(text)));
    assertThat(report.outcomes()).isEqualTo(report(text).outcomes());
    assertThat(report.unhealthy()).isEqualTo(report(text).unhealthy());
  }

  @Test
  void evilTextIsSpelledOut() {
    assertThat(Inert.text(EVIL))
        .isEqualTo(
            "a\\u{1b}[2J\\u{d}\\n```\\n@admin <script>alert(1)</script>"
                + " \\u{202e}gnp.exe\\u{2028}| **x** \\u{85}\\u{7f}\\u{d800}");
    assertThat(PlanMarkdown.of(plan(EVIL))).contains("````diff\n").endsWith("\n````\n");
  }

  @Test
  void aMarkdownPageFitsIntoAComment() {
    Change big =
        new Change(
            ResourceId.of("Role", "r"),
            Change.Action.UPDATE,
            Change.Cause.DRIFT,
            java.util.stream.IntStream.range(0, 20)
                .mapToObj(
                    i ->
                        new FieldChange(
                            "/" + "p".repeat(200) + i,
                            Tree.of("x".repeat(999)),
                            Tree.of("y".repeat(999)),
                            FieldChange.Cause.DRIFT))
                .toList(),
            "d",
            null,
            List.of(),
            Origin.NONE);
    Plan plan = PlanTextTest.plan(java.util.Collections.nCopies(90, big), List.of());
    String page = PlanMarkdown.of(plan);
    assertThat(page.length()).isBetween(50_000, 65_000);
    assertThat(page).containsPattern("… and [0-9,]+ more lines\n```\n$");
  }

  @Provide
  Arbitrary<String> nasty() {
    return Arbitraries.frequencyOf(
        net.jqwik.api.Tuple.of(3, Arbitraries.strings().all().ofMinLength(1).ofMaxLength(20)),
        net.jqwik.api.Tuple.of(
            3,
            Arbitraries.of(
                    "\u001b[31m",
                    "\n",
                    "\r",
                    "```",
                    "````",
                    "~~~",
                    "<!--",
                    "@",
                    "\u202e",
                    "\u2066",
                    "|",
                    "\u0000",
                    "\u200b",
                    "&lt;",
                    "\u0085",
                    "\ud800",
                    "é",
                    "\udb40\udc41",
                    "%",
                    "/")
                .list()
                .ofMinSize(1)
                .ofMaxSize(8)
                .map(parts -> String.join("", parts))));
  }

  private static boolean acts(int c) {
    return switch (Character.getType(c)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.SURROGATE,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR ->
          true;
      default -> false;
    };
  }

  private static Plan withoutProblems(Plan plan) {
    return new Plan(
        plan.reconciler(),
        plan.run(),
        plan.revision(),
        plan.targets(),
        plan.at(),
        plan.changes(),
        List.of(),
        plan.unchanged(),
        plan.notes());
  }

  private static Plan plan(String x) {
    FieldChange field =
        new FieldChange(
            Pointer.child("", x),
            Tree.of(Map.of(x, x)),
            Tree.of(List.of(x, 1.5)),
            FieldChange.Cause.BOTH);
    FieldChange absent = new FieldChange("", null, Tree.of(null), FieldChange.Cause.DRIFT);
    Change change =
        new Change(
            new ResourceId(x, x, x),
            Change.Action.UPDATE,
            Change.Cause.DRIFT,
            List.of(field, absent),
            x,
            new Block(Block.Reason.HELD, "m" + x, PlanTextTest.NOW, "u" + x),
            List.of(x),
            new Origin(x, 1, 2));
    return new Plan(
        x,
        new Run(new Selection(Set.of(change.id()), Set.of(x), Set.of(x), Map.of(x, x)), x, x),
        new Revision(x, x, x, PlanTextTest.NOW, "s" + x),
        Map.of(x, x),
        PlanTextTest.NOW,
        List.of(change, change.withBlock(null)),
        List.of(Problem.hidesAnything(new Origin(x, 1, 2), x)),
        7,
        List.of(x));
  }

  private static Report report(String x) {
    ResourceId id = new ResourceId(x, x, x);
    return new Report(
        Report.Status.FAILED,
        plan(x),
        List.of(
            new Outcome(
                id, Change.Action.UPDATE, Outcome.Result.FAILED, "m" + x, Duration.ofMillis(1500))),
        plan(x).changes(),
        Map.of(id, Health.degraded("m" + x)),
        Duration.ofSeconds(2),
        x);
  }
}
