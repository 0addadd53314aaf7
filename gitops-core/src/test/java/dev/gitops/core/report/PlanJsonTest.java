// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gitops.core.model.Change;
import dev.gitops.core.model.Change.Action;
import dev.gitops.core.model.Health;
import dev.gitops.core.model.Origin;
import dev.gitops.core.model.Outcome;
import dev.gitops.core.model.Plan;
import dev.gitops.core.model.Problem;
import dev.gitops.core.model.Report;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.model.Revision;
import dev.gitops.core.model.Run;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PlanJsonTest {
  @Test
  void aPlanIsWrittenLikeThis() {
    Plan plan =
        new Plan(
            "topics",
            Run.all().at("main"),
            Revision.of("abc"),
            Map.of("Topic", "t-1"),
            PlanTextTest.NOW,
            List.of(
                PlanTextTest.change(
                    "Topic", "a", Action.DELETE, dev.gitops.core.model.Change.Cause.REMOVED)),
            List.of(Problem.hidesAnything(Origin.file("a.yaml"), "unreadable")),
            2,
            List.of());
    assertThat(PlanJson.write(plan))
        .isEqualTo(
            "{\"format\":\"gitops-plan\",\"version\":1,\"plan\":{\"reconciler\":\"topics\","
                + "\"run\":{\"selection\":{\"ids\":[],\"kinds\":[],\"scopes\":[],\"labels\":{}},"
                + "\"revision\":\"main\",\"trigger\":\"call\"},"
                + "\"revision\":{\"id\":\"abc\",\"author\":\"\",\"committer\":\"\",\"message\":\"\"},"
                + "\"targets\":{\"Topic\":\"t-1\"},\"at\":\"2026-11-23T12:00:00Z\","
                + "\"changes\":[{\"id\":\"Topic/a\",\"action\":\"DELETE\",\"cause\":\"REMOVED\","
                + "\"fields\":[],\"digest\":\"d-a\",\"warnings\":[],"
                + "\"origin\":{\"file\":\"\",\"line\":0,\"column\":0}}],"
                + "\"problems\":[{\"origin\":{\"file\":\"a.yaml\",\"line\":0,\"column\":0},"
                + "\"message\":\"unreadable\"}],\"unchanged\":2,\"notes\":[]}}");
  }

  @Test
  void everyFieldReadsBackAndAProblemMayHideAnything() {
    Plan plan = PlanTextTest.small();
    Plan back = PlanJson.read(PlanJson.write(plan));
    assertThat(back.changes()).isEqualTo(plan.changes());
    assertThat(back.revision()).isEqualTo(plan.revision());
    assertThat(back.targets()).isEqualTo(plan.targets());
    assertThat(back.notes()).isEqualTo(plan.notes());
    assertThat(back.unchanged()).isEqualTo(40);
    assertThat(PlanJson.write(back)).isEqualTo(PlanJson.write(plan));
    assertThat(back.problems().get(0).id()).isEqualTo(ResourceId.of("Topic", "bad"));
    assertThat(back.problems().get(0).hides().test(ResourceId.of("Other", "x"), "other.yaml"))
        .isTrue();
  }

  @Test
  void aReportReadsBack() {
    Report report = report();
    Report back = ReportJson.read(ReportJson.write(report));
    assertThat(back.outcomes()).isEqualTo(report.outcomes());
    assertThat(back.remaining()).isEqualTo(report.remaining());
    assertThat(back.unhealthy()).isEqualTo(report.unhealthy());
    assertThat(back.took()).isEqualTo(report.took());
    assertThat(back.failure()).isEqualTo("lost the lease");
    assertThat(ReportJson.write(back)).isEqualTo(ReportJson.write(report));
  }

  @Test
  void aNewerFormatIsAClearError() {
    String newer = PlanJson.write(PlanTextTest.small()).replace("\"version\":1", "\"version\":2");
    assertThatThrownBy(() -> PlanJson.read(newer))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "This plan has format version 2, but this library reads 1: use a newer one to read it");
  }

  @Test
  void whatIsNoPlanIsAClearError() {
    for (String json :
        List.of(
            "", "{}", "[]", "null", "3", "{", "{\"a\":1,\"a\":2}", ReportJson.write(report()))) {
      assertThatThrownBy(() -> PlanJson.read(json))
          .as(json)
          .isInstanceOf(IllegalArgumentException.class);
    }
    String damaged = PlanJson.write(PlanTextTest.small()).replace("\"DELETE\"", "\"DESTROY\"");
    assertThatThrownBy(() -> PlanJson.read(damaged))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("/changes/2/action")
        .hasMessageContaining("DESTROY");
    String without = PlanJson.write(PlanTextTest.small()).replace("\"reconciler\":\"topics\",", "");
    assertThatThrownBy(() -> PlanJson.read(without)).isInstanceOf(IllegalArgumentException.class);
    String nothing = PlanJson.write(PlanTextTest.small()).replace("\"topics\"", "null");
    assertThatThrownBy(() -> PlanJson.read(nothing))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("reconciler");
    String deep =
        PlanJson.write(PlanTextTest.small())
            .replace("\"from\":3", "\"from\":" + "[".repeat(9000) + "]".repeat(9000));
    assertThatThrownBy(() -> PlanJson.read(deep)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void aReportReadsLikeThis() {
    assertThat(ReportText.of(report()))
        .isEqualTo(
            """
            topics at 0123456789ab
            FAILED: 1 applied, 1 failed, 1 blocked, 1 still to do, 1 not healthy in 1.2 s
            Failure: lost the lease
            Note: pinned until noon

            Problems (1)
            ! topics/bad.yaml:3:5: partitions is required [Topic/bad]

            What was done
            + Topic/orders  create applied in 31 ms  new  topics/orders.yaml:1:1
                partitions           12
                config/retention.ms  "604800000"
            ! Topic/payments  change failed in 2.0 s  live was changed by somebody else  topics/payments.yaml:1: quota exceeded

            Not healthy (1)
            ! Topic/orders  PROGRESSING: 1 of 3 replicas

            What still differs

            To delete (1)
            - Topic/gone  no longer declared
            """);
    assertThat(ReportMarkdown.of(report()))
        .startsWith(
            "**Report: FAILED: 1 applied, 1 failed, 1 blocked, 1 still to do, 1 not healthy in 1.2"
                + " s**\n\n```diff\ntopics at 0123456789ab\n")
        .contains("\n! Topic/payments  change failed in 2.0 s")
        .endsWith("\n- Topic/gone  no longer declared\n```\n");
    assertThat(ReportText.colored(report()).replaceAll("\u001b\\[[0-9]+m", ""))
        .isEqualTo(ReportText.of(report()));
  }

  @Test
  void whatIsLetGoIsSaidToStay() {
    Change removed =
        PlanTextTest.change(
            "Topic", "old", Action.RECORD, dev.gitops.core.model.Change.Cause.REMOVED);
    Report report =
        new Report(
            Report.Status.CONVERGED,
            PlanTextTest.plan(List.of(removed), List.of()),
            List.of(outcome("old", Action.RECORD, Outcome.Result.APPLIED, "", 0)),
            List.of(),
            Map.of(),
            Duration.ZERO,
            null);
    assertThat(ReportText.of(report))
        .contains("* Topic/old  let go; it stays  no longer declared\n");
  }

  static Report report() {
    return new Report(
        Report.Status.FAILED,
        PlanTextTest.small(),
        List.of(
            outcome("orders", Action.CREATE, Outcome.Result.APPLIED, "", 31),
            outcome("payments", Action.UPDATE, Outcome.Result.FAILED, "quota exceeded", 2000),
            outcome("a", Action.DELETE, Outcome.Result.BLOCKED, "", 0)),
        List.of(
            PlanTextTest.change(
                "Topic", "gone", Action.DELETE, dev.gitops.core.model.Change.Cause.REMOVED)),
        Map.of(ResourceId.of("Topic", "orders"), Health.progressing("1 of 3 replicas")),
        Duration.ofMillis(1234),
        "lost the lease");
  }

  private static Outcome outcome(
      String name, Action action, Outcome.Result result, String message, long millis) {
    return new Outcome(
        ResourceId.of("Topic", name), action, result, message, Duration.ofMillis(millis));
  }
}
