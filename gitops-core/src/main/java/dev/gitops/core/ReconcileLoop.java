// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core;

import dev.gitops.core.model.Report;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.model.Run;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.LinkedBlockingQueue;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs a reconciler for ever: at an interval with jitter, when triggered (by a webhook, say), when
 * a target tells of a live change, and soon again while something is under way or failed. Triggers
 * that arrive during a cycle are merged into one cycle after it. It never gives up. Thread-safe.
 */
public final class ReconcileLoop implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ReconcileLoop.class);
  private static final Duration SOON = Duration.ofSeconds(1);
  private static final Duration DEFAULT_CLOSE = Duration.ofSeconds(30);
  private static final Duration SAVING = Duration.ofSeconds(5);
  private static final double JITTER = 0.1;
  private static final String STOP = "stop";

  private final Reconciler reconciler;
  private final Duration interval;
  private final LinkedBlockingQueue<String> triggers = new LinkedBlockingQueue<>();
  private final List<AutoCloseable> watches = new ArrayList<>();
  private final Thread thread;
  private volatile boolean stopping;
  private int hasty;

  private ReconcileLoop(Reconciler reconciler, Duration interval) {
    this.reconciler = reconciler;
    this.interval = interval;
    this.thread = new Thread(this::loop, "gitops-loop-" + reconciler.name());
    this.thread.setDaemon(true);
  }

  /**
   * Starts a loop, whose first cycle begins at once.
   *
   * @param reconciler stays the caller's to close, after the loop
   * @param interval the longest time between two cycles, give or take a tenth
   */
  public static ReconcileLoop start(Reconciler reconciler, Duration interval) {
    if (interval.isNegative() || interval.isZero()) {
      throw new IllegalArgumentException("Not an interval: " + interval);
    }
    ReconcileLoop loop = new ReconcileLoop(reconciler, interval);
    loop.watch();
    loop.thread.start();
    return loop;
  }

  private void watch() {
    Set<Object> watched = new LinkedHashSet<>();
    for (Route<?> route : reconciler.settings().routes().values()) {
      if (watched.add(route.target())) {
        route.target().watch(id -> trigger("live change of " + id)).ifPresent(watches::add);
      }
    }
  }

  /** Asks for a cycle soon; returns at once. */
  public void trigger(String why) {
    if (triggers.size() < 1000) { // they are merged anyway
      triggers.add(why);
    }
  }

  /** The last cycle's report; empty before the first has ended. Never waits. */
  public Optional<Report> lastReport() {
    return reconciler.lastReport();
  }

  private void loop() {
    String why = "start";
    while (!stopping) {
      Duration pause = interval;
      try {
        pause = pauseAfter(reconciler.reconcile(Run.all().because(why), () -> stopping));
      } catch (RuntimeException e) {
        if (stopping) {
          return;
        }
        LOG.error("{}: the cycle ended unexpectedly", reconciler.name(), e);
      }
      String next;
      try {
        next = reconciler.settings().timing().await(triggers, jittered(pause));
      } catch (InterruptedException e) {
        return;
      }
      why = next == null ? "interval" : merged(next);
    }
  }

  private String merged(String first) {
    Set<String> all = new LinkedHashSet<>();
    all.add(first);
    triggers.drainTo(all);
    return all.size() > 3 ? all.size() + " triggers, first: " + first : String.join("; ", all);
  }

  private Duration pauseAfter(Report report) {
    if (reconciler.hurried()) {
      return shorter(interval, Duration.ofMillis(1));
    }
    if (report.status() == Report.Status.PROGRESSING) {
      return shorter(interval, SOON.multipliedBy(1L << Math.min(hasty++, 6)));
    }
    hasty = report.status() == Report.Status.FAILED ? hasty + 1 : 0;
    Duration due = report.failure() == null ? reconciler.nextDue() : null;
    if (due != null) {
      return shorter(interval, due.plusMillis(1));
    }
    return report.status() == Report.Status.FAILED
        ? shorter(interval, SOON.multipliedBy(1L << Math.min(hasty, 8)))
        : interval;
  }

  private static Duration shorter(Duration one, Duration other) {
    return one.compareTo(other) < 0 ? one : other;
  }

  private Duration jittered(Duration pause) {
    double factor = 1 + JITTER * (2 * reconciler.settings().random().nextDouble() - 1);
    return Duration.ofNanos((long) (pause.toNanos() * factor));
  }

  /** Stops the loop, with half a minute for calls to end. */
  @Override
  public void close() {
    close(DEFAULT_CLOSE);
  }

  /**
   * Stops the loop. A running cycle begins no more writes; the calls that are under way may end and
   * what they did is saved. What has not ended in time is interrupted, for which it waits five
   * seconds more at most. Interrupting the calling thread ends the wait at once.
   *
   * @param atMost how long calls may take to end
   * @return the resources whose calls had not ended, so that they may still take effect; the loop's
   *     thread may still be waiting for a store or source that does not react to interruption
   */
  public List<ResourceId> close(Duration atMost) {
    stopping = true;
    triggers.add(STOP);
    for (AutoCloseable watch : watches) {
      closeQuietly(watch);
    }
    watches.clear();
    try {
      if (thread != Thread.currentThread()) {
        thread.join(Math.max(1, atMost.toMillis()));
        thread.interrupt();
        thread.join(SAVING.toMillis());
      }
    } catch (InterruptedException e) {
      thread.interrupt();
      Thread.currentThread().interrupt();
    }
    return reconciler.inDoubt();
  }

  boolean stopping() {
    return stopping;
  }

  private void closeQuietly(@Nullable AutoCloseable watch) {
    try {
      if (watch != null) {
        watch.close();
      }
    } catch (Exception e) {
      LOG.warn("{}: a watch could not be closed: {}", reconciler.name(), e.toString());
    }
  }
}
