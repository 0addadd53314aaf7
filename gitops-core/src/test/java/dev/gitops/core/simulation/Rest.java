// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.simulation;

import dev.gitops.core.model.Block.Reason;
import dev.gitops.core.model.Change;
import dev.gitops.core.model.Command.Verb;
import dev.gitops.core.model.Document;
import dev.gitops.core.model.Metadata.OnChange;
import dev.gitops.core.model.Outcome.Result;
import dev.gitops.core.model.Phase;
import dev.gitops.core.model.Report;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.model.Selection;
import java.time.Duration;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The end of a history: nothing goes wrong any more, or only one thing does. Then everything else
 * must come to rest, in the end all of it, and stay so, also for the next release.
 */
final class Rest {
  private static final int ROUNDS = 16;
  private static final int ROUNDS_WHILE_SICK = 4;
  private static final Set<Reason> MAY_LAST =
      EnumSet.of(
          Reason.CONFLICT,
          Reason.INVALID,
          Reason.AMBIGUOUS,
          Reason.HELD,
          Reason.REFUSED,
          Reason.TERMINAL,
          Reason.FOUGHT,
          Reason.WAITING);

  private final World world;
  private final Sim sim;

  Rest(World world) {
    this.world = world;
    this.sim = world.sim;
  }

  void run() throws Exception {
    world.foreignOneIn = 0;
    world.source.down = false;
    world.source.regress = false;
    world.source.held = false;
    world.source.broken.clear();
    if (sim.chance(2)) {
      world.system = "system 1";
    }
    List<Replica> replicas = world.reconcilers();
    for (Replica replica : world.replicas()) {
      if (!replicas.contains(replica)) {
        replica.crash();
      }
    }
    for (Replica replica : replicas) {
      for (int i = 0; replica.busy() && i < 2000; i++) {
        sim.turn(sim.nanos() + Duration.ofSeconds(10).toNanos());
      }
      if (world.suspended) {
        world.tell(replica.member(), Verb.RESUME, Selection.all(), Set.of(), Map.of());
      }
      if (replicas.size() > 1) { // pinned apart, two may declare the same, and want it otherwise
        world.tell(replica.member(), Verb.UNPIN, Selection.all(), Set.of(), Map.of());
      }
    }
    if (!world.traits.hooks() && sim.chance(4)) {
      oneFailure(replicas);
    }
    for (Replica replica : replicas) {
      world.tell(replica.member(), Verb.RETRY, Selection.all(), Set.of(), Map.of());
    }
    sim.trace(() -> "== rest");
    int quiet = 0;
    for (int i = 0; i < ROUNDS && quiet < 2; i++) {
      quiet = roundWrites(replicas) ? 0 : quiet + 1;
    }
    pass(Duration.ofSeconds(1));
    for (Replica replica : replicas) {
      if (cycleWrites(replica)) {
        sim.fail(new Violation(7, "it goes on writing: " + brief(replica.report())));
      }
      isAtRest(replica);
    }
    if (sim.chance(3)) {
      replicas.forEach(this::upgrade);
    }
    world.storeKeepsSecrets();
  }

  private boolean roundWrites(List<Replica> replicas) {
    pass(Duration.ofMinutes(6));
    boolean writes = false;
    for (Replica replica : replicas) {
      writes |= cycleWrites(replica) || !settled(replica.report());
    }
    return writes;
  }

  private boolean cycleWrites(Replica replica) {
    long tick = world.memory.log().tick();
    int begun = replica.engineWrites();
    replica.cycle();
    sim.rethrow();
    return world.memory.log().tick() != tick || replica.engineWrites() != begun;
  }

  private void pass(Duration time) {
    long until = sim.nanos() + time.toNanos();
    while (sim.nanos() < until) {
      sim.turn(until);
    }
  }

  /** One resource can't be written, or one target not be read: that is not to concern the rest. */
  private void oneFailure(List<Replica> replicas) throws Exception {
    boolean target = world.traits.apart() && sim.chance(2);
    ResourceId one = world.memory.canonical(World.IDS.get(sim.random().nextInt(6)));
    Predicate<ResourceId> ill = target ? id -> id.kind().equals("Lid") : one::equals;
    if (target) {
      world.sickReads = ill;
    } else {
      world.sickWrites = ill;
    }
    sim.trace(() -> "== one failure: " + (target ? "all Lids" : one));
    for (int i = 0; i < ROUNDS_WHILE_SICK || (i < ROUNDS && progresses(replicas)); i++) {
      roundWrites(replicas);
    }
    for (Replica replica : replicas) {
      Report report = replica.report();
      if (report == null || report.failure() != null) {
        sim.fail(new Violation(6, "a cycle fails as a whole: " + brief(report)));
        continue;
      }
      Map<ResourceId, Document> declared = declared(replica, report);
      Predicate<ResourceId> hinders =
          id ->
              ill.test(id)
                  || report.remaining().stream().anyMatch(change -> change.id().equals(id));
      declared.forEach(
          (id, document) -> {
            if (!ill.test(id)
                && !asDeclared(id, document)
                && unhindered(document, declared, hinders)) {
              boolean why =
                  report.remaining().stream()
                      .anyMatch(
                          change ->
                              change.id().equals(id)
                                  && change.block() != null
                                  && change.block().reason() != Reason.WAITING
                                  && MAY_LAST.contains(change.block().reason()));
              if (!why) {
                sim.fail(
                    new Violation(
                        6, id + " is held up by what it has nothing to do with: " + brief(report)));
              }
            }
          });
    }
    world.sickReads = id -> false;
    world.sickWrites = id -> false;
  }

  private static boolean progresses(List<Replica> replicas) {
    return replicas.stream()
        .map(Replica::report)
        .anyMatch(report -> report != null && report.status() == Report.Status.PROGRESSING);
  }

  /** Whether everything that comes before it is as declared. */
  private boolean unhindered(
      Document document, Map<ResourceId, Document> declared, Predicate<ResourceId> ill) {
    Set<ResourceId> before = new HashSet<>(world.needs(document));
    declared.forEach(
        (id, other) -> {
          if (other.resource().metadata().wave() < document.resource().metadata().wave()) {
            before.add(id);
          }
        });
    return before.stream()
        .allMatch(
            id -> {
              Document other = declared.get(id);
              return other != null
                  && !ill.test(id)
                  && asDeclared(id, other)
                  && unhindered(other, declared, ill);
            });
  }

  private Map<ResourceId, Document> declared(Replica replica, Report report) {
    Map<ResourceId, Document> declared = new java.util.TreeMap<>();
    world
        .source
        .at(report.plan().revision().id())
        .forEach(
            (id, document) -> {
              if (SimSource.member(document) == replica.member()
                  && document.resource().metadata().phase() == Phase.SYNC) {
                declared.put(world.memory.canonical(id), document);
              }
            });
    return declared;
  }

  private boolean asDeclared(ResourceId id, Document document) {
    Thing spec = Thing.of(document.resource().spec());
    return world
        .memory
        .log()
        .live(id)
        .filter(
            live ->
                document.resource().metadata().onChange() == OnChange.IGNORE
                    || live.value().satisfies(spec))
        .isPresent();
  }

  private void isAtRest(Replica replica) {
    Report report = replica.report();
    if (report == null) {
      sim.fail(new Violation(7, "no cycle comes to its end"));
      return;
    }
    if (report.status() == Report.Status.FAILED && report.failure() != null) {
      sim.fail(new Violation(7, "the last cycle failed: " + report.failure()));
      return;
    }
    declared(replica, report)
        .forEach(
            (id, document) -> {
              if (!asDeclared(id, document) && !excused(report, id)) {
                sim.fail(
                    new Violation(
                        7, id + " is not as declared, and nobody says why: " + brief(report)));
              }
            });
    for (Change change : report.remaining()) {
      if (!explained(report, change)) {
        sim.fail(new Violation(7, "nothing stands in the way of " + change));
      }
    }
    if (replica.process().dead()) {
      sim.fail(new Violation(7, "the process ended by itself"));
    }
  }

  /** Another release alone writes nothing. */
  private void upgrade(Replica replica) {
    Report report = replica.report();
    if (report == null || report.remaining().stream().anyMatch(Rest::judgedAnew)) {
      return;
    }
    sim.trace(() -> "== upgrade");
    replica.upgrade();
    pass(Duration.ofMinutes(6));
    if (cycleWrites(replica)) {
      sim.fail(new Violation(7, "an upgrade alone writes: " + brief(replica.report())));
    }
  }

  /**
   * What failed is tried again after a restart. Which of its fields are secret decides what a
   * release can read from the records of the one before: it may tell what that one could not.
   */
  private static boolean judgedAnew(Change change) {
    return change.action() == Change.Action.REPLACE
        || (change.block() != null
            && EnumSet.of(Reason.TERMINAL, Reason.FOUGHT, Reason.AMBIGUOUS)
                .contains(change.block().reason()));
  }

  private static boolean settled(@Nullable Report report) {
    return report != null
        && report.failure() == null
        && report.remaining().stream().allMatch(change -> explained(report, change));
  }

  private static boolean explained(Report report, Change change) {
    return change.block() != null
        && MAY_LAST.contains(change.block().reason())
        && (change.block().reason() != Reason.WAITING
            || report
                .outcome(change.id())
                .filter(o -> o.result() == Result.SKIPPED || o.result() == Result.BLOCKED)
                .isPresent());
  }

  private static boolean excused(Report report, ResourceId id) {
    return report.remaining().stream()
        .anyMatch(change -> change.id().equals(id) && explained(report, change));
  }

  private static String brief(@Nullable Report report) {
    if (report == null) {
      return "no report";
    }
    return report.status() + " " + report.remaining() + " " + report.failure();
  }
}
