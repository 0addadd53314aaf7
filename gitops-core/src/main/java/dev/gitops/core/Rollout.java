// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core;

import dev.gitops.core.Calls.Call;
import dev.gitops.core.Owned.State;
import dev.gitops.core.Schedule.Node;
import dev.gitops.core.model.Change.Action;
import dev.gitops.core.model.Change.Cause;
import dev.gitops.core.model.Health;
import dev.gitops.core.model.Outcome;
import dev.gitops.core.model.Outcome.Result;
import dev.gitops.core.model.ReconcileEvent;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.spi.ConflictException;
import dev.gitops.core.spi.RetryAfterException;
import dev.gitops.core.spi.TerminalException;
import dev.gitops.core.spi.Written;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Applies a draft in the order of its schedule. All bookkeeping is done by the cycle's thread: what
 * is about to be created or deleted is remembered before the call, what came of it after, in one
 * commit for all calls that ended meanwhile. Before dependents start, what they depend on is read
 * again.
 */
final class Rollout {
  private final Events events;
  private final Controls controls;
  private final Settings settings;
  private final Ledger ledger;
  private final Writer writer;
  private final Calls calls;
  private final Patience patience;
  private final Schedule schedule;
  private final Doubts doubts;
  private final Function<Iterable<Item<?>>, Verification> verify;
  private final Map<Call<?>, Node> started = new LinkedHashMap<>();
  private final Lanes lanes = new Lanes();
  private final List<Node> unverified = new ArrayList<>();
  private final Map<ResourceId, Outcome> outcomes = new LinkedHashMap<>();
  private final int total;
  private final BooleanSupplier stopping;
  private @Nullable Verification verification;
  private List<Node> verified = List.of();
  private @Nullable Call<?> ended;
  private @Nullable String stopped;

  Rollout(
      Opened parts,
      Schedule schedule,
      int total,
      BooleanSupplier stopping,
      Function<Iterable<Item<?>>, Verification> verify) {
    this.events = parts.events();
    this.controls = parts.controls();
    this.settings = parts.settings();
    this.ledger = parts.ledger();
    this.writer = parts.writer();
    this.calls = parts.calls();
    this.patience = parts.patience();
    this.doubts = parts.doubts();
    this.schedule = schedule;
    this.total = total;
    this.stopping = stopping;
    this.verify = verify;
  }

  /**
   * Runs until nothing more can be done in this cycle. What was interrupted is in doubt, and said
   * so, before it throws.
   */
  Map<ResourceId, Outcome> run() throws Exception {
    try {
      while (step()) {
        skip();
      }
    } catch (InterruptedException | IOException | RuntimeException | Error e) {
      calls.giveUpAll().forEach(this::giveUp);
      throw e;
    }
    skip();
    return outcomes;
  }

  private boolean step() throws Exception {
    if (stopped == null && !writer.renew()) {
      stopped = "another writer has taken over";
    } else if (stopped == null && stopping.getAsBoolean()) {
      stopped = Cycle.STOPPING;
    }
    Ledger.Batch batch = ledger.batch();
    List<Runnable> after = new ArrayList<>();
    List<Node> fresh = stopped == null ? prepare(batch) : List.of();
    boolean idle = !collect(batch, after) && fresh.isEmpty();
    batch.commit(writer);
    fresh.forEach(node -> start(node, item(node)));
    after.forEach(Runnable::run);
    if (idle) {
      if (stopped == null && lanes.idle() && verification == null && !unverified.isEmpty()) {
        startVerification();
      }
      if (calls.running() == 0) {
        return verification != null && (!verification.complete() || endVerification());
      }
      ended = calls.next(writer.renewIn());
    }
    return verification == null || !verification.complete() || endVerification();
  }

  /** Takes as many as can start now; what they are about to create or delete is remembered. */
  private List<Node> prepare(Ledger.Batch batch) {
    for (Node node = schedule.poll(); node != null; node = schedule.poll()) {
      lanes.add(node, item(node).route.target());
    }
    for (Lanes.Lane lane : lanes.all()) {
      int stuck = calls.stuck(lane.target);
      while (stuck >= settings.concurrency() && !lane.waiting.isEmpty()) {
        String why = "the target has " + stuck + " calls that do not return";
        end(lane.waiting.remove(), Result.FAILED, why, Duration.ZERO);
      }
    }
    List<Node> fresh = lanes.next(settings.concurrency());
    int deletions = 0;
    for (Node node : fresh) {
      deletions += item(node).change().destructive() ? 1 : 0;
      intend(item(node), batch);
    }
    controls.countDeletions(deletions, batch);
    return fresh;
  }

  /** Takes in what has ended, and gives up what is late; false when there was nothing. */
  private boolean collect(Ledger.Batch batch, List<Runnable> after) throws InterruptedException {
    Call<?> call = ended == null ? calls.next(Duration.ZERO) : ended;
    boolean any = call != null;
    ended = null;
    for (; call != null; call = calls.next(Duration.ZERO)) {
      Node node = started.remove(call);
      if (node != null) {
        lanes.ended(item(node).route.target());
        complete(node, call, batch, after);
      } else if (verification != null) {
        verification.accept(call);
      }
    }
    return any;
  }

  private <T> void intend(Item<T> item, Ledger.Batch batch) {
    Owned owned = item.owned;
    patience.written(item.id, item.route.target().settle());
    if (item.change().action() == Action.CREATE && item.declared != null) {
      Owned intended =
          Owned.of(item.declared, State.INTENDED)
              .withDigest(item.declared.digest())
              .withAt(settings.timing().now());
      batch.own(intended, Evidence.sealed(ledger, item.declared));
    } else if (item.change().destructive() && owned != null && item.live != null) {
      batch.own(
          owned
              .withDoomed(Evidence.fingerprint(ledger, item.route, item.live))
              .withAt(settings.timing().now()));
    }
  }

  private <T> void start(Node node, Item<T> item) {
    events.tell(now -> new ReconcileEvent.Applying(settings.name(), now, item.change()));
    Duration timeout = item.declared == null ? null : item.declared.resource().metadata().timeout();
    Call<?> call =
        calls.start(
            item.route.target(),
            timeout == null ? settings.timeout() : timeout,
            () -> {
              if (!writer.certain()) {
                throw new NotStarted();
              }
              return new Attempt<>(item).call();
            });
    started.put(call, node);
  }

  /** The call found, before it touched the target, that another process may be writing. */
  private static final class NotStarted extends RuntimeException {
    private static final long serialVersionUID = 1L;
  }

  private void complete(Node node, Call<?> call, Ledger.Batch batch, List<Runnable> after) {
    Item<?> item = item(node);
    Throwable failure = call.failure();
    if (call.timedOut()) {
      giveUp(node, call);
    } else if (failure == null) {
      applied(item, call.result() instanceof Written written ? written : Written.done(), batch);
      after.add(
          () -> {
            end(node, Result.APPLIED, "", call.took());
            if (node.hasDependents()) {
              unverified.add(node);
            }
          });
    } else if (failure instanceof NotStarted) {
      stopped = "another writer may have taken over";
      end(node, Result.SKIPPED, stopped, Duration.ZERO);
    } else if (failure instanceof Error error) {
      throw error;
    } else {
      failed(item, failure, batch);
      boolean conflict = failure instanceof ConflictException;
      after.add(
          () ->
              end(
                  node,
                  conflict ? Result.CONFLICT : Result.FAILED,
                  new Attempt<>(item).message(settings, failure),
                  call.took()));
    }
  }

  private <T> void applied(Item<T> item, Written written, Ledger.Batch batch) {
    patience.succeeded(item.id);
    patience.written(item.id, item.route.target().settle());
    controls.consume(item.change().digest(), batch);
    Owned owned = ledger.owned(item.id);
    if (item.declared == null || owned == null || item.change().action() == Action.REPLACE) {
      return; // gone when a read proves it
    }
    boolean created = item.change().action() == Action.CREATE;
    Owned now =
        owned
            .withState(created ? State.CREATED : owned.state())
            .declaredAs(item.declared)
            .withDigest(item.declared.digest())
            .withHandle(written.handle() == null ? owned.handle() : written.handle())
            .withDoomed(null)
            .withAt(settings.timing().now());
    if (created && ledger.control("released/" + item.id) != null) {
      batch.control("released/" + item.id, null); // that was about its predecessor
    }
    batch.own(now, Evidence.sealed(ledger, item.declared));
    if (item.change().cause() == Cause.DRIFT) {
      patience.corrected(item.id, item.fields);
    }
  }

  private void failed(Item<?> item, Throwable failure, Ledger.Batch batch) {
    String message = new Attempt<>(item).message(settings, failure);
    if (failure instanceof ConflictException) {
      patience.conflicted(item.id, item.attempt(), message);
      boolean redo = item.owned != null && item.owned.state() == State.INTENDED;
      if (item.change().action() == Action.CREATE && !redo) {
        batch.disown(item.id); // it exists, and our call did not make it so
      } else if (item.change().destructive() && item.owned != null) {
        batch.own(item.owned);
      }
      return;
    }
    Duration after = failure instanceof RetryAfterException retry ? retry.after() : null;
    boolean terminal = failure instanceof TerminalException;
    patience.failed(item, message, terminal, after);
  }

  private void giveUp(Call<?> call) {
    Node node = started.remove(call);
    if (node != null) {
      giveUp(node, call);
    }
  }

  private void giveUp(Node node, Call<?> call) {
    if (call.inDoubt()) {
      doubts.add(item(node), call);
      end(
          node,
          Result.IN_DOUBT,
          "no answer within " + Words.of(call.took()) + "; it may still take effect",
          call.took());
    } else {
      end(node, Result.FAILED, "no thread was free to call the target in time", call.took());
    }
  }

  private void startVerification() {
    verified = List.copyOf(unverified);
    unverified.clear();
    verification = verify.apply(verified.stream().<Item<?>>map(Rollout::item).toList());
  }

  private boolean endVerification() {
    Verification done = verification;
    verification = null;
    if (done != null) {
      Draft seen = done.draft();
      for (Node node : verified) {
        String obstacle = obstacle(item(node), seen);
        if (obstacle == null) {
          schedule.done(node);
        } else {
          schedule.failed(node, obstacle);
        }
      }
    }
    return true;
  }

  private static @Nullable String obstacle(Item<?> item, Draft seen) {
    Item<?> still = seen.items.get(item.id);
    if (still != null) {
      return still.change().block() == null
          ? "it is not as declared yet"
          : still.change().block().message();
    }
    if (item.deletes() && !seen.forgotten.contains(item.id)) {
      return "it is not gone yet";
    }
    Health health = seen.unhealthy.get(item.id);
    return health == null || health.ready() ? null : health.status() + ", " + health.message();
  }

  private void skip() {
    for (Node node : schedule.skipped()) {
      String why = node.obstacle();
      outcome(
          item(node),
          new Outcome(
              item(node).id,
              item(node).change().action(),
              Result.SKIPPED,
              why == null ? "" : why,
              Duration.ZERO));
    }
  }

  private void end(Node node, Result result, String message, Duration took) {
    Item<?> item = item(node);
    outcome(item, new Outcome(item.id, item.change().action(), result, message, took));
    if (result != Result.APPLIED) {
      schedule.failed(node, result + (message.isEmpty() ? "" : ", " + message));
    } else if (!node.hasDependents()) {
      schedule.done(node);
    }
  }

  private void outcome(Item<?> item, Outcome outcome) {
    outcomes.put(item.id, outcome);
    events.tell(now -> new ReconcileEvent.Applied(settings.name(), now, item.change(), outcome));
    events.progress(outcomes.size(), total);
  }

  private static Item<?> item(Node node) {
    if (node.item == null) {
      throw new IllegalStateException("a barrier has nothing to apply");
    }
    return node.item;
  }

  /** Why it stopped before everything was tried; null when it did not. */
  @Nullable String stopped() {
    return stopped;
  }
}
