// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core;

import dev.gitops.core.Calls.Call;
import dev.gitops.core.model.Block;
import dev.gitops.core.model.Block.Reason;
import dev.gitops.core.model.Change.Cause;
import dev.gitops.core.model.Health;
import dev.gitops.core.model.Observed;
import dev.gitops.core.model.Outcome.Result;
import dev.gitops.core.model.Phase;
import dev.gitops.core.model.ReconcileEvent;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.model.Tree;
import dev.gitops.core.spi.ConflictException;
import dev.gitops.core.spi.RetryAfterException;
import dev.gitops.core.spi.TerminalException;
import dev.gitops.core.spi.Written;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Runs the resources that are not states but steps of a roll-out. A hook runs for each pair of its
 * declaration and a revision that changes something: what it left from an earlier run is removed,
 * it is created, and it is done when healthy. That it is about to run is remembered before, so
 * after a crash it runs again rather than not at all. A roll-out that takes several cycles is
 * remembered as open until its last hook is done.
 */
final class Hooks {
  /** The control that names the revision whose roll-out is not complete. */
  static final String OPEN = "sync";

  private final Opened parts;
  private final Account account;
  private final Settings settings;
  private final Ledger ledger;
  private final String revision;
  private final Map<Phase, TreeMap<Integer, List<Item<?>>>> items = new HashMap<>();
  private final HookRecords records;

  private Hooks(Opened parts, Account account, String revision) {
    this.parts = parts;
    this.account = account;
    this.settings = parts.settings();
    this.ledger = parts.ledger();
    this.revision = revision;
    this.records = new HookRecords(settings, ledger, revision);
  }

  /**
   * Finds the hooks whose turn may come in this cycle, and adds those that certainly will to the
   * plan.
   */
  static Hooks plan(
      Opened parts, Account account, Desired desired, Readings readings, Planner planner) {
    Hooks hooks = new Hooks(parts, account, desired.snapshot().revision().id());
    boolean due =
        hooks.open() || planner.draft().items.values().stream().anyMatch(Hooks::isDeclared);
    for (Declared<?> declared : due ? desired.hooks() : List.<Declared<?>>of()) {
      hooks.plan(declared, declared.resource().metadata().phase(), readings, planner);
    }
    return hooks;
  }

  /** Neither the correction of drift nor going back is a roll-out. */
  private static boolean isDeclared(Item<?> item) {
    Cause cause = item.change().cause();
    return item.writes() && cause != Cause.DRIFT && cause != Cause.ROLLED_BACK;
  }

  private <T> void plan(Declared<T> declared, Phase phase, Readings readings, Planner planner) {
    if (records.state(declared).equals("DONE")) {
      return;
    }
    Observed<T> live = readings.found(declared.route(), declared.id());
    Item<T> item = planner.hook(declared, live);
    Exception unknown = live == null ? readings.unknown(declared.route(), declared.id()) : null;
    if (unknown != null) {
      block(item, Reason.UNKNOWN, "could not be read: " + settings.message(unknown), "");
    } else if (parts.doubts().contains(item.id)) {
      block(item, Reason.IN_DOUBT, "an earlier call may still take effect", "");
    } else if (live != null && records.foreign(declared, live) != null) {
      block(
          item,
          Reason.CONFLICT,
          String.valueOf(records.foreign(declared, live)),
          "remove it there");
    } else if (records.state(declared).equals("FAILED")) {
      block(
          item,
          Reason.TERMINAL,
          "it failed: " + records.why(item.id),
          "commit a new revision, or retry");
    }
    items
        .computeIfAbsent(phase, p -> new TreeMap<>())
        .computeIfAbsent(declared.resource().metadata().wave(), w -> new ArrayList<>())
        .add(item);
    if (phase != Phase.SYNC_FAIL) {
      planner.draft().items.put(item.id, item);
    }
  }

  private void block(Item<?> item, Reason reason, String message, String unblock) {
    item.block(parts.patience().block(item.id, reason, message, unblock));
  }

  /** Whether an earlier cycle began a roll-out of which hooks may be left. */
  boolean open() {
    Tree open = ledger.control(OPEN);
    return open != null && open.text().equals(revision);
  }

  boolean any() {
    return !items.isEmpty();
  }

  /** Remembers that a roll-out has begun, or that it is complete. */
  void open(boolean begun) throws IOException {
    if (begun != open()) {
      ledger.batch().control(OPEN, begun ? Tree.of(revision) : null).commit(parts.writer());
    }
  }

  /**
   * Runs the hooks of a phase, as far as they can be in this cycle.
   *
   * @return why the phase is not complete; null when it is
   */
  @Nullable String run(Phase phase) throws Exception {
    for (List<Item<?>> wave : items.getOrDefault(phase, new TreeMap<>()).values()) {
      String obstacle = run(wave);
      if (obstacle != null) {
        return obstacle;
      }
    }
    return null;
  }

  private @Nullable String run(List<Item<?>> wave) throws Exception {
    if (!parts.writer().renew()) {
      return "another writer has taken over";
    }
    Map<Call<?>, Item<?>> started = new HashMap<>();
    Ledger.Batch before = ledger.batch();
    List<Item<?>> fresh = new ArrayList<>();
    String obstacle = null;
    for (Item<?> item : wave) {
      Block block = item.change().block();
      if (block != null) {
        obstacle = "waits for the hook " + item.id + ": " + block.message();
      } else if (records.landed(item)) {
        records.presumed(item, before);
      } else if (!running(item)) {
        fresh.add(item);
        records.starts(item, before);
      }
    }
    before.commit(parts.writer());
    for (Item<?> item : fresh) {
      started.put(start(item), item);
    }
    Ledger.Batch after = ledger.batch();
    for (Call<?> call = parts.calls().next(); call != null; call = parts.calls().next()) {
      Item<?> item = started.get(call);
      if (item != null) {
        ended(item, call);
        if (call.failure() instanceof ConflictException) {
          records.refused(item, after);
        } else if (!call.timedOut() && call.result() instanceof Written written) {
          records.runs(item, written, after);
        }
      }
    }
    after.commit(parts.writer());
    String unfinished = judge(wave);
    return unfinished == null ? obstacle : unfinished;
  }

  private boolean running(Item<?> item) {
    return (item.live != null || unsettled(item)) && records.runs(item);
  }

  /** Whether its target may still show what was before its last write. */
  private boolean unsettled(Item<?> item) {
    Duration since = parts.patience().sinceWritten(item.id);
    return since != null && since.compareTo(item.route.target().settle()) < 0;
  }

  private <T> Call<Written> start(Item<T> item) {
    parts.events().tell(now -> new ReconcileEvent.Applying(settings.name(), now, item.change()));
    parts.patience().written(item.id, item.route.target().settle());
    return parts.calls().start(item.route.target(), deadline(item), () -> run(item));
  }

  private <T> Written run(Item<T> item) throws Exception {
    long began = settings.timing().nanos();
    mayWrite();
    if (item.live != null) {
      item.route.target().delete(item.live);
      if (settings.timing().nanos() - began >= deadline(item).toNanos()) {
        throw new IllegalStateException("its time was over when its predecessor was removed");
      }
      mayWrite();
    }
    return item.route.target().create(Objects.requireNonNull(item.declared).resource());
  }

  private void mayWrite() {
    if (!parts.writer().certain()) {
      throw new IllegalStateException("another process may be writing");
    }
  }

  private Duration deadline(Item<?> item) {
    Duration own = item.declared == null ? null : item.declared.resource().metadata().timeout();
    return own == null || own.compareTo(settings.timeout()) > 0 ? settings.timeout() : own;
  }

  private void ended(Item<?> item, Call<?> call) {
    Throwable failure = call.failure();
    if (failure instanceof Error error) {
      throw error;
    } else if (call.inDoubt()) {
      parts.doubts().add(item, call);
      outcome(item, Result.IN_DOUBT, "no answer in time; it may still run", call.took());
    } else if (call.timedOut()) {
      outcome(item, Result.FAILED, "no thread was free to start it in time", call.took());
    } else if (failure != null) {
      boolean terminal = failure instanceof TerminalException;
      Duration after = failure instanceof RetryAfterException later ? later.after() : null;
      String message = new Attempt<>(item).message(settings, failure);
      parts.patience().failed(item, message, terminal, after);
      outcome(item, Result.FAILED, message, call.took());
    } else {
      parts.patience().succeeded(item.id);
      outcome(item, Result.APPLIED, "", call.took());
    }
  }

  private void outcome(Item<?> item, Result result, String message, Duration took) {
    account.ended(item, result, message, took);
  }

  /** Reads the hooks again: done, failed, or still running. */
  private @Nullable String judge(List<Item<?>> wave) throws Exception {
    List<ResourceId> ids = wave.stream().map(item -> item.id).toList();
    Readings seen = Readings.take(settings, parts.calls(), ids);
    Ledger.Batch batch = ledger.batch();
    String unfinished = null;
    for (Item<?> item : wave) {
      if (!item.ready()) {
        continue;
      } else if (!records.runs(item)) {
        unfinished = "waits for the hook " + item.id + ": it has not run yet";
        block(item, Reason.WAITING, "it has not run yet", "it is tried again");
        continue;
      }
      Health health = health(item, seen);
      boolean late = overdue(item);
      if (health.ready()) {
        records.done(item, seen.found(item.route, item.id), batch);
      } else {
        unfinished =
            "waits for the hook " + item.id + ": " + health.status() + " " + health.message();
        block(
            item,
            Reason.WAITING,
            health.status() + " " + health.message(),
            "it is read again shortly");
        if (health.status() == Health.Status.DEGRADED || late) {
          String why =
              late ? "it was not done by its deadline: " + health.message() : health.message();
          records.failed(item, why, batch);
          outcome(item, Result.FAILED, why, Duration.ZERO);
        }
      }
    }
    batch.commit(parts.writer());
    return unfinished;
  }

  private <T> Health health(Item<T> item, Readings seen) {
    Observed<T> live = seen.found(item.route, item.id);
    if (live == null || before(item, live)) {
      return Health.progressing("it can't be seen yet");
    }
    try {
      return item.route.health().judge(live);
    } catch (RuntimeException e) {
      return new Health(Health.Status.UNKNOWN, "could not be judged: " + settings.message(e));
    }
  }

  /** Whether what is seen is, or may be, what was there before this run. */
  private boolean before(Item<?> item, Observed<?> live) {
    String handle = records.handle(item.id);
    return live.handle() == null
        ? item.live != null && unsettled(item)
        : !handle.isEmpty() && !handle.equals(live.handle());
  }

  /** A hook's deadline is its timeout, else the reconciler's progress deadline. */
  private boolean overdue(Item<?> item) {
    Duration own = item.declared == null ? null : item.declared.resource().metadata().timeout();
    Instant began = records.began(item.id);
    return began != null
        && settings
            .timing()
            .now()
            .isAfter(began.plus(own == null ? settings.progressDeadline() : own));
  }
}
