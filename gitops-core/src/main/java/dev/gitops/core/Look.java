// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core;

import dev.gitops.core.Calls.Call;
import dev.gitops.core.model.Block.Reason;
import dev.gitops.core.model.Plan;
import dev.gitops.core.model.Problem;
import dev.gitops.core.model.ReconcileEvent;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.model.Run;
import dev.gitops.core.model.Tree;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** What one look at both sides found, after the gates have spoken; nothing is written yet. */
final class Look {
  private final Opened parts;
  private final Settings settings;
  private final Ledger ledger;
  private final Run run;
  private final Desired desired;
  private final Readings readings;
  private final @Nullable Problem unused;
  private final @Nullable Rollback rollback;
  private final boolean onTrial;
  private final Draft draft;
  private final Hooks hooks;
  private final Map<String, Tree> remember = new HashMap<>();
  private final Plan plan;

  /**
   * Reads both sides and compares.
   *
   * @param account where hooks say what became of them
   * @param writing whether this reconciler is the one to write, so that its siblings are told
   * @param notes what the plan's reader must know besides
   */
  Look(Opened parts, Run run, Account account, boolean writing, List<String> notes)
      throws Exception {
    this.parts = parts;
    this.settings = parts.settings();
    this.ledger = parts.ledger();
    this.run = run;
    Sourcing.Fetched fetched = parts.sourcing().fetch(run, writing, parts.controls(), ledger);
    this.unused = fetched.problem();
    boolean atHead = run.revision() == null && parts.controls().pinned().isEmpty();
    this.rollback = atHead ? parts.rollback() : null;
    this.onTrial = rollback != null && fetched.stale() == null && run.selection().isAll();
    this.desired =
        parts
            .declarations()
            .bind(rollback == null ? fetched.snapshot() : rollback.instead(fetched.snapshot()));
    parts.baseline().align(desired, ledger);
    this.readings = Readings.take(settings, parts.calls(), parts.baseline().scopes());
    Comparisons comparisons = new Comparisons(settings, parts.calls());
    parts.patience().planning();
    Planner planner = planner(readings, comparisons, fetched.stale());
    this.draft = planner.plan(parts.baseline());
    while (!planner.settled()) {
      take(parts.calls().next(), comparisons::accept);
    }
    if (rollback != null) {
      rollback.explain(draft);
    }
    this.hooks = Hooks.plan(parts, account, desired, readings, planner);
    Order.sort(draft, desired, ledger);
    draft.notes.addAll(notes);
    if (run.selection().isAll()) {
      parts
          .patience()
          .planned(writing, id -> desired.resources().containsKey(id) || ledger.owned(id) != null);
    }
    draft.notes.addAll(fetched.notes());
    parts.controls().suspended().ifPresent(draft.notes::add);
    if (fetched.accept() != null) {
      remember.put(Sourcing.ACCEPTED, fetched.accept());
    }
    if (fetched.stale() == null && run.revision() == null) {
      parts
          .controls()
          .unresolvedPin(fetched.snapshot().revision().id())
          .ifPresent(pin -> remember.put(Controls.PIN, pin));
    }
    review(fetched, writing);
    this.plan = proposal();
    parts.events().tell(now -> new ReconcileEvent.Planned(settings.name(), now, plan));
  }

  private void review(Sourcing.Fetched fetched, boolean writing) throws Exception {
    boolean current = fetched.stale() == null;
    Gates gates = new Gates(settings, ledger, parts.patience(), parts.controls());
    remember.putAll(gates.checkTargets(draft, readings));
    String extent = fetched.snapshot().extent();
    String identity = fetched.identity() + (extent.isEmpty() ? "" : " " + extent);
    Tree source = gates.checkSource(draft, desired, identity);
    if (source != null && (current || ledger.control("source") == null)) {
      remember.put("source", source);
    }
    if (settings.strict() && !desired.problems().isEmpty()) {
      gates.holdAll(
          draft,
          Reason.INVALID,
          "nothing is applied while anything is wrong (strict)",
          "correct the problems");
    }
    Siblings siblings = parts.siblings();
    if (siblings != null && current) {
      if (writing) {
        siblings.publish(desired, readings);
      }
      siblings.check(
          desired,
          readings,
          draft,
          parts.patience(),
          digest -> ledger.control("confirm/" + digest) != null);
    }
    gates.ask(draft, this::proposal);
  }

  private static void take(@Nullable Call<?> call, Predicate<Call<?>> taker) {
    if (call == null || !taker.test(call)) {
      throw new IllegalStateException("a call ended that nobody waits for");
    }
  }

  private Planner planner(Readings seen, Comparisons comparisons, @Nullable String stale) {
    return new Planner(
        new Planner.Circumstances(
            settings,
            ledger,
            parts.patience(),
            seen,
            comparisons,
            desired,
            run.selection(),
            parts.controls()::adopts,
            stale,
            parts.doubts()::contains));
  }

  private Plan proposal() {
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
        problems(),
        draft.unchanged,
        List.copyOf(draft.notes));
  }

  private List<Problem> problems() {
    List<Problem> problems = new ArrayList<>();
    if (unused != null) {
      problems.add(unused);
    }
    if (rollback != null) {
      problems.addAll(rollback.problems());
    }
    if (problems.isEmpty()) {
      return desired.problems();
    }
    problems.addAll(desired.problems());
    return problems;
  }

  /** The controls that no longer hold. */
  List<String> outdated() {
    return rollback == null ? List.of() : rollback.outdated();
  }

  /** Whether what is desired is the head, all of it, so that it may be judged. */
  boolean onTrial() {
    return onTrial;
  }

  /** Begins to read and compare these again, by the same declarations. */
  Verification verify(Iterable<Item<?>> items) {
    List<ResourceId> ids = new ArrayList<>();
    items.forEach(item -> ids.add(item.id));
    Readings seen = Readings.ask(settings, parts.calls(), ids);
    Comparisons comparisons = new Comparisons(settings, parts.calls());
    return new Verification(seen, comparisons, planner(seen, comparisons, null), items);
  }

  /** The same, and waits until it is done. */
  Draft again(Iterable<Item<?>> items) throws IOException, InterruptedException {
    Verification verification = verify(items);
    while (!verification.complete()) {
      take(parts.calls().next(), verification::accept);
    }
    return verification.draft();
  }

  Plan plan() {
    return plan;
  }

  Desired desired() {
    return desired;
  }

  /** What is to be done; what is found while it is being done is added to it. */
  Draft draft() {
    return draft;
  }

  Hooks hooks() {
    return hooks;
  }

  /** The controls to remember, if this look leads to writes. */
  Map<String, Tree> remember() {
    return remember;
  }
}
