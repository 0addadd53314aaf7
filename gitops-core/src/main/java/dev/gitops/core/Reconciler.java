// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core;

import dev.gitops.core.model.Activity;
import dev.gitops.core.model.Activity.Stage;
import dev.gitops.core.model.Plan;
import dev.gitops.core.model.Report;
import dev.gitops.core.model.Report.Status;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.model.Run;
import dev.gitops.core.model.Snapshot;
import dev.gitops.core.spi.StateSource;
import dev.gitops.core.spi.Timing;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Makes what is live what is declared: reads both sides, plans the difference, lets gates hold what
 * must wait, applies the rest in order, reads again, and remembers what it owns.
 *
 * <p>Thread-safe; one cycle runs at a time, others wait for it. Nothing runs, and nothing is
 * opened, before the first call. Closing it does not close its source, store or targets.
 */
public final class Reconciler implements AutoCloseable {
  private static final Duration FIRST_PAUSE = Duration.ofMillis(100);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);

  private final Settings settings;
  private final Engine engine;
  private final ReentrantLock turn = new ReentrantLock();
  private volatile @Nullable Report last;
  private volatile List<ResourceId> inDoubt = List.of();
  private boolean closed;

  Reconciler(Settings settings) {
    this.settings = settings;
    this.engine = new Engine(settings);
  }

  /**
   * Starts to describe a reconciler.
   *
   * @param name under which it remembers what it owns; unique in its store, and the same after a
   *     restart
   * @param source where the desired state is declared; stays the caller's to close
   */
  public static ReconcilerBuilder builder(String name, StateSource source) {
    return new ReconcilerBuilder(name, source);
  }

  /**
   * What a reconcile of everything would do now; writes nothing, neither to targets nor to the
   * store's records.
   */
  public Plan plan() {
    return plan(Run.all());
  }

  /**
   * What this run would do now.
   *
   * @throws ReconcileException when source or store can't be read; a target that can't be read is
   *     part of the plan
   */
  public Plan plan(Run run) {
    turn.lock();
    try {
      checkOpen();
      engine.events().enter(Stage.LOOKING, 0);
      return engine.plan(run);
    } finally {
      engine.events().enter(Stage.IDLE, 0);
      turn.unlock();
    }
  }

  /**
   * What would be done now if this were declared: the plan of a change that is not in force yet,
   * with the digests that its changes will have once it is. Writes nothing; no listener hears of
   * it, and neither pins nor rules of the source apply to it.
   *
   * @throws ReconcileException when the store can't be read
   */
  public Plan plan(Snapshot proposed) {
    return previewed(proposed, true);
  }

  /**
   * The same for the eyes of whoever proposes it, who may be a stranger: what is live is shown only
   * where the state in force declares the same resource and field, so that nobody reads anything by
   * declaring it. The plan says what is withheld.
   *
   * @throws ReconcileException when the source or the store can't be read
   */
  public Plan preview(Snapshot proposed) {
    return previewed(proposed, false);
  }

  private Plan previewed(Snapshot proposed, boolean open) {
    turn.lock();
    try {
      checkOpen();
      engine.events().enter(Stage.LOOKING, 0);
      return engine.preview(proposed, open);
    } finally {
      engine.events().enter(Stage.IDLE, 0);
      turn.unlock();
    }
  }

  /** One cycle over everything. */
  public Report reconcile() {
    return reconcile(Run.all());
  }

  /**
   * One cycle. It never waits for health: what is not there yet is reported as {@link
   * Status#PROGRESSING}, and calling again goes on from there. Other people's failures are
   * reported, not thrown.
   *
   * @throws ReconcileException when the calling thread is interrupted, whose interrupt flag is set
   *     again: calls under way are interrupted and reported as in doubt by the next cycle; there is
   *     no report, and {@link #lastReport} stays what it was
   */
  public Report reconcile(Run run) {
    return reconcile(run, () -> false);
  }

  /** The same; begins no more writes once it is to stop. */
  Report reconcile(Run run, BooleanSupplier stopping) {
    turn.lock();
    try {
      checkOpen();
      engine.events().enter(Stage.LOOKING, 0);
      Report report = engine.reconcile(run, stopping);
      last = report;
      return report;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ReconcileException("The cycle of " + settings.name() + " was interrupted", e);
    } finally {
      inDoubt = engine.doubts().ids();
      engine.events().enter(Stage.IDLE, 0);
      turn.unlock();
    }
  }

  /**
   * Repeats cycles until coming back soon can't help any more, or until the time is over: for
   * command lines. It goes on while something is under way or is tried again, and ends when all is
   * well, or what is left waits for a person, a new declaration or a gate.
   *
   * @return the last cycle's report
   */
  public Report reconcileUntilSettled(Duration atMost) {
    Timing timing = settings.timing();
    long until = timing.nanos() + atMost.toNanos();
    Duration pause = FIRST_PAUSE;
    Report report = reconcile();
    while ((Judgement.unsettled(report) || hurried())
        && timing.nanos() + pause.toNanos() - until < 0) {
      try {
        timing.await(new LinkedBlockingQueue<Object>(), pause);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return report;
      }
      pause =
          pause.multipliedBy(2).compareTo(LONGEST_PAUSE) > 0
              ? LONGEST_PAUSE
              : pause.multipliedBy(2);
      report = reconcile();
    }
    return report;
  }

  /** Whether the next cycle is to follow at once. */
  boolean hurried() {
    turn.lock();
    try {
      return engine.patience().hurried();
    } finally {
      turn.unlock();
    }
  }

  /** The last cycle's report; empty before the first. Never waits, whatever is under way. */
  public Optional<Report> lastReport() {
    return Optional.ofNullable(last);
  }

  /** What it does at this moment. Never waits, whatever is under way. */
  public Activity activity() {
    return engine.events().activity();
  }

  /** Its name. */
  public String name() {
    return settings.name();
  }

  Settings settings() {
    return settings;
  }

  /** How long until something that failed is due again; null when nothing is. */
  @Nullable Duration nextDue() {
    turn.lock();
    try {
      return engine.patience().nextDue();
    } finally {
      turn.unlock();
    }
  }

  private void checkOpen() {
    if (closed) {
      throw new IllegalStateException("The reconciler " + settings.name() + " is closed");
    }
  }

  /**
   * The resources with calls under way that may still take effect, as the last cycle left them;
   * never waits.
   */
  public List<ResourceId> inDoubt() {
    return inDoubt;
  }

  /** Waits for a running cycle, then frees what the reconciler itself opened; idempotent. */
  @Override
  public void close() {
    turn.lock();
    try {
      if (!closed) {
        closed = true;
        engine.close();
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Closing the reconciler " + settings.name() + " failed", e);
    } finally {
      turn.unlock();
    }
  }
}
