// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core;

import dev.gitops.core.Calls.Call;
import dev.gitops.core.model.Block;
import dev.gitops.core.model.Block.Reason;
import dev.gitops.core.model.Change;
import dev.gitops.core.model.Change.Action;
import dev.gitops.core.model.FieldChange;
import dev.gitops.core.model.Health;
import dev.gitops.core.model.Kind;
import dev.gitops.core.model.Observed;
import dev.gitops.core.model.Outcome;
import dev.gitops.core.model.Outcome.Result;
import dev.gitops.core.model.Phase;
import dev.gitops.core.model.Plan;
import dev.gitops.core.model.Problem;
import dev.gitops.core.model.ReconcileEvent;
import dev.gitops.core.model.Report;
import dev.gitops.core.model.Report.Status;
import dev.gitops.core.model.Resource;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.model.Run;
import dev.gitops.core.model.Snapshot;
import dev.gitops.core.model.Tree;
import dev.gitops.core.spi.Written;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One run through the protocol, for plan and reconcile alike; a plan ends before the first write.
 */
final class Cycle {
  private final Engine engine;
  private final Settings settings;
  private final Run run;
  private final @Nullable Snapshot proposed;
  private final Patience patience;
  private final long started;
  private @Nullable Plan plan;
  private @Nullable Problem held;
  private final List<String> notes = new ArrayList<>();
  private Draft draft = new Draft();
  private Map<ResourceId, Outcome> outcomes = new LinkedHashMap<>();

  Cycle(Engine engine, Run run) {
    this(engine, run, null);
  }

  /**
   * A look at what somebody proposes instead of what the source says.
   *
   * @param proposed null for what the source says
   */
  Cycle(Engine engine, Run run, @Nullable Snapshot proposed) {
    this.engine = engine;
    this.settings = engine.settings();
    this.run = run;
    this.proposed = proposed;
    // What is only proposed must not end, or begin, the waiting of what is in force.
    this.patience = proposed == null ? engine.patience() : new Patience(settings);
    this.started = settings.timing().nanos();
  }

  Settings settings() {
    return settings;
  }

  Ledger ledger() {
    return engine.ledger();
  }

  Writer writer() {
    return engine.writer();
  }

  Calls calls() {
    return engine.calls();
  }

  Patience patience() {
    return patience;
  }

  Doubts doubts() {
    return engine.doubts();
  }

  Controls controls() {
    return engine.controls();
  }

  /** Reads both sides and compares; writes nothing anywhere. */
  Plan plan() throws Exception {
    ledger().refresh(!engine.exclusive());
    return look(false).plan();
  }

  /**
   * The plan of the proposal.
   *
   * @param open whether it may show everything that is live
   */
  Plan preview(boolean open) throws Exception {
    if (open) {
      return plan();
    }
    ledger().refresh(!engine.exclusive());
    Sourcing.Fetched now = engine.sourcing().fetch(Run.all(), controls(), ledger());
    Desired inForce = engine.declarations().bind(now.snapshot());
    Look look = look(false);
    return Disclosure.limit(look.plan(), look.desired(), inForce);
  }

  /** What one look at both sides found. */
  private record Look(Desired desired, Hooks hooks, Plan plan, Map<String, Tree> remember) {}

  /** The whole cycle. */
  Report reconcile() throws Exception {
    tell(now -> new ReconcileEvent.CycleStarted(settings.name(), now, run));
    if (!engine.acquire()) {
      ledger().refresh(true);
      Look look = look(false);
      return report(Status.STANDBY, look.plan().changes(), null);
    }
    finishLate();
    controls().carryOut(writer()).forEach(event -> tell(now -> event));
    Trail trail = new Trail(ledger(), settings, run);
    notes.addAll(trail.interrupted());
    Siblings siblings = engine.siblings();
    if (siblings != null) {
      siblings.receive(writer());
    }
    Look look = look(true);
    remember(look);
    if (siblings != null) {
      siblings.handOver(writer()).forEach(this::handedOver);
    }
    List<Item<?>> writes =
        draft.items.values().stream().filter(Item::writes).collect(Collectors.toList());
    List<Change> after = List.of();
    if (!writes.isEmpty() || look.hooks().open()) {
      trail.intend(writer(), look.plan().revision(), writes);
      after = rollOut(look, writes);
      trail.complete(writer(), outcomes);
    }
    account();
    return report(null, remaining(after), null);
  }

  /** Hooks before, the changes, hooks after; what still differs then. */
  private List<Change> rollOut(Look look, List<Item<?>> writes) throws Exception {
    Hooks hooks = look.hooks();
    hooks.open(hooks.any());
    String waiting = hooks.run(Phase.PRE_SYNC);
    List<Change> after = writes.stream().map(Item::change).toList();
    if (waiting != null) {
      skip(writes, waiting);
    } else if (!writes.isEmpty()) {
      apply(look, writes);
      after = lookAgain(look.desired(), writes);
    }
    boolean done =
        waiting == null
            && after.isEmpty()
            && draft.items.values().stream()
                .noneMatch(i -> i.change().block() != null && !i.isHook())
            && draft.unhealthy.values().stream().allMatch(Health::ready);
    if (done && hooks.run(Phase.POST_SYNC) == null) {
      hooks.open(false);
    }
    if (outcomes.values().stream().anyMatch(outcome -> outcome.result() == Result.FAILED)) {
      hooks.run(Phase.SYNC_FAIL);
    }
    return after;
  }

  private void handedOver(ResourceId id) {
    Item<?> item = draft.items.remove(id);
    if (item != null) {
      outcome(
          item,
          new Outcome(
              id, Action.DELETE, Result.HANDED_OVER, "a sibling declares it", Duration.ZERO));
    }
  }

  private void skip(List<Item<?>> writes, String why) {
    for (Item<?> item : writes) {
      outcomes.putIfAbsent(
          item.id,
          new Outcome(item.id, item.change().action(), Result.SKIPPED, why, Duration.ZERO));
    }
  }

  /** What became of a change that is not part of the rollout's graph. */
  void outcome(Item<?> item, Outcome outcome) {
    outcomes.put(item.id, outcome);
    tell(now -> new ReconcileEvent.Applied(settings.name(), now, item.change(), outcome));
  }

  private void finishLate() throws IOException {
    Ledger.Batch batch = ledger().batch();
    for (Call<?> call : calls().late()) {
      doubts().ended(call, ledger(), batch);
    }
    batch.commit(writer());
  }

  private Look look(boolean writing) throws Exception {
    Sourcing.Fetched fetched =
        proposed == null
            ? engine.sourcing().fetch(run, controls(), ledger())
            : Sourcing.Fetched.of(proposed);
    held = fetched.held();
    Declarations declarations =
        proposed == null ? engine.declarations() : new Declarations(settings, ledger().sealer());
    Desired desired = declarations.bind(fetched.snapshot());
    Iterable<ResourceId> all = () -> wanted(desired).iterator();
    Readings readings = Readings.take(settings, calls(), all);
    Planner planner = planner(readings, desired, fetched.stale());
    draft = planner.plan();
    Hooks hooks = Hooks.plan(this, desired, readings, planner);
    draft.notes.addAll(notes);
    if (run.selection().isAll()) {
      patience().planned();
    }
    draft.notes.addAll(fetched.notes());
    controls().suspended().ifPresent(draft.notes::add);
    Gates gates = new Gates(settings, ledger(), patience(), controls());
    Map<String, Tree> remember = new HashMap<>(gates.checkTargets(draft, readings));
    if (fetched.accept() != null) {
      remember.put(Sourcing.ACCEPTED, fetched.accept());
    }
    Tree source = gates.checkSource(draft, desired, engine.sourceIdentity());
    if (source != null && fetched.stale() == null) {
      remember.put("source", source);
    }
    if (settings.strict() && !desired.problems().isEmpty()) {
      gates.holdAll(
          draft,
          Reason.INVALID,
          "nothing is applied while anything is wrong (strict)",
          "correct the problems");
    }
    Siblings siblings = engine.siblings();
    if (siblings != null && fetched.stale() == null) {
      if (writing) {
        siblings.publish(desired, readings);
      }
      siblings.check(
          desired,
          readings,
          draft,
          patience(),
          digest -> ledger().control("confirm/" + digest) != null);
    }
    gates.ask(draft, () -> plan(desired, readings));
    Plan made = plan(desired, readings);
    plan = made;
    if (proposed == null) {
      tell(now -> new ReconcileEvent.Planned(settings.name(), now, made));
    }
    return new Look(desired, hooks, made, writing ? remember : Map.of());
  }

  private Planner planner(Readings readings, Desired desired, @Nullable String stale) {
    return new Planner(
        new Planner.Circumstances(
            settings,
            ledger(),
            patience(),
            readings,
            desired,
            run.selection(),
            controls()::adopts,
            stale,
            doubts()::contains));
  }

  private Stream<ResourceId> wanted(Desired desired) {
    return Stream.concat(
        desired.resources().keySet().stream(),
        ledger().ids().stream().filter(id -> !desired.resources().containsKey(id)));
  }

  private Plan plan(Desired desired, Readings readings) {
    Map<String, String> targets = new TreeMap<>();
    for (Route<?> route : settings.routes().values()) {
      String identity = readings.identity(route);
      if (!identity.isEmpty()) {
        targets.put(route.kind().name(), identity);
      }
    }
    return new Plan(
        settings.name(),
        run,
        desired.snapshot().revision(),
        targets,
        settings.timing().now(),
        draft.items.values().stream().map(Item::change).toList(),
        held == null
            ? desired.problems()
            : Stream.concat(Stream.of(held), desired.problems().stream()).toList(),
        draft.unchanged,
        List.copyOf(draft.notes));
  }

  /** What the plan concluded that needs no write to a target. */
  private void remember(Look look) throws IOException {
    Ledger.Batch batch = ledger().batch();
    look.remember().forEach(batch::control);
    if (look.remember().containsKey(Sourcing.ACCEPTED)) {
      controls().consume("revision:" + look.plan().revision().id(), batch);
    }
    draft.records.forEach(owned -> record(owned, look.desired(), batch));
    draft.forgotten.stream().filter(id -> ledger().owned(id) != null).forEach(batch::disown);
    for (Item<?> item : draft.items.values()) {
      if (item.ready() && item.change().action() == Action.RECORD) {
        Owned owned = item.owned;
        if (item.declared != null && owned != null) {
          batch.own(owned, stored(item));
        } else {
          batch.disown(item.id);
        }
        outcomes.put(
            item.id, new Outcome(item.id, Action.RECORD, Result.APPLIED, "", Duration.ZERO));
      }
    }
    batch.commit(writer());
  }

  private void record(Owned owned, Desired desired, Ledger.Batch batch) {
    Declared<?> declared = desired.resources().get(owned.id());
    if (declared != null && declared.digest().equals(owned.digest())) {
      batch.own(owned, stored(declared));
    } else {
      batch.own(owned);
    }
  }

  private void apply(Look look, List<Item<?>> writes) throws Exception {
    Schedule schedule = Schedule.of(look.desired(), draft, ledger());
    Rollout rollout =
        new Rollout(
            this,
            schedule,
            writes.size(),
            items ->
                new Rollout.Verification(
                    Readings.ask(settings, calls(), ids(items)),
                    seen -> judge(look.desired(), seen, items)));
    outcomes.putAll(rollout.run());
    String stopped = rollout.stopped();
    if (stopped != null) {
      skip(writes, stopped);
    }
  }

  private static List<ResourceId> ids(Iterable<Item<?>> items) {
    List<ResourceId> ids = new ArrayList<>();
    items.forEach(item -> ids.add(item.id));
    return ids;
  }

  private Draft judge(Desired desired, Readings seen, Iterable<Item<?>> items) {
    try {
      return planner(seen, desired, null).plan(items);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Gives every change that was not tried its outcome. */
  private void account() {
    for (Item<?> item : draft.items.values()) {
      Block block = item.change().block();
      if (block != null) {
        outcomes.putIfAbsent(
            item.id,
            new Outcome(
                item.id, item.change().action(), Result.BLOCKED, block.toString(), Duration.ZERO));
      }
    }
  }

  /** Reads what was written again: what still differs was not written, or not by us alone. */
  private List<Change> lookAgain(Desired desired, List<Item<?>> writes) throws Exception {
    Readings readings = Readings.take(settings, calls(), ids(List.copyOf(writes)));
    Draft seen = judge(desired, readings, List.copyOf(writes));
    writes.forEach(item -> draft.unhealthy.remove(item.id));
    draft.unhealthy.putAll(seen.unhealthy);
    Ledger.Batch batch = ledger().batch();
    seen.records.forEach(owned -> record(owned, desired, batch));
    seen.forgotten.forEach(batch::disown);
    for (Item<?> item : writes) {
      Owned owned = ledger().owned(item.id);
      boolean neverCreated =
          owned != null
              && owned.state() == Owned.State.INTENDED
              && item.owned == null
              && !doubts().contains(item.id);
      Item<?> still = seen.items.get(item.id);
      if (neverCreated
          && still != null
          && still.live == null
          && still.change().action() == Action.CREATE) {
        batch.disown(item.id);
      }
    }
    batch.commit(writer());
    List<Change> after = new ArrayList<>();
    seen.items.values().forEach(item -> after.add(item.change()));
    return remaining(after);
  }

  private List<Change> remaining(List<Change> afterwards) {
    Map<ResourceId, Change> remaining = new LinkedHashMap<>();
    for (Item<?> item : draft.items.values()) {
      if (item.change().block() != null) {
        remaining.put(item.id, item.change());
      }
    }
    for (Change change : afterwards) {
      remaining.put(change.id(), explained(change));
    }
    return List.copyOf(remaining.values());
  }

  /** What was not tried because of something else says so. */
  private Change explained(Change change) {
    Outcome outcome = outcomes.get(change.id());
    if (change.block() != null || outcome == null || outcome.result() != Result.SKIPPED) {
      return change;
    }
    return change.withBlock(
        patience().block(change.id(), Reason.WAITING, outcome.message(), "it goes on from there"));
  }

  private Report report(@Nullable Status fixed, List<Change> remaining, @Nullable String failure) {
    Plan made = plan;
    if (made == null) {
      throw new IllegalStateException("no plan to report about");
    }
    Map<ResourceId, Health> unhealthy = new TreeMap<>(draft.unhealthy);
    Status status =
        fixed != null ? fixed : Judgement.of(made, outcomes.values(), remaining, unhealthy);
    Duration took = Duration.ofNanos(settings.timing().nanos() - started);
    Report report =
        new Report(
            status, made, List.copyOf(outcomes.values()), remaining, unhealthy, took, failure);
    tell(now -> new ReconcileEvent.CycleEnded(settings.name(), now, report));
    return report;
  }

  /** Calls the target; runs on the executor. */
  <T> Written write(Item<T> item) throws Exception {
    Observed<T> live = item.live;
    if (item.declared == null || item.change().action() == Action.REPLACE) {
      if (live != null) {
        item.route.target().delete(live);
      }
      return Written.done();
    } else if (live == null) {
      return item.route.target().create(item.declared.resource());
    }
    Set<String> removed =
        item.fields.stream()
            .filter(f -> f.to() == null)
            .map(f -> f.pointer())
            .collect(Collectors.toSet());
    Declared<T> declared = item.declared;
    T spec =
        item.route
            .kind()
            .effective(
                declared.resource().spec(), live.value(), removed, item.route.target().merges());
    Resource<T> desired = declared.resource().withSpec(spec);
    return removed.isEmpty()
        ? item.route.target().update(live, desired)
        : item.route.target().update(live, desired, removed);
  }

  <T> Tree stored(Item<T> item) {
    return stored(java.util.Objects.requireNonNull(item.declared));
  }

  private <T> Tree stored(Declared<T> declared) {
    Kind<T> kind = declared.route().kind();
    return ledger().sealer().seal(kind, declared.id(), kind.tree(declared.resource().spec()));
  }

  <T> String fingerprint(Item<T> item) {
    Observed<T> live = java.util.Objects.requireNonNull(item.live);
    return Evidence.fingerprint(ledger(), item.route, live);
  }

  /** What went wrong with one resource, without its secrets, referred to or declared. */
  <T> String message(Item<T> item, Throwable thrown) {
    String text = engine.message(thrown);
    Kind<T> kind = item.route.kind();
    if (!kind.secrets().isEmpty()) {
      List<FieldChange> values = new ArrayList<>();
      if (item.declared != null) {
        values.addAll(kind.declared(item.declared.resource().spec()));
      }
      if (item.live != null) {
        values.addAll(kind.declared(item.live.value()));
      }
      for (FieldChange field : values) {
        Tree value = field.to();
        if (value != null && kind.isSecret(field.pointer()) && value.text().length() > 3) {
          text = text.replace(value.text(), "(secret)");
        }
      }
    }
    return text;
  }

  String message(Throwable thrown) {
    return engine.message(thrown);
  }

  void tell(Function<Instant, ReconcileEvent> event) {
    engine.tell(event.apply(settings.timing().now()));
  }

  void progress(int done, int of) {
    if (done % 100 == 0 || done == of) {
      tell(now -> new ReconcileEvent.Progress(settings.name(), now, done, of));
    }
  }
}
