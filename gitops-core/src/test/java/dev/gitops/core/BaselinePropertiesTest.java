// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gitops.core.model.Change;
import dev.gitops.core.model.Health;
import dev.gitops.core.model.Kind;
import dev.gitops.core.model.Metadata;
import dev.gitops.core.model.Metadata.OnChange;
import dev.gitops.core.model.Metadata.OnRemoval;
import dev.gitops.core.model.Origin;
import dev.gitops.core.model.Phase;
import dev.gitops.core.model.Plan;
import dev.gitops.core.model.Problem;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.model.Run;
import dev.gitops.core.model.Selection;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.jspecify.annotations.Nullable;

/**
 * After any history the plan that passes over what was in order is the one that compares
 * everything, and the one of a reconciler that has just started.
 */
class BaselinePropertiesTest {
  private static final int LONGEST = 40;
  private static final List<ResourceId> IDS =
      List.of(
          ResourceId.parse("Topic/a"),
          ResourceId.parse("Topic/b"),
          ResourceId.parse("Topic/c"),
          ResourceId.parse("Quota/a"),
          ResourceId.parse("Quota/b"));

  /** With {@code ready}, which is never declared, live is as declared without being equal. */
  record Topic(@Nullable Integer partitions, @Nullable Boolean ready) {}

  @Property(tries = 200, seed = "20")
  void passingOverChangesNoPlan(@ForAll long seed) throws Exception {
    try (World world = new World(new Random(seed))) {
      int length = 1 + world.random.nextInt(LONGEST);
      for (int i = 0; i < length; i++) {
        world.step();
        world.check();
      }
    }
  }

  @Example
  void theHistoriesPassOverAndFindAllSortsOfThings() throws Exception {
    Set<String> seen = new TreeSet<>();
    for (int seed = 0; seed < 60; seed++) {
      try (World world = new World(new Random(seed))) {
        for (int i = 0; i < LONGEST; i++) {
          world.step();
          Plan plan = world.check();
          plan.changes().forEach(change -> seen.add(change.action() + " " + change.cause()));
          plan.changes().stream()
              .filter(change -> change.block() != null)
              .forEach(change -> seen.add(change.block().reason().toString()));
          seen.add(plan.unchanged() + " IN ORDER");
        }
      }
    }
    assertThat(seen)
        .contains("CREATE NEW", "CREATE DRIFT", "UPDATE DECLARED", "UPDATE DRIFT", "DELETE REMOVED")
        .contains("UPDATE TAKEN_OVER", "RECORD TAKEN_OVER", "NONE DECLARED", "3 IN ORDER")
        .contains("UNKNOWN", "CONFLICT", "HELD", "INVALID");
  }

  /** A source, two systems, a store and people. */
  private static final class World implements AutoCloseable {
    private final Random random;
    private final Git git = new Git();
    private final SharedStore store = new SharedStore(true);
    private final ManualTiming timing = new ManualTiming();
    private final StandingTarget<Topic> topics = new StandingTarget<>();
    private final StandingTarget<Topic> quotas = new StandingTarget<>();
    private final Reconciler reconciler;
    private int adopting; // how many cycles may pass until it is over

    World(Random random) {
      this.random = random;
      for (StandingTarget<Topic> target : List.of(topics, quotas)) {
        target.health =
            live ->
                Boolean.FALSE.equals(live.value().ready())
                    ? Health.progressing("not ready")
                    : Health.HEALTHY;
      }
      reconciler = builder().build();
    }

    private ReconcilerBuilder builder() {
      return Reconciler.builder("topics", git)
          .route(Kind.of("Topic", Topic.class), topics)
          .route(Kind.of("Quota", Topic.class), quotas)
          .store(store)
          .executor(Runnable::run)
          .timing(timing)
          .random(new Random(1))
          .progressDeadline(Duration.ofMinutes(5))
          .allowDeletes(2);
    }

    private ResourceId id() {
      return IDS.get(random.nextInt(IDS.size()));
    }

    private StandingTarget<Topic> of(ResourceId id) {
      return id.kind().equals("Topic") ? topics : quotas;
    }

    private Topic live() {
      Boolean ready = random.nextInt(3) == 0 ? null : random.nextInt(4) > 0;
      return new Topic(1 + random.nextInt(3), ready);
    }

    private Metadata metadata(ResourceId id) {
      OnRemoval onRemoval = random.nextInt(4) > 0 ? OnRemoval.DELETE : OnRemoval.KEEP;
      OnChange onChange = random.nextInt(4) > 0 ? OnChange.UPDATE : OnChange.IGNORE;
      Phase phase = random.nextInt(10) > 0 ? Phase.SYNC : Phase.POST_SYNC;
      List<ResourceId> needs =
          id.kind().equals("Topic") && random.nextInt(6) == 0 ? List.of(IDS.get(3)) : List.of();
      Map<String, String> labels = random.nextBoolean() ? Map.of() : Map.of("team", "shop");
      return new Metadata(labels, needs, random.nextInt(2), phase, onRemoval, onChange, null);
    }

    void step() throws Exception {
      ResourceId id = id();
      Commands people = Commands.of(store, "topics", "ann");
      switch (random.nextInt(24)) {
        case 0, 1, 2, 3 -> {
          Map<String, Integer> spec = Map.of("partitions", 1 + random.nextInt(3));
          git.declare(id.toString(), spec, metadata(id));
        }
        case 4 -> git.remove(id.toString());
        case 5 -> git.problem(Problem.invalid(id, Origin.file("x.yaml"), id + ": broken"));
        case 6 -> git.mended();
        case 7, 8 -> of(id).put(id, live());
        case 9 -> of(id).remove(id);
        case 10 -> {
          of(id).remove(id); // and somebody else creates it
          of(id).put(id, live());
        }
        case 11 -> of(id).readable(id, random.nextBoolean());
        case 12 -> of(id).down = random.nextBoolean();
        case 13 -> {
          people.adopt(Selection.ids(id), "ours");
          adopting = 2;
        }
        case 14 -> people.release(Selection.ids(id), "not ours");
        case 15 -> people.pin(git.headId(), null, "no further");
        case 16 -> people.unpin("further");
        case 17 -> people.suspend("holiday");
        case 18 -> {
          people.resume("back");
          people.retry(Selection.all(), "again");
        }
        case 19 -> timing.pass(Duration.ofSeconds(random.nextInt(900)));
        case 20 -> reconcile(Run.of(Selection.ids(id)));
        case 21 -> reconciler.plan(Run.of(Selection.label("team", "shop")));
        case 22 -> reconciler.preview(new Git().declare(id.toString(), Map.of()).fetch(null));
        default -> reconcile(Run.all());
      }
      if (random.nextInt(3) == 0) {
        reconcile(Run.all());
      }
    }

    private void reconcile(Run run) {
      reconciler.reconcile(run);
      adopting = Math.max(0, adopting - 1);
    }

    Plan check() {
      reconciler.plan();
      Plan passingOver = reconciler.plan();
      topics.renew();
      quotas.renew();
      assertThat(reconciler.plan()).isEqualTo(passingOver);
      if (adopting > 0) {
        return passingOver; // only the process that heard of it knows
      }
      try (Reconciler fresh = builder().build()) {
        Plan fromNothing = fresh.plan();
        assertThat(fromNothing.unchanged()).isEqualTo(passingOver.unchanged());
        assertThat(fromNothing.changes().stream().map(World::unblocked))
            .isEqualTo(passingOver.changes().stream().map(World::unblocked).toList());
      }
      return passingOver;
    }

    /** Since when something is blocked, and what is waited for, a new process does not know. */
    private static Change unblocked(Change change) {
      return change.withBlock(null);
    }

    @Override
    public void close() {
      reconciler.close();
    }
  }
}
