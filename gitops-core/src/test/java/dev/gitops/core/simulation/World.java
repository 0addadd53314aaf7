// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.simulation;

import dev.gitops.core.contract.Fault;
import dev.gitops.core.contract.MemoryOptions;
import dev.gitops.core.contract.MemoryTarget;
import dev.gitops.core.contract.WriteLog.Entry;
import dev.gitops.core.model.Change;
import dev.gitops.core.model.Command;
import dev.gitops.core.model.Document;
import dev.gitops.core.model.ReconcileEvent;
import dev.gitops.core.model.Report;
import dev.gitops.core.model.Report.Status;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.model.Selection;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Everything outside of the engine: the target, the store, the source, people, and processes. */
final class World {
  static final List<ResourceId> IDS =
      List.of(
          ResourceId.of("Box", "Blue"),
          ResourceId.of("Box", "red"),
          ResourceId.of("Box", "x", "red"),
          ResourceId.of("Lid", "Blue"),
          ResourceId.of("Lid", "green"),
          ResourceId.of("Lid", "x", "green"));

  /** What are steps of a roll-out. */
  static final List<ResourceId> HOOKS =
      List.of(
          ResourceId.of("Job", "before"),
          ResourceId.of("Job", "after"),
          ResourceId.of("Job", "failed"));

  private static final Pattern ID = Pattern.compile("\"id\":\"([^\"]*)\"");

  final Traits traits;
  final Sim sim;
  final MemoryTarget<Thing> memory;
  final SimStore store;
  final SimSource source = new SimSource();
  final Oracle oracle;
  final Decisions decisions = new Decisions(this);

  /** What people told a reconciler to adopt, as far as it may not have heard yet. */
  private final Set<Adoption> adopting = new HashSet<>();

  private record Adoption(int member, ResourceId id, long told) {}

  /** What the system that is behind the target's address says of itself. */
  String system = "system 1";

  /** Whether people have said that the other system is meant. */
  boolean confirmedSystem;

  /** What can't be read, and takes what is read with it down. */
  Predicate<ResourceId> sickReads = id -> false;

  /** What can't be written. */
  Predicate<ResourceId> sickWrites = id -> false;

  /** One call in so many goes wrong; 0 for none. */
  int troubleOneIn;

  /** Between two events, one in so many times, somebody else changes something; 0 for never. */
  int foreignOneIn = 12;

  /** Whether people have ever told the reconciler to stop writing. */
  boolean suspended;

  /** How the next call of the target goes. */
  Fault next = Fault.NONE;

  private final Engine.Factory factory;
  private final List<Replica> replicas = new ArrayList<>();
  private final Map<String, Integer> members = new HashMap<>();
  private int commands;

  World(History history, Engine.Factory factory) {
    this.traits = history.traits();
    this.factory = factory;
    sim = new Sim(history.seed());
    store = new SimStore(traits.engines() == 1, this::handsOver);
    MemoryOptions<Thing> options = MemoryTarget.options();
    options
        .clock(sim::nanos)
        .settling(traits.settle())
        .identity(traits.identity() ? "system 1" : "")
        .faults(
            call -> {
              Fault now = next;
              next = Fault.NONE;
              return now;
            });
    memory = configure(options).build();
    oracle = new Oracle(this);
    for (int i = 0; i < traits.processes(); i++) {
      replicas.add(new Replica(this, traits.members() > 1 ? i : 0));
    }
    sim.meanwhile(this::foreigners);
  }

  private MemoryOptions<Thing> configure(MemoryOptions<Thing> options) {
    if (!traits.versions()) {
      options.withoutVersions();
    }
    if (!traits.handles()) {
      options.withoutHandles();
    }
    if (!traits.preconditions()) {
      options.ignoringPreconditions();
    }
    if (traits.foldsCase()) {
      options.foldingCase();
    }
    if (traits.normalises()) {
      options.normalizing(Thing::upperCase);
    }
    if (traits.merges()) {
      options.merging(Thing::merge);
    }
    if (traits.marks() && traits.members() == 1) { // there is one mark, and each has its own
      options.marking("sim");
    }
    return options;
  }

  Replica replica(int i) {
    return replicas.get(i % replicas.size());
  }

  List<Replica> replicas() {
    return replicas;
  }

  /** The replicas, one for each reconciler. */
  List<Replica> reconcilers() {
    return replicas.subList(0, traits.members());
  }

  Process newProcess(int member, boolean upgraded) {
    String actor = "engine-" + (members.size() + 1);
    members.put(actor, member);
    return new Process(sim, actor, member, upgraded);
  }

  /** Which reconciler's process this is; null for anybody else. */
  @Nullable Integer member(String actor) {
    return members.get(actor);
  }

  boolean isHook(ResourceId id) {
    return id.kind().equals("Job");
  }

  /** What something needs by its nature. */
  Set<ResourceId> implied(ResourceId id) {
    for (int i = 3; traits.implied() && i < IDS.size(); i++) {
      if (memory.canonical(IDS.get(i)).equals(id) || IDS.get(i).equals(id)) {
        return Set.of(IDS.get(i - 3));
      }
    }
    return Set.of();
  }

  /** What something needs, as it says and by its nature. */
  Set<ResourceId> needs(Document document) {
    Set<ResourceId> needs = new HashSet<>();
    document.resource().dependsOn().forEach(id -> needs.add(memory.canonical(id)));
    implied(document.resource().id()).forEach(id -> needs.add(memory.canonical(id)));
    return needs;
  }

  boolean adopts(int member, ResourceId id) {
    return adopting.stream().anyMatch(one -> one.member == member && one.id.equals(id));
  }

  void adopt(int member, ResourceId id) throws Exception {
    adopting.add(new Adoption(member, memory.canonical(id), sim.nanos()));
    tell(member, Command.Verb.ADOPT, Selection.ids(id), Set.of(), Map.of());
  }

  private void handsOver(Process process, SimStore.Present present) {
    Matcher id = ID.matcher(present.message());
    int to = present.to().equals(Process.name(0)) ? 0 : 1;
    if (id.find()) {
      sim.trace(() -> process.actor + " gives away " + id.group(1));
      oracle.gives(process, ResourceId.parse(id.group(1)), to);
    }
  }

  Engine start(Process process) {
    return factory.start(this, process);
  }

  /** Somebody else does something, or not. */
  void foreigners() {
    if (sim.chance(foreignOneIn)) {
      foreign();
    }
  }

  /** Somebody else does something. */
  void foreign() {
    long before = memory.log().tick();
    MemoryTarget<Thing> alice = memory.as("alice");
    ResourceId id =
        traits.hooks() && sim.chance(5)
            ? HOOKS.get(sim.random().nextInt(HOOKS.size()))
            : IDS.get(sim.random().nextInt(IDS.size()));
    boolean exists = memory.log().live(memory.canonical(id)).isPresent();
    switch (sim.random().nextInt(exists ? 3 : 4)) {
      case 0 -> alice.remove(id);
      case 1 -> alice.put(id, Thing.of(Thing.spec(1 + sim.random().nextInt(3), 0, 0)));
      case 2 -> {
        Document declared = source.head().get(id);
        if (declared != null) {
          alice.put(id, Thing.of(declared.resource().spec()));
        }
      }
      default -> {}
    }
    sim.trace(() -> "alice did " + memory.log().since(before));
  }

  /** Whether it has been there, unchanged by us, for long enough to be healthy. */
  boolean warm(ResourceId id) {
    Entry<Thing> entry = memory.log().live(id).orElse(null);
    return entry == null
        || !entry.actor().startsWith("engine")
        || sim.nanos() - entry.nanos() >= traits.warmUp().toNanos();
  }

  /** Whether another process has begun to write since this one last made sure of its right. */
  boolean overtaken(Process process) {
    process.writes++;
    process.lastWrite = sim.nanos();
    for (Replica other : replicas) {
      Process rival = other.process();
      if (rival != process
          && rival.member == process.member
          && rival.lastWrite > Math.max(process.cycleStart, process.leased)
          && rival.lastWrite < process.lastCommit
          && rival.cycleStart > process.cycleStart) {
        return true;
      }
    }
    return false;
  }

  /**
   * Whether another process has used the store since this one last did: it has taken note of what
   * this one was about to do, and replaced that by what it does itself.
   */
  boolean outdated(Process process) {
    return replicas.stream()
        .map(Replica::process)
        .anyMatch(
            other ->
                other != process
                    && other.member == process.member
                    && other.lastCommit > process.lastCommit);
  }

  /** A process tells what happens in it. */
  void heard(Process process, ReconcileEvent event) {
    sim.trace(() -> process.actor + " " + brief(event));
    if (event instanceof ReconcileEvent.CommandHandled handled
        && handled.command().verb() == Command.Verb.RELEASE) {
      IDS.stream()
          .map(memory::canonical)
          .filter(id -> handled.command().selection().matches(id, Map.of()))
          .forEach(id -> oracle.released(process.member, id));
    }
    if (sim.chance(8)) {
      keepsSecret("an event", event.toString());
    }
  }

  private static String brief(ReconcileEvent event) {
    if (event instanceof ReconcileEvent.Planned planned) {
      return "plans " + brief(planned.plan().changes()) + planned.plan().problems();
    } else if (event instanceof ReconcileEvent.CycleEnded ended) {
      Report report = ended.report();
      return report.status() + " " + brief(report.remaining()) + " " + report.failure();
    } else if (event instanceof ReconcileEvent.Applied applied) {
      return "ends " + applied.outcome();
    } else if (event instanceof ReconcileEvent.CommandHandled handled) {
      return handled.command().verb() + " " + handled.command().selection() + handled.result();
    }
    return event.getClass().getSimpleName();
  }

  private static String brief(List<Change> changes) {
    return changes.stream()
        .map(change -> change.action() + " " + change.id() + " " + change.block())
        .toList()
        .toString();
  }

  void keepsSecret(String where, String text) {
    if (text.contains(Thing.MARKER)) {
      sim.fail(new Violation(9, "a secret is in " + where + ": " + text));
    }
  }

  void storeKeepsSecrets() {
    store.eachValue(value -> keepsSecret("the store", value));
  }

  /** A cycle of this process ended. */
  void ended(Process process, Report report) {
    if (sim.chance(4)) {
      keepsSecret("the report", report.toString());
    }
    if (report.status() != Status.FAILED && report.status() != Status.STANDBY) {
      adopting.removeIf(one -> one.member == process.member && one.told <= process.cycleStart);
      Set<ResourceId> open = new HashSet<>();
      report.remaining().forEach(change -> open.add(change.id()));
      if (report.plan().problems().isEmpty() && report.status() == Status.CONVERGED) {
        if (process.selection.isAll()) {
          oracle.converged(process);
        }
        for (ResourceId id : IDS) {
          ResourceId canonical = memory.canonical(id);
          if (!open.contains(canonical) && process.selection.matches(canonical, Map.of())) {
            oracle.remembered(process, canonical);
          }
        }
      }
    }
  }

  void tell(
      int member,
      Command.Verb verb,
      Selection selection,
      Set<String> digests,
      Map<String, String> arguments)
      throws Exception {
    replicas
        .get(traits.members() > 1 ? member : 0)
        .engine()
        .tell(
            new Command(
                "command-" + ++commands,
                verb,
                selection,
                digests,
                arguments,
                "bob",
                sim.wall(),
                "because"));
  }
}
