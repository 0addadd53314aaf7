// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core;

import dev.gitops.core.model.Plan;
import dev.gitops.core.model.ReconcileEvent;
import dev.gitops.core.model.Report;
import dev.gitops.core.model.Revision;
import dev.gitops.core.model.Run;
import dev.gitops.core.model.Snapshot;
import dev.gitops.core.spi.StateStore.StaleRecordException;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a reconciler keeps from cycle to cycle. Used by one thread at a time; opened by the first
 * cycle.
 */
final class Engine {
  private static final Logger LOG = LoggerFactory.getLogger(Reconciler.class);

  private final Settings settings;
  private final String holder;
  private final Patience patience;
  private final Events events;
  private final Doubts doubts = new Doubts();
  private @Nullable ExecutorService threads;
  private @Nullable Opened open;

  Engine(Settings settings) {
    this.settings = settings;
    this.holder = settings.name() + "-" + Long.toHexString(settings.random().nextLong());
    this.patience = new Patience(settings);
    this.events = new Events(settings);
  }

  private Opened open() throws IOException {
    Opened now = open;
    if (now == null) {
      Ledger ledger = Ledger.open(settings.store(), settings.name());
      Calls calls =
          new Calls(
              settings.executor() == null ? threads() : settings.executor(), settings.timing());
      Writer writer =
          new Writer(
              ledger.session(),
              settings.store().exclusive(),
              settings.lease(),
              settings.timing(),
              holder);
      Sourcing sourcing = new Sourcing(settings, calls);
      Rollback rollback = settings.rollsBack() ? new Rollback(settings, ledger, sourcing) : null;
      now =
          new Opened(
              settings,
              ledger,
              writer,
              new Controls(settings, ledger, settings.store().inbox(settings.name()), patience),
              new Declarations(settings, ledger.sealer()),
              new Baseline(settings),
              calls,
              sourcing,
              patience,
              doubts,
              events,
              rollback,
              rollback == null ? null : new Trials(settings, ledger, patience, events, rollback),
              settings.group() == null ? null : new Siblings(settings, ledger, settings.group()));
      open = now;
    }
    return now;
  }

  private ExecutorService threads() {
    ExecutorService now = threads;
    if (now == null) {
      AtomicInteger count = new AtomicInteger();
      now =
          virtualThreads(
              Executors.newCachedThreadPool(
                  task -> {
                    Thread thread =
                        new Thread(
                            task, "gitops-" + settings.name() + "-" + count.incrementAndGet());
                    thread.setDaemon(true);
                    return thread;
                  }));
      threads = now;
    }
    return now;
  }

  /** Virtual threads exist since Java 21, and this is compiled for 17. */
  private static ExecutorService virtualThreads(ExecutorService otherwise) {
    try {
      return (ExecutorService)
          Executors.class.getMethod("newVirtualThreadPerTaskExecutor").invoke(null);
    } catch (ReflectiveOperationException e) {
      return otherwise;
    }
  }

  Patience patience() {
    return patience;
  }

  Events events() {
    return events;
  }

  Doubts doubts() {
    return doubts;
  }

  Plan plan(Run run) {
    return planned(() -> new Cycle(open(), run).plan());
  }

  /** The plan of what is not in force; {@code open} whether all that is live may be shown. */
  Plan preview(Snapshot proposed, boolean open) {
    Run run = Run.all().at(proposed.revision().id()).because("preview");
    return planned(() -> new Cycle(open(), run).preview(proposed, open));
  }

  private Plan planned(Callable<Plan> plan) {
    try {
      return plan.call();
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new ReconcileException(
          "No plan for " + settings.name() + ": " + settings.message(e), e);
    } finally {
      leaveNothingBehind();
    }
  }

  /** A cycle; what goes wrong with it as a whole is reported, except an interruption. */
  Report reconcile(Run run, BooleanSupplier stopping) throws InterruptedException {
    long started = settings.timing().nanos();
    try {
      return new Cycle(open(), run, stopping).reconcile();
    } catch (InterruptedException e) {
      throw e;
    } catch (StaleRecordException e) {
      return ended(
          Report.Status.STANDBY,
          run,
          started,
          "another writer has taken over: " + settings.message(e));
    } catch (Exception e) {
      LOG.warn("{}: the cycle failed: {}", settings.name(), settings.message(e));
      return ended(Report.Status.FAILED, run, started, settings.message(e));
    } finally {
      leaveNothingBehind();
    }
  }

  /** A cycle that was cut short may have calls under way, which the next would take for its own. */
  private void leaveNothingBehind() {
    Opened now = open;
    if (now != null) {
      now.calls().giveUpAll();
    }
  }

  private Report ended(Report.Status status, Run run, long started, String failure) {
    Plan plan =
        new Plan(
            settings.name(),
            run,
            Revision.of("unknown"),
            Map.of(),
            settings.timing().now(),
            List.of(),
            List.of(),
            0,
            List.of());
    Duration took = Duration.ofNanos(settings.timing().nanos() - started);
    Report report = new Report(status, plan, List.of(), List.of(), Map.of(), took, failure);
    events.tell(now -> new ReconcileEvent.CycleEnded(settings.name(), now, report));
    return report;
  }

  /** Ends everything; calls that have not ended are interrupted. */
  void close() throws IOException {
    Opened now = open;
    open = null;
    try {
      if (now != null) {
        try {
          now.calls().giveUpAll();
          now.writer().release();
        } finally {
          now.ledger().close();
        }
      }
    } finally {
      if (threads != null) {
        threads.shutdownNow();
        threads = null;
      }
    }
  }
}
