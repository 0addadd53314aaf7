// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gitops.core.model.Block;
import dev.gitops.core.model.Change;
import dev.gitops.core.model.Change.Action;
import dev.gitops.core.model.Change.Cause;
import dev.gitops.core.model.FieldChange;
import dev.gitops.core.model.Origin;
import dev.gitops.core.model.Plan;
import dev.gitops.core.model.Problem;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.model.Revision;
import dev.gitops.core.model.Run;
import dev.gitops.core.model.Tree;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PlanTextTest {
  static final Instant NOW = Instant.parse("2026-11-23T12:00:00Z");

  @Test
  void aPlanReadsLikeThis() {
    assertThat(PlanText.of(small()))
        .isEqualTo(
            """
            topics at 0123456789ab by Ada, 2026-11-23T12:00:00Z: Add orders
            1 to create, 1 to change, 1 to delete, 2 held, 1 blocked, 1 problem; 40 in sync
            Note: pinned until noon

            Problems (1)
            ! topics/bad.yaml:3:5: partitions is required [Topic/bad]

            To create (1)
            + Topic/orders  new  topics/orders.yaml:1:1
                partitions           12
                config/retention.ms  "604800000"

            To change (1)
            ~ Topic/payments  live was changed by somebody else  topics/payments.yaml:1
                partitions  3 -> 12  (live was changed)
                owner       "x" -> (removed)  (declaration changed)
                labels      {"a":1}

            To delete (1)
            - Topic/gone  no longer declared
                warning: three consumers

            Held (2)
              why:   2 deletions are planned within one hour, where 1 is allowed
              since: 2026-11-23T11:00:00Z
              to do: confirm deletes by digest, or raise allowDeletes
            ! Topic/a   would delete  no longer declared
                digest d-a
            ! Topic/bb  would delete  no longer declared
                digest d-bb

            Unknown: could not be read (1)
              why:   connection refused
              since: 2026-11-23T12:00:00Z
            ! Topic/lost
            """);
  }

  @Test
  void coloursSurroundWholeLinesAndChangeNothingElse() {
    String colored = PlanText.colored(small());
    assertThat(colored).contains("\u001b[32m+ Topic/orders").contains("\u001b[31m- Topic/gone");
    assertThat(colored.replaceAll("\u001b\\[[0-9]+m", "")).isEqualTo(PlanText.of(small()));
  }

  @Test
  void aPlanWithoutChangesSaysSo() {
    assertThat(PlanText.of(plan(List.of(), List.of())))
        .isEqualTo(
            """
            topics at 0123456789ab by Ada, 2026-11-23T12:00:00Z: Add orders
            0 to create, 0 to change, 0 to delete; 40 in sync
            Note: pinned until noon
            """);
  }

  @Test
  void aLongPlanIsSummarisedByKindButItsFewDeletionsAreListed() {
    List<Change> changes = new ArrayList<>();
    for (int i = 0; i < 30_000; i++) {
      changes.add(change(i % 3 == 0 ? "Grant" : "Role", "r" + i, Action.CREATE, Cause.NEW));
    }
    changes.add(change("Role", "old", Action.DELETE, Cause.REMOVED));
    String text = PlanText.of(plan(changes, List.of()));
    assertThat(text)
        .contains("30,000 to create, 0 to change, 1 to delete")
        .contains("+ Grant: 10,000, such as Grant/r0, Grant/r3, Grant/r6\n")
        .contains("+ Role: 20,000, such as Role/r1, Role/r2, Role/r4\n")
        .contains("- Role/old  no longer declared\n");
    assertThat(text.lines().count()).isLessThan(20);
    assertThat(PlanText.of(plan(changes, List.of()), 40_000).lines().count()).isGreaterThan(30_000);
  }

  @Test
  void oneHundredChangesAreListedAndOneMoreIsNot() {
    List<Change> changes = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      changes.add(change("Role", "r" + i, Action.CREATE, Cause.NEW));
    }
    assertThat(PlanText.of(plan(changes, List.of()))).contains("+ Role/r99");
    changes.add(change("Role", "r100", Action.CREATE, Cause.NEW));
    assertThat(PlanText.of(plan(changes, List.of()))).contains("+ Role: 101, such as");
  }

  @Test
  void manyFieldsAndLongValuesAreCut() {
    List<FieldChange> fields = new ArrayList<>();
    for (int i = 0; i < 25; i++) {
      fields.add(field("/f" + i, null, "x".repeat(500), FieldChange.Cause.BOTH));
    }
    Change change =
        new Change(
            ResourceId.of("Role", "r"),
            Action.CREATE,
            Cause.NEW,
            fields,
            "d",
            null,
            List.of(),
            Origin.NONE);
    String text = PlanText.of(plan(List.of(change), List.of()));
    assertThat(text).contains("    and 5 more fields\n").doesNotContain("f20");
    assertThat(text.lines().mapToInt(String::length).max().orElse(0)).isLessThan(150);
  }

  @Test
  void onlyWhatWaitsForTheSameThingIsTakenTogether() {
    Change one = blocked(change("Role", "a", Action.UPDATE, Cause.DRIFT), "gate one");
    Change two = blocked(change("Role", "b", Action.UPDATE, Cause.DRIFT), "gate two");
    assertThat(PlanText.of(plan(List.of(one, two), List.of())))
        .contains("why:   gate one")
        .contains("why:   gate two");
  }

  static Plan small() {
    Change created =
        new Change(
            ResourceId.of("Topic", "orders"),
            Action.CREATE,
            Cause.NEW,
            List.of(
                field("/partitions", null, 12, FieldChange.Cause.DECLARED),
                field("/config/retention.ms", null, "604800000", FieldChange.Cause.DECLARED)),
            "d-orders",
            null,
            List.of(),
            new Origin("topics/orders.yaml", 1, 1));
    Change changed =
        new Change(
            ResourceId.of("Topic", "payments"),
            Action.UPDATE,
            Cause.DRIFT,
            List.of(
                field("/partitions", 3, 12, FieldChange.Cause.DRIFT),
                field("/owner", "x", null, FieldChange.Cause.DECLARED),
                field("/labels", null, Map.of("a", 1), FieldChange.Cause.BOTH)),
            "d-payments",
            null,
            List.of(),
            new Origin("topics/payments.yaml", 1, 0));
    Block held =
        new Block(
            Block.Reason.HELD,
            "2 deletions are planned within one hour, where 1 is allowed",
            NOW.minusSeconds(3600),
            "confirm deletes by digest, or raise allowDeletes");
    Block unknown = new Block(Block.Reason.UNKNOWN, "connection refused", NOW, "");
    return plan(
        List.of(
            created,
            changed,
            change("Topic", "a", Action.DELETE, Cause.REMOVED).withBlock(held),
            change("Topic", "lost", Action.NONE, Cause.NEW).withBlock(unknown),
            change("Topic", "bb", Action.DELETE, Cause.REMOVED).withBlock(held),
            change("Topic", "gone", Action.DELETE, Cause.REMOVED)
                .withWarnings(List.of("three consumers"))),
        List.of(
            Problem.invalid(
                ResourceId.of("Topic", "bad"),
                new Origin("topics/bad.yaml", 3, 5),
                "partitions is required")));
  }

  static Plan plan(List<Change> changes, List<Problem> problems) {
    return new Plan(
        "topics",
        Run.all(),
        new Revision("0123456789abcdef", "Ada", "Ada", NOW, "Add orders\n\nWith more."),
        Map.of("Topic", "cluster-1"),
        NOW,
        changes,
        problems,
        40,
        List.of("pinned until noon"));
  }

  static Change change(String kind, String name, Action action, Cause cause) {
    return new Change(
        ResourceId.of(kind, name),
        action,
        cause,
        List.of(),
        "d-" + name,
        null,
        List.of(),
        Origin.NONE);
  }

  private static Change blocked(Change change, String message) {
    return change.withBlock(new Block(Block.Reason.HELD, message, NOW, ""));
  }

  static FieldChange field(String pointer, Object from, Object to, FieldChange.Cause cause) {
    return new FieldChange(
        pointer, from == null ? null : Tree.of(from), to == null ? null : Tree.of(to), cause);
  }

  @Test
  void whatIsInvalidIsOneGroupSinceEachHasItsProblem() {
    List<Change> changes =
        List.of("a", "b").stream()
            .map(
                name ->
                    change("Topic", name, Action.NONE, Cause.DECLARED)
                        .withBlock(
                            new Block(
                                Block.Reason.INVALID,
                                name + " is wrong",
                                Instant.parse("2026-11-23T12:00:00.123456789Z"),
                                "correct the declaration")))
            .toList();
    Page page = new Page();
    Changes.write(page, changes, PlanText.MOST);
    assertThat(page.plain())
        .isEqualTo(
            """
            Invalid: wrongly declared (2)
              why:   see the problems
              since: 2026-11-23T12:00:00Z
              to do: correct the declaration
            ! Topic/a
            ! Topic/b
            """);
  }
}
