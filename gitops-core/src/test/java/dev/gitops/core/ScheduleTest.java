// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gitops.core.Schedule.Node;
import dev.gitops.core.contract.MemoryTarget;
import dev.gitops.core.model.Block;
import dev.gitops.core.model.Change;
import dev.gitops.core.model.Change.Action;
import dev.gitops.core.model.Change.Cause;
import dev.gitops.core.model.Document;
import dev.gitops.core.model.Health;
import dev.gitops.core.model.Kind;
import dev.gitops.core.model.Metadata;
import dev.gitops.core.model.Observed;
import dev.gitops.core.model.Origin;
import dev.gitops.core.model.Problem;
import dev.gitops.core.model.Report;
import dev.gitops.core.model.Resource;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.model.Revision;
import dev.gitops.core.model.Snapshot;
import dev.gitops.core.model.Tree;
import dev.gitops.core.spi.Timing;
import dev.gitops.core.store.MemoryStateStore;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;

/**
 * Random graphs, carried out in random order with random failures, beside a plain model of who
 * waits for whom.
 */
class ScheduleTest {
  private static final Route<String> ROUTE =
      Route.of(Kind.of("Node", String.class), MemoryTarget.<String>empty());

  /**
   * One resource.
   *
   * @param role what is to be done about it
   * @param wave declared, or stored
   * @param needs bits of the resources that it depends on; where it is declared, of those before it
   * @param stored bits of the resources that it depended on when it was last applied
   */
  record Vertex(Role role, int wave, int needs, int stored) {
    enum Role {
      WRITES,
      WRITES_AND_FAILS,
      UNCHANGED,
      UNHEALTHY,
      BLOCKED,
      DELETED,
      DELETED_AND_FAILS;

      boolean declared() {
        return this != DELETED && this != DELETED_AND_FAILS;
      }

      boolean starts() {
        return this == WRITES || this == WRITES_AND_FAILS || !declared();
      }

      /** Whether what depends on it can't start, whatever becomes of the others. */
      boolean obstructs() {
        return this == WRITES_AND_FAILS
            || this == DELETED_AND_FAILS
            || this == UNHEALTHY
            || this == BLOCKED;
      }
    }
  }

  @Provide
  Arbitrary<List<Vertex>> graphs() {
    Arbitrary<Integer> bits =
        Combinators.combine(
                Arbitraries.integers().between(0, 511), Arbitraries.integers().between(0, 511))
            .as((one, other) -> one & other);
    return Combinators.combine(
            Arbitraries.frequency(
                Tuple.of(8, Vertex.Role.WRITES),
                Tuple.of(2, Vertex.Role.WRITES_AND_FAILS),
                Tuple.of(3, Vertex.Role.UNCHANGED),
                Tuple.of(1, Vertex.Role.UNHEALTHY),
                Tuple.of(1, Vertex.Role.BLOCKED),
                Tuple.of(8, Vertex.Role.DELETED),
                Tuple.of(1, Vertex.Role.DELETED_AND_FAILS)),
            Arbitraries.integers().between(0, 2),
            bits,
            bits)
        .as(Vertex::new)
        .list()
        .ofMinSize(1)
        .ofMaxSize(9);
  }

  @Property(tries = 1_500, edgeCases = EdgeCasesMode.NONE)
  void everythingStartsInOrderAndExactlyWhatCanNotIsSkipped(
      @ForAll("graphs") List<Vertex> graph, @ForAll("choices") List<Integer> choices)
      throws Exception {
    Model model = new Model(graph, false);
    Carried carried = carryOut(model, choices);

    for (int i = 0; i < graph.size(); i++) {
      boolean expected = graph.get(i).role().starts() && !model.obstructed(i);
      assertThat(carried.started.containsKey(i)).as("%s starts", model.id(i)).isEqualTo(expected);
      assertThat(carried.skipped.contains(i))
          .as("%s is skipped", model.id(i))
          .isEqualTo(graph.get(i).role().starts() && !expected);
      for (int before : model.waitsFor(i)) {
        if (expected && graph.get(before).role().starts()) {
          assertThat(carried.ended.get(before))
              .as("%s has ended before %s starts", model.id(before), model.id(i))
              .isNotNull()
              .isLessThan(carried.started.get(i));
        }
      }
    }
  }

  /** Stored edges may be of different times, and contradict each other. */
  @Property(tries = 1_000, edgeCases = EdgeCasesMode.NONE)
  void circularMemoriesStopNothing(
      @ForAll("graphs") List<Vertex> graph, @ForAll("choices") List<Integer> choices)
      throws Exception {
    Model model = new Model(graph, true);
    Carried carried = carryOut(model, choices);

    for (int i = 0; i < graph.size(); i++) {
      if (graph.get(i).role().starts()) {
        assertThat(carried.started.containsKey(i) ^ carried.skipped.contains(i))
            .as("%s either starts or is skipped", model.id(i))
            .isTrue();
      }
    }
    if (IntStream.range(0, graph.size()).noneMatch(model::obstructs)) {
      assertThat(carried.skipped).isEmpty();
    }
  }

  @Provide
  Arbitrary<List<Integer>> choices() {
    return Arbitraries.integers().between(0, 8).list().ofSize(24);
  }

  @Example
  void whatADeclarationNeedsByItsNatureIsNotDeleted() throws Exception {
    List<Vertex> graph =
        List.of(
            new Vertex(Vertex.Role.DELETED, 0, 0, 0), new Vertex(Vertex.Role.UNCHANGED, 0, 1, 0));
    Carried carried = carryOut(new Model(graph, false), List.of(0));

    assertThat(carried.started).isEmpty();
    assertThat(carried.why.get(0)).isEqualTo("Node/n1 still depends on it");
  }

  /** Else each of the two would wait for the other, and nobody would say so. */
  @Example
  void aWaveThatContradictsTheNatureOfThingsIsRefused() {
    MemoryTarget<Map<String, String>> target =
        MemoryTarget.<Map<String, String>>options()
            .implying(
                resource ->
                    resource.id().name().equals("table")
                        ? List.of(ResourceId.of("Node", "schema"))
                        : List.of())
            .build();
    @SuppressWarnings("unchecked") // there is no class of a map of texts
    Kind<Map<String, String>> kind =
        Kind.of("Node", (Class<Map<String, String>>) (Class<?>) Map.class);
    Metadata none = Metadata.DEFAULT;
    Metadata late =
        new Metadata(Map.of(), List.of(), 1, none.phase(), none.onRemoval(), none.onChange(), null);
    Git git = new Git().declare("Node/table", Map.of()).declare("Node/schema", Map.of(), late);
    try (Reconciler reconciler =
        Reconciler.builder("waves", git).route(kind, target).ephemeral().build()) {
      Report report = reconciler.reconcile();

      assertThat(report.plan().problems())
          .extracting(Problem::toString)
          .containsExactly(
              "table.yaml:1:1: Node/table needs Node/schema, which is in a later wave");
      assertThat(target.log().live()).containsOnlyKeys(ResourceId.of("Node", "schema"));
    }
  }

  @Example
  void whatIsSkippedSaysWhatItWaitsForAndWhyThatIsNotDone() throws Exception {
    List<Vertex> graph =
        List.of(
            new Vertex(Vertex.Role.WRITES_AND_FAILS, 0, 0, 0),
            new Vertex(Vertex.Role.WRITES, 0, 1, 0),
            new Vertex(Vertex.Role.WRITES, 0, 2, 0));
    Carried carried = carryOut(new Model(graph, false), List.of(0));

    assertThat(carried.why.get(1)).isEqualTo("waits for Node/n0: broken");
    assertThat(carried.why.get(2)).contains("waits for Node/n0: broken");
  }

  @Example
  void aChainAsLongAsTheInventoryIsNoProblem() throws Exception {
    int length = 20_000;
    Map<ResourceId, Declared<?>> resources = new LinkedHashMap<>();
    Draft draft = new Draft();
    for (int i = 0; i < length; i++) {
      ResourceId id = ResourceId.of("Node", "n" + i);
      List<ResourceId> needs = i == 0 ? List.of() : List.of(ResourceId.of("Node", "n" + (i - 1)));
      Declared<String> declared = declared(id, 0, needs, List.of());
      resources.put(id, declared);
      draft.items.put(id, item(id, declared, null, Action.CREATE));
    }
    Desired desired = new Desired(snapshot(), resources, Map.of(), List.of());
    try (Ledger ledger = Ledger.open(new MemoryStateStore(), "chain")) {
      ledger.refresh(true);
      Schedule schedule = Schedule.of(desired, draft, ledger);
      schedule.failed(schedule.poll(), "broken");

      assertThat(schedule.poll()).isNull();
      assertThat(schedule.skipped()).hasSize(length - 1);
    }
  }

  /** What happened: by vertex, at which step it started and ended. */
  private static final class Carried {
    final Map<Integer, Integer> started = new HashMap<>();
    final Map<Integer, Integer> ended = new HashMap<>();
    final Set<Integer> skipped = new HashSet<>();
    final Map<Integer, String> why = new HashMap<>();
  }

  private static Carried carryOut(Model model, List<Integer> choices) throws Exception {
    Carried carried = new Carried();
    try (Ledger ledger = Ledger.open(new MemoryStateStore(), "schedule")) {
      Schedule schedule = model.schedule(ledger);
      List<Node> inFlight = new ArrayList<>();
      Iterator<Integer> choice = choices.iterator();
      for (int step = 0; start(schedule, model, carried, inFlight, step); step++) {
        Node node = inFlight.remove((choice.hasNext() ? choice.next() : 0) % inFlight.size());
        int index = model.index(node.id);
        carried.ended.put(index, step);
        if (model.graph.get(index).role().obstructs()) {
          schedule.failed(node, "broken");
        } else {
          schedule.done(node);
        }
      }
    }
    return carried;
  }

  /** Takes what has become ready; false when nothing is under way, so that nothing ever will be. */
  private static boolean start(
      Schedule schedule, Model model, Carried carried, List<Node> inFlight, int step) {
    for (Node node = schedule.poll(); node != null; node = schedule.poll()) {
      assertThat(carried.started.put(model.index(node.id), step)).as("starts once").isNull();
      inFlight.add(node);
    }
    skipped(schedule, model, carried);
    return !inFlight.isEmpty();
  }

  private static void skipped(Schedule schedule, Model model, Carried carried) {
    for (Node node : schedule.skipped()) {
      int index = model.index(node.id);
      assertThat(carried.skipped.add(index)).as("skipped once").isTrue();
      assertThat(carried.why.put(index, String.valueOf(node.obstacle()))).isNull();
    }
  }

  private static Declared<String> declared(
      ResourceId id, int wave, List<ResourceId> needs, List<ResourceId> implied) {
    Metadata none = Metadata.DEFAULT;
    Metadata metadata =
        new Metadata(Map.of(), needs, wave, none.phase(), none.onRemoval(), none.onChange(), null);
    Document document = Document.of(Resource.of(id, Tree.of("spec")));
    Resource<String> resource = new Resource<>(id, "spec", metadata, Origin.NONE);
    return new Declared<>(document, ROUTE, resource, implied, "digest");
  }

  private static Item<String> item(
      ResourceId id, Declared<String> declared, Owned owned, Action action) {
    Observed<String> live = action == Action.CREATE ? null : Observed.of(id, "live");
    Cause cause = action == Action.DELETE ? Cause.REMOVED : Cause.NEW;
    Change change =
        new Change(id, action, cause, List.of(), "digest", null, List.of(), Origin.NONE);
    return new Item<>(ROUTE, id, declared, owned, live, List.of(), change);
  }

  private static Snapshot snapshot() {
    return new Snapshot(Revision.of("r1"), List.of(), List.of());
  }

  /** The same graph for the schedule and, said differently, for the test. */
  private static final class Model {
    final List<Vertex> graph;
    private final boolean circular;
    private final int[] component;

    Model(List<Vertex> graph, boolean circular) {
      this.graph = graph;
      this.circular = circular;
      this.component = IntStream.range(0, graph.size()).toArray();
      components();
    }

    ResourceId id(int i) {
      return ResourceId.of("Node", "n" + i);
    }

    int index(ResourceId id) {
      return Integer.parseInt(id.name().substring(1));
    }

    private boolean declared(int i) {
      return graph.get(i).role().declared();
    }

    /** Declared dependencies lead backwards, and not to a later wave: others are refused before. */
    List<Integer> needs(int i) {
      return IntStream.range(0, i)
          .filter(j -> declared(i) && (graph.get(i).needs() >> j & 1) == 1)
          .filter(j -> !declared(j) || graph.get(j).wave() <= graph.get(i).wave())
          .boxed()
          .toList();
    }

    /**
     * Stored ones lead backwards, too, unless they may be circular; their waves may be anything.
     */
    List<Integer> stored(int i) {
      return IntStream.range(0, graph.size())
          .filter(j -> j != i && (circular || j < i) && (graph.get(i).stored() >> j & 1) == 1)
          .boxed()
          .toList();
    }

    Schedule schedule(Ledger ledger) throws Exception {
      Writer writer = new Writer(ledger.session(), true, null, Timing.system(), "test");
      assertThat(writer.acquire()).isTrue();
      ledger.refresh(true);
      Ledger.Batch batch = ledger.batch();
      Map<ResourceId, Declared<?>> resources = new LinkedHashMap<>();
      Draft draft = new Draft();
      for (int i = 0; i < graph.size(); i++) {
        Vertex vertex = graph.get(i);
        ResourceId id = id(i);
        List<ResourceId> remembered = stored(i).stream().map(this::id).toList();
        Declared<String> declared = declared(i) ? declaration(i) : null;
        Owned owned = owned(id, remembered, vertex.wave());
        batch.own(owned);
        if (declared != null) {
          resources.put(id, declared);
        }
        switch (vertex.role()) {
          case WRITES, WRITES_AND_FAILS ->
              draft.items.put(id, item(id, declared, owned, Action.CREATE));
          case BLOCKED -> {
            Item<String> blocked = item(id, declared, owned, Action.UPDATE);
            blocked.block(new Block(Block.Reason.HELD, "held", Instant.EPOCH, ""));
            draft.items.put(id, blocked);
          }
          case UNHEALTHY -> draft.unhealthy.put(id, Health.degraded("down"));
          case DELETED, DELETED_AND_FAILS ->
              draft.items.put(id, item(id, null, owned, Action.DELETE));
          case UNCHANGED -> {}
        }
      }
      batch.commit(writer);
      return Schedule.of(new Desired(snapshot(), resources, Map.of(), List.of()), draft, ledger);
    }

    private Declared<String> declaration(int i) {
      List<ResourceId> explicit =
          needs(i).stream().filter(j -> j % 2 == 0 && declared(j)).map(this::id).toList();
      List<ResourceId> implied =
          needs(i).stream().filter(j -> j % 2 == 1 || !declared(j)).map(this::id).toList();
      return ScheduleTest.declared(id(i), graph.get(i).wave(), explicit, implied);
    }

    private static Owned owned(ResourceId id, List<ResourceId> edges, int wave) {
      return new Owned(
          id,
          Owned.State.CREATED,
          "digest",
          null,
          null,
          edges,
          wave,
          Metadata.OnRemoval.DELETE,
          "",
          Map.of(),
          null);
    }

    /** Of deletions: who must be gone before, unless the waves contradict the edges. */
    private boolean wavesCount() {
      return IntStream.range(0, graph.size())
          .filter(i -> !declared(i))
          .noneMatch(
              i ->
                  stored(i).stream()
                      .anyMatch(j -> !declared(j) && graph.get(j).wave() > graph.get(i).wave()));
    }

    /** Everything that must be done before this can start, directly. */
    Set<Integer> waitsFor(int i) {
      Set<Integer> before = new HashSet<>();
      for (int j = 0; j < graph.size(); j++) {
        boolean needed = declared(j) && needs(i).contains(j);
        boolean lowerWave = declared(i) && declared(j) && graph.get(j).wave() < graph.get(i).wave();
        boolean sameComponent = !declared(i) && declared(j) && component[i] == component[j];
        boolean dependent = !declared(i) && stored(j).contains(i);
        boolean higherWave =
            !declared(i)
                && !declared(j)
                && wavesCount()
                && graph.get(j).wave() > graph.get(i).wave();
        if (needed || lowerWave || sameComponent || dependent || higherWave) {
          before.add(j);
        }
      }
      return before;
    }

    /** Whether anything that it waits for, directly or not, can't be done; or it is in use. */
    boolean obstructed(int i) {
      Set<Integer> seen = new HashSet<>();
      List<Integer> open = new ArrayList<>(List.of(i));
      while (!open.isEmpty()) {
        int here = open.remove(open.size() - 1);
        if (here == i ? inUse(here) : obstructs(here)) {
          return true;
        }
        for (int before : waitsFor(here)) {
          if (seen.add(before)) {
            open.add(before);
          }
        }
      }
      return false;
    }

    /** Whether what waits for it can't start, whatever becomes of the others. */
    boolean obstructs(int i) {
      return inUse(i) || graph.get(i).role().obstructs();
    }

    /**
     * Whether something that stays declares, by its nature, that it needs what is to be deleted.
     */
    private boolean inUse(int i) {
      return !declared(i)
          && IntStream.range(0, graph.size()).anyMatch(j -> declared(j) && needs(j).contains(i));
    }

    /** What hangs together: by today's dependencies, by waves, by those that are remembered. */
    private void components() {
      for (int i = 0; i < graph.size(); i++) {
        for (int j = 0; j < graph.size(); j++) {
          boolean wavesDiffer = graph.get(i).wave() != graph.get(j).wave();
          boolean linked =
              (declared(j) && needs(i).contains(j))
                  || stored(i).contains(j)
                  || (declared(i) && declared(j) && wavesDiffer)
                  || (!declared(i) && !declared(j) && wavesDiffer && wavesCount());
          if (linked) {
            merge(i, j);
          }
        }
      }
    }

    private void merge(int i, int j) {
      int from = component[i];
      int to = component[j];
      for (int k = 0; k < component.length; k++) {
        component[k] = component[k] == from ? to : component[k];
      }
    }
  }
}
