// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.simulation;

import dev.gitops.core.contract.WriteLog.Entry;
import dev.gitops.core.model.Block.Reason;
import dev.gitops.core.model.Change;
import dev.gitops.core.model.Command.Verb;
import dev.gitops.core.model.Document;
import dev.gitops.core.model.Metadata;
import dev.gitops.core.model.Metadata.OnChange;
import dev.gitops.core.model.Metadata.OnRemoval;
import dev.gitops.core.model.Outcome;
import dev.gitops.core.model.Phase;
import dev.gitops.core.model.Report;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.model.Selection;
import dev.gitops.core.model.Tree;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** Runs one history from its first step to the rest that everything must come to. */
final class Simulation {
  private static final int REST = 16;
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

  private Simulation(History history, Engine.Factory factory) {
    world = new World(history, factory);
    sim = world.sim;
  }

  /**
   * Runs a history; throws what is wrong with the engine, naming the history.
   *
   * @return every write that took effect
   */
  static List<Entry<Thing>> run(History history, Engine.Factory factory) {
    Simulation simulation = new Simulation(history, factory);
    try {
      simulation.play(history);
    } catch (Crash e) {
      // nothing comes to an end: reported below
    } catch (Exception e) {
      throw new AssertionError(e + "\n  " + history, e);
    } finally {
      simulation.end();
    }
    try {
      simulation.sim.rethrow();
    } catch (AssertionError e) {
      throw new AssertionError(e.getMessage() + "\n  " + history, e);
    }
    return simulation.world.memory.log().entries();
  }

  /** Runs a history to its end, whatever is wrong; which invariants an engine breaks in it. */
  static Set<String> broken(History history, Engine.Factory factory) {
    Simulation simulation = new Simulation(history, factory);
    simulation.sim.goOn();
    try {
      simulation.play(history);
    } catch (Crash e) {
      // nothing comes to an end: that is among what is wrong
    } catch (Exception e) {
      throw new AssertionError(e + "\n  " + history, e);
    } finally {
      simulation.end();
    }
    return simulation.sim.broken();
  }

  /** A history with as many steps left out as can be, that breaks the same invariant. */
  static History shortest(History failing, Engine.Factory factory) {
    String invariant = invariant(failing, factory);
    if (invariant.isEmpty()) {
      return failing;
    }
    for (History simpler : (Iterable<History>) failing.simpler()::iterator) {
      if (invariant.equals(invariant(simpler, factory))) {
        return shortest(simpler, factory);
      }
    }
    return failing;
  }

  private static String invariant(History history, Engine.Factory factory) {
    try {
      run(history, factory);
      return "";
    } catch (AssertionError e) {
      String message = String.valueOf(e.getMessage());
      return message.substring(0, Math.max(0, message.indexOf(':')));
    }
  }

  /** No thread may stand still for ever. */
  private void end() {
    world.replicas().forEach(replica -> replica.process().kill());
    world.foreignOneIn = 0;
    for (int i = 0; sim.anyoneAsleep() && i < 1000; i++) {
      sim.pass(Duration.ofMinutes(10));
      sim.wake();
    }
  }

  private void play(History history) throws Exception {
    int number = 0;
    for (Step step : history.steps()) {
      sim.reseed(step.salt() * 31 + history.seed());
      step(step.what(), sim.random(), number++);
      sim.rethrow();
    }
    sim.reseed(history.seed());
    rest();
  }

  private void step(Step.What what, SplittableRandom random, int number) throws Exception {
    Replica replica = world.replica(random.nextInt(2));
    Process process = replica.process();
    sim.trace(() -> "== " + what + " on " + process.actor);
    switch (what) {
      case CYCLE -> replica.cycle();
      case PLAN -> replica.dryRun();
      case COMMIT -> commit(random);
      case BREAK_FILE ->
          world.source.broken.add(
              random.nextInt(5) == 0 ? "" : SimSource.file(World.IDS.get(random.nextInt(6))));
      case MEND_FILES -> world.source.broken.clear();
      case SOURCE_DOWN -> world.source.down = true;
      case SOURCE_UP -> world.source.down = false;
      case REWRITE ->
          world.source.commit(world.source.at(world.source.revision(1 + random.nextInt(3))));
      case REGRESS -> world.source.regress = true;
      case RECONFIGURE -> world.source.reconfigure();
      case FOREIGN -> world.foreign();
      case TROUBLE -> {
        world.troubleOneIn = 2 + random.nextInt(6);
        process.stallOneIn = 2 + random.nextInt(6);
        process.pauseOneIn = 10 + random.nextInt(20);
      }
      case CALM -> calm();
      case CRASH -> {
        process.crashIn = random.nextInt(40);
        if (random.nextInt(4) == 0) {
          replica.crash();
        }
      }
      case RESTART -> replica.stop();
      case STORE_TROUBLE -> world.store.troubleOneIn = 2 + random.nextInt(20);
      case BACKUP -> world.store.backUp();
      case RESTORE, LOSE_STORE -> {
        world.replicas().forEach(Replica::crash);
        if (what == Step.What.RESTORE) {
          world.store.restore();
        } else {
          world.store.lose();
        }
        world.oracle.storeChanged();
      }
      case ADOPT -> {
        ResourceId id = World.IDS.get(random.nextInt(6));
        world.adopting.add(world.memory.canonical(id));
        world.tell(Verb.ADOPT, Selection.ids(id), Set.of(), Map.of());
      }
      case RELEASE ->
          world.tell(
              Verb.RELEASE, Selection.ids(World.IDS.get(random.nextInt(6))), Set.of(), Map.of());
      case RETRY -> world.tell(Verb.RETRY, Selection.all(), Set.of(), Map.of());
      case APPROVE -> world.decide(Verb.APPROVE, replica.plan());
      case CONFIRM -> world.decide(Verb.CONFIRM, replica.plan());
      case PIN ->
          world.tell(
              Verb.PIN,
              Selection.all(),
              Set.of(),
              Map.of("revision", world.source.revision(random.nextInt(3))));
      case UNPIN, SUSPEND, RESUME -> {
        world.suspended |= what == Step.What.SUSPEND;
        world.tell(Verb.valueOf(what.name()), Selection.all(), Set.of(), Map.of());
      }
      case TIME -> sim.pass(Duration.ofSeconds(1L << random.nextInt(14)));
      case CLOCK_JUMP -> sim.jumpWall(Duration.ofMinutes(random.nextInt(-90, 90)));
    }
    if (number % 6 == 0) {
      world.storeKeepsSecrets();
    }
  }

  private void calm() {
    world.troubleOneIn = 0;
    world.store.troubleOneIn = 0;
    for (Replica replica : world.replicas()) {
      replica.process().stallOneIn = 0;
      replica.process().pauseOneIn = 0;
      replica.process().crashIn = -1;
    }
  }

  private void commit(SplittableRandom random) {
    Map<ResourceId, Document> documents = world.source.head();
    int changes = 1 + random.nextInt(4);
    for (int i = 0; i < changes; i++) {
      int index = random.nextInt(World.IDS.size());
      ResourceId id = World.IDS.get(index);
      if (random.nextInt(3) == 0) {
        documents.remove(id);
      } else {
        documents.put(id, SimSource.document(id, spec(random), metadata(documents, index, random)));
      }
    }
    world.source.commit(documents);
    sim.trace(() -> "head is " + documents.values().stream().map(d -> "" + d.resource()).toList());
  }

  private static Tree spec(SplittableRandom random) {
    return Thing.spec(1 + random.nextInt(3), random.nextInt(3), random.nextInt(2));
  }

  private static Metadata metadata(
      Map<ResourceId, Document> documents, int index, SplittableRandom random) {
    List<ResourceId> needs = new ArrayList<>();
    for (ResourceId other : World.IDS.subList(0, index)) {
      if (random.nextInt(3) == 0 && (documents.containsKey(other) || random.nextInt(10) == 0)) {
        needs.add(other);
      }
    }
    OnRemoval onRemoval =
        random.nextInt(8) > 0
            ? OnRemoval.DELETE
            : random.nextBoolean() ? OnRemoval.KEEP : OnRemoval.ORPHAN;
    int wave = random.nextInt(6) == 0 ? 1 : 0;
    return new Metadata(Map.of(), needs, wave, Phase.SYNC, onRemoval, OnChange.UPDATE, null);
  }

  /** Nothing goes wrong any more: everything must come to rest, and then stay so. */
  private void rest() throws Exception {
    calm();
    world.foreignOneIn = 0;
    world.source.down = false;
    world.source.regress = false;
    world.source.broken.clear();
    for (Replica replica : world.replicas().subList(1, world.replicas().size())) {
      replica.crash();
    }
    Replica replica = world.replica(0);
    for (int i = 0; replica.busy() && i < 2000; i++) {
      sim.turn(sim.nanos() + Duration.ofSeconds(10).toNanos());
    }
    if (world.suspended) {
      world.tell(Verb.RESUME, Selection.all(), Set.of(), Map.of());
    }
    world.tell(Verb.RETRY, Selection.all(), Set.of(), Map.of());
    int quiet = 0;
    sim.trace(() -> "== rest");
    for (int i = 0; i < REST && quiet < 2; i++) {
      pass(Duration.ofMinutes(6));
      quiet = cycleWrites(replica) || !settled(replica.report()) ? 0 : quiet + 1;
    }
    pass(Duration.ofSeconds(1));
    if (cycleWrites(replica)) {
      sim.fail(new Violation(7, "it goes on writing: " + brief(replica.report())));
    }
    Report report = replica.report();
    if (report == null) {
      sim.fail(new Violation(7, "no cycle comes to its end"));
      return;
    }
    isAtRest(replica, report);
    world.storeKeepsSecrets();
  }

  private boolean cycleWrites(Replica replica) {
    long tick = world.memory.log().tick();
    int begun = replica.engineWrites();
    replica.cycle();
    sim.rethrow();
    return world.memory.log().tick() != tick || replica.engineWrites() != begun;
  }

  private static boolean settled(@Nullable Report report) {
    return report != null
        && report.failure() == null
        && report.remaining().stream().allMatch(change -> explained(report, change));
  }

  private static boolean explained(Report report, Change change) {
    return change.block() != null
        ? MAY_LAST.contains(change.block().reason())
        : report
            .outcome(change.id())
            .filter(outcome -> outcome.result() == Outcome.Result.SKIPPED)
            .isPresent();
  }

  private void pass(Duration time) {
    long until = sim.nanos() + time.toNanos();
    while (sim.nanos() < until) {
      sim.turn(until);
    }
  }

  private void isAtRest(Replica replica, Report report) {
    if (report.status() == Report.Status.FAILED && report.failure() != null) {
      sim.fail(new Violation(7, "the last cycle failed: " + report.failure()));
      return;
    }
    Map<ResourceId, Document> declared = world.source.at(report.plan().revision().id());
    declared.forEach(
        (raw, document) -> {
          ResourceId id = world.memory.canonical(raw);
          boolean asDeclared =
              world
                  .memory
                  .log()
                  .live(id)
                  .filter(live -> live.value().satisfies(Thing.of(document.resource().spec())))
                  .isPresent();
          if (!asDeclared && !excused(report, id)) {
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
