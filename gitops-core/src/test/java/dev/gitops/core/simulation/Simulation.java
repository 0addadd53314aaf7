// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.simulation;

import dev.gitops.core.contract.WriteLog.Entry;
import dev.gitops.core.model.Command.Verb;
import dev.gitops.core.model.Document;
import dev.gitops.core.model.Metadata;
import dev.gitops.core.model.Metadata.OnChange;
import dev.gitops.core.model.Metadata.OnRemoval;
import dev.gitops.core.model.Phase;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.model.Selection;
import dev.gitops.core.model.Tree;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;

/** Runs one history from its first step to the rest that everything must come to. */
final class Simulation {
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
    calm();
    new Rest(world).run();
  }

  private void step(Step.What what, SplittableRandom random, int number) throws Exception {
    Replica replica = world.replica(random.nextInt(2));
    Process process = replica.process();
    int member = replica.member();
    sim.trace(() -> "== " + what + " on " + process.actor);
    switch (what) {
      case CYCLE -> replica.cycle();
      case CYCLE_SOME ->
          replica.cycle(
              random.nextBoolean()
                  ? Selection.ids(world.memory.canonical(World.IDS.get(random.nextInt(6))))
                  : Selection.kinds(random.nextBoolean() ? "Box" : "Lid"));
      case PLAN -> replica.dryRun();
      case COMMIT -> commit(random);
      case BREAK_FILE ->
          world.source.broken.add(
              random.nextInt(5) == 0
                  ? ""
                  : SimSource.file(
                      World.IDS.get(random.nextInt(6)), random.nextInt(world.traits.members())));
      case MEND_FILES -> world.source.broken.clear();
      case SOURCE_DOWN -> world.source.down = true;
      case SOURCE_UP -> world.source.down = false;
      case REWRITE ->
          world.source.commit(world.source.at(world.source.revision(1 + random.nextInt(3))));
      case REGRESS -> world.source.regress = true;
      case RECONFIGURE -> world.source.reconfigure();
      case HOLD_HEAD -> world.source.held = true;
      case ACCEPT_HEAD -> {
        world.source.held = random.nextBoolean();
        String head = "revision:" + world.source.revision(0);
        world.tell(member, Verb.CONFIRM, Selection.all(), Set.of(head), Map.of());
      }
      case OTHER_SYSTEM -> {
        world.system = world.system.equals("system 1") ? "system 2" : "system 1";
        if (random.nextInt(3) == 0) {
          world.confirmedSystem = true;
          String meant = "target:" + world.system;
          world.tell(member, Verb.CONFIRM, Selection.all(), Set.of(meant), Map.of());
        }
      }
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
      case UPGRADE -> replica.upgrade();
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
      case ADOPT -> world.adopt(member, World.IDS.get(random.nextInt(6)));
      case RELEASE ->
          world.tell(
              member,
              Verb.RELEASE,
              Selection.ids(World.IDS.get(random.nextInt(6))),
              Set.of(),
              Map.of());
      case RETRY -> world.tell(member, Verb.RETRY, Selection.all(), Set.of(), Map.of());
      case APPROVE -> world.decisions.decide(member, Verb.APPROVE, replica.plan());
      case CONFIRM -> world.decisions.decide(member, Verb.CONFIRM, replica.plan());
      case PIN ->
          world.tell(
              member,
              Verb.PIN,
              Selection.all(),
              Set.of(),
              Map.of("revision", world.source.revision(random.nextInt(3))));
      case UNPIN, SUSPEND, RESUME -> {
        world.suspended |= what == Step.What.SUSPEND;
        world.tell(member, Verb.valueOf(what.name()), Selection.all(), Set.of(), Map.of());
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
      Document before = documents.get(id);
      if (before != null && world.traits.members() > 1 && random.nextInt(3) == 0) {
        int to = 1 - SimSource.member(before);
        Tree spec = before.resource().spec();
        documents.put(id, SimSource.document(id, spec, before.resource().metadata(), to));
      } else if (random.nextInt(3) == 0) {
        documents.remove(id);
      } else {
        Metadata metadata = metadata(documents, index, random);
        int member =
            before == null ? random.nextInt(world.traits.members()) : SimSource.member(before);
        documents.put(id, SimSource.document(id, spec(random), metadata, member));
      }
    }
    if (world.traits.hooks()) {
      hooks(documents, random);
    }
    world.source.commit(documents);
    sim.trace(() -> "head is " + documents.values().stream().map(d -> "" + d.resource()).toList());
  }

  private static void hooks(Map<ResourceId, Document> documents, SplittableRandom random) {
    Phase[] phases = {Phase.PRE_SYNC, Phase.POST_SYNC, Phase.SYNC_FAIL};
    for (int i = 0; i < phases.length; i++) {
      ResourceId id = World.HOOKS.get(i);
      int what = random.nextInt(6);
      if (what == 0) {
        documents.remove(id);
      } else if (what <= 2) {
        Metadata metadata =
            new Metadata(
                Map.of(), List.of(), 0, phases[i], OnRemoval.DELETE, OnChange.UPDATE, null);
        documents.put(id, SimSource.document(id, spec(random), metadata, 0));
      }
    }
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
    int change = random.nextInt(10);
    OnChange onChange =
        change == 0 ? OnChange.IGNORE : change <= 2 ? OnChange.REPLACE : OnChange.UPDATE;
    return new Metadata(Map.of(), needs, wave, Phase.SYNC, onRemoval, onChange, null);
  }
}
