// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core;

import dev.gitops.core.Calls.Call;
import dev.gitops.core.model.Activity.Stage;
import dev.gitops.core.model.Change;
import dev.gitops.core.model.Change.Action;
import dev.gitops.core.model.Health;
import dev.gitops.core.model.Outcome.Result;
import dev.gitops.core.model.Phase;
import dev.gitops.core.model.Plan;
import dev.gitops.core.model.ReconcileEvent;
import dev.gitops.core.model.Report;
import dev.gitops.core.model.Report.Status;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.model.Run;
import dev.gitops.core.model.Snapshot;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * One run through the protocol, for plan and reconcile alike; a plan ends before the first write.
 * It looks ({@link Look}), rolls out ({@link Rollout}, {@link Hooks}), looks again at what it
 * wrote, and gives account ({@link Account}).
 */
final class Cycle {
  static final String STOPPING = "the loop is closing, so nothing more was begun";

  private final Opened parts;
  private final Settings settings;
  private final Ledger ledger;
  private final Run run;
  private final BooleanSupplier stopping;
  private final Account account;

  Cycle(Opened parts, Run run) {
    this(parts, run, () -> false);
  }

  /**
   * @param stopping whether nothing is to be begun any more; asked by the cycle's thread
   */
  Cycle(Opened parts, Run run, BooleanSupplier stopping) {
    this.parts = parts;
    this.settings = parts.settings();
    this.ledger = parts.ledger();
    this.run = run;
    this.stopping = stopping;
    this.account = new Account(parts);
  }

  /** Reads both sides and compares; writes nothing anywhere. */
  Plan plan() throws Exception {
    ledger.refresh(!settings.store().exclusive());
    return new Look(parts, run, account, false, List.of()).plan();
  }

  /**
   * The plan of what somebody proposes.
   *
   * @param open whether it may show everything that is live
   */
  Plan preview(Snapshot proposed, boolean open) throws Exception {
    ledger.refresh(!settings.store().exclusive());
    Look look = new Look(parts.proposing(proposed), run, account, false, List.of());
    if (open) {
      return look.plan();
    }
    Sourcing.Fetched now = parts.sourcing().fetch(Run.all(), false, parts.controls(), ledger);
    return Disclosure.limit(look.plan(), look.desired(), parts.declarations().bind(now.snapshot()));
  }

  /** The whole cycle. */
  Report reconcile() throws Exception {
    parts.events().tell(now -> new ReconcileEvent.CycleStarted(settings.name(), now, run));
    if (!parts.acquire()) {
      ledger.refresh(true);
      Look look = new Look(parts, run, account, false, List.of());
      return account.report(
          Status.STANDBY, look.plan(), look.plan().changes(), look.draft().unhealthy);
    }
    parts.calls().whileWaiting(parts.writer().renewIn(), parts.writer()::renew);
    finishLate();
    parts
        .controls()
        .carryOut(parts.writer(), parts.sourcing())
        .forEach(event -> parts.events().tell(now -> event));
    Trail trail = new Trail(ledger, settings, run);
    Siblings siblings = parts.siblings();
    if (siblings != null) {
      siblings.receive(parts.writer());
    }
    Look look = new Look(parts, run, account, true, trail.interrupted());
    remember(look);
    if (siblings != null) {
      siblings.handOver(look.desired(), parts.writer()).forEach(id -> handedOver(look.draft(), id));
    }
    List<Item<?>> writes =
        look.draft().items.values().stream().filter(Item::writes).collect(Collectors.toList());
    List<Change> after = List.of();
    if (!writes.isEmpty() || look.hooks().open()) {
      trail.intend(parts.writer(), look.plan().revision(), writes);
      after = rollOut(look, writes);
      trail.complete(parts.writer(), account.outcomes());
    }
    account.close(look.draft());
    List<Change> remaining = account.remaining(look.draft(), after);
    Trials trials = look.onTrial() ? parts.trials() : null;
    List<String> notes =
        trials == null || parts.controls().suspended().isPresent()
            ? List.of()
            : trials.judge(look.desired(), remaining, look.draft().unhealthy, parts.writer());
    return account.report(null, look.plan().withNotes(notes), remaining, look.draft().unhealthy);
  }

  /** What was given up earlier and has ended since. */
  private void finishLate() throws IOException {
    Ledger.Batch batch = ledger.batch();
    for (Call<?> call : parts.calls().late()) {
      parts.doubts().ended(call, ledger, batch);
    }
    batch.commit(parts.writer());
  }

  private void handedOver(Draft draft, ResourceId id) {
    Item<?> item = draft.items.remove(id);
    if (item != null) {
      account.ended(item, Result.HANDED_OVER, "a sibling declares it", Duration.ZERO);
    }
  }

  /** What the plan concluded that needs no write to a target. */
  private void remember(Look look) throws IOException {
    Ledger.Batch batch = ledger.batch();
    look.remember().forEach(batch::control);
    look.outdated().forEach(key -> batch.control(key, null));
    if (look.remember().containsKey(Sourcing.ACCEPTED)) {
      parts.controls().consume("revision:" + look.plan().revision().id(), batch);
    }
    remember(look.draft().records, look.desired(), batch);
    look.draft().forgotten.stream().filter(id -> ledger.owned(id) != null).forEach(batch::disown);
    for (Item<?> item : look.draft().items.values()) {
      if (item.ready() && item.change().action() == Action.RECORD) {
        Owned owned = item.owned;
        if (item.declared != null && owned != null) {
          batch.own(owned, Evidence.sealed(ledger, item.declared));
        } else if (owned != null) {
          batch.release(owned);
        }
        account.recorded(item);
      }
    }
    batch.commit(parts.writer());
  }

  private void remember(List<Owned> records, Desired desired, Ledger.Batch batch) {
    for (Owned owned : records) {
      Declared<?> declared = desired.resources().get(owned.id());
      if (declared != null && declared.digest().equals(owned.digest())) {
        batch.own(owned, Evidence.sealed(ledger, declared));
      } else {
        batch.own(owned);
      }
    }
  }

  /** Hooks before, the changes, hooks after; what still differs then. */
  private List<Change> rollOut(Look look, List<Item<?>> writes) throws Exception {
    Draft draft = look.draft();
    parts.events().enter(Stage.APPLYING, writes.size());
    Hooks hooks = look.hooks();
    if (stopping.getAsBoolean()) {
      account.skipped(writes, STOPPING);
      return account.remaining(draft, writes.stream().map(Item::change).toList());
    }
    hooks.open(hooks.any());
    String waiting = hooks.run(Phase.PRE_SYNC);
    List<Change> after = writes.stream().map(Item::change).toList();
    if (waiting != null) {
      account.skipped(writes, waiting);
    } else if (!writes.isEmpty()) {
      apply(look, writes);
      after = account.remaining(draft, lookAgain(look, writes));
    }
    boolean done =
        waiting == null
            && after.isEmpty()
            && draft.items.values().stream()
                .noneMatch(i -> i.change().block() != null && !i.isHook())
            && draft.unhealthy.values().stream().allMatch(Health::ready);
    if (stopping.getAsBoolean()) {
      return after;
    }
    if (done && hooks.run(Phase.POST_SYNC) == null) {
      hooks.open(false);
    }
    if (account.anyFailed()) {
      hooks.run(Phase.SYNC_FAIL);
    }
    return after;
  }

  private void apply(Look look, List<Item<?>> writes) throws Exception {
    Schedule schedule = Schedule.of(look.desired(), look.draft(), ledger);
    Rollout rollout = new Rollout(parts, schedule, writes.size(), stopping, look::verify);
    account.outcomes().putAll(rollout.run());
    String stopped = rollout.stopped();
    if (stopped != null) {
      account.skipped(writes, stopped);
    }
  }

  /** Reads what was written again: what still differs was not written, or not by us alone. */
  private List<Change> lookAgain(Look look, List<Item<?>> writes) throws Exception {
    Draft draft = look.draft();
    Draft seen = look.again(writes);
    writes.forEach(item -> draft.unhealthy.remove(item.id));
    draft.unhealthy.putAll(seen.unhealthy);
    Ledger.Batch batch = ledger.batch();
    remember(seen.records, look.desired(), batch);
    seen.forgotten.forEach(batch::disown);
    for (Item<?> item : writes) {
      if (neverCreated(item, seen.items.get(item.id))) {
        batch.disown(item.id);
      }
    }
    batch.commit(parts.writer());
    return seen.items.values().stream().map(Item::change).toList();
  }

  /** It was to be created by this very cycle, and is proven absent still. */
  private boolean neverCreated(Item<?> item, @Nullable Item<?> still) {
    Owned owned = ledger.owned(item.id);
    return owned != null
        && owned.state() == Owned.State.INTENDED
        && item.owned == null
        && !parts.doubts().contains(item.id)
        && still != null
        && still.live == null
        && still.change().action() == Action.CREATE;
  }
}
