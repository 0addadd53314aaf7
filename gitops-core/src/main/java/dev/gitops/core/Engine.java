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
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
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
  private final Doubts doubts = new Doubts();
  private @Nullable ExecutorService threads;
  private @Nullable Open open;

  Engine(Settings settings) {
    this.settings = settings;
    this.holder = settings.name() + "-" + Long.toHexString(settings.random().nextLong());
    this.patience = new Patience(settings);
  }

  /** What exists once the store is open. */
  private record Open(
      Ledger ledger,
      Writer writer,
      Controls controls,
      Declarations declarations,
      Calls calls,
      Sourcing sourcing,
      @Nullable Siblings siblings) {}

  private Open open() throws IOException {
    Open now = open;
    if (now == null) {
      Ledger ledger = Ledger.open(settings.store(), settings.name());
      Calls calls =
          new Calls(
              settings.executor() == null ? threads() : settings.executor(), settings.timing());
      now =
          new Open(
              ledger,
              new Writer(
                  ledger.session(), exclusive(), settings.lease(), settings.timing(), holder),
              new Controls(settings, ledger, settings.store().inbox(settings.name()), patience),
              new Declarations(settings, ledger.sealer()),
              calls,
              new Sourcing(settings, calls),
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

  private Open opened() {
    Open now = open;
    if (now == null) {
      throw new IllegalStateException("not open");
    }
    return now;
  }

  Settings settings() {
    return settings;
  }

  Ledger ledger() {
    return opened().ledger();
  }

  Writer writer() {
    return opened().writer();
  }

  Controls controls() {
    return opened().controls();
  }

  Declarations declarations() {
    return opened().declarations();
  }

  Calls calls() {
    return opened().calls();
  }

  Sourcing sourcing() {
    return opened().sourcing();
  }

  /** The other reconcilers of its group; null when it is in none. */
  @Nullable Siblings siblings() {
    return opened().siblings();
  }

  Patience patience() {
    return patience;
  }

  Doubts doubts() {
    return doubts;
  }

  boolean exclusive() {
    return settings.store().exclusive();
  }

  /** What decides which resources can be declared at all. */
  String sourceIdentity() {
    return settings.source().identity()
        + " kinds="
        + String.join(",", new TreeSet<>(settings.routes().keySet()));
  }

  /** Takes the right to write; what another writer may have changed is read again. */
  boolean acquire() throws Exception {
    long before = writer().epoch();
    if (!writer().acquire()) {
      return false;
    }
    ledger().refresh(writer().epoch() != before);
    return true;
  }

  Plan plan(Run run) {
    return planned(() -> new Cycle(this, run).plan());
  }

  /** The plan of what is not in force; {@code open} whether all that is live may be shown. */
  Plan preview(Snapshot proposed, boolean open) {
    Run run = Run.all().at(proposed.revision().id()).because("preview");
    return planned(() -> new Cycle(this, run, proposed).preview(open));
  }

  private Plan planned(Callable<Plan> plan) {
    try {
      open();
      return plan.call();
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new ReconcileException("No plan for " + settings.name() + ": " + message(e), e);
    } finally {
      leaveNothingBehind();
    }
  }

  /** A cycle; what goes wrong with it as a whole is reported, except an interruption. */
  Report reconcile(Run run) throws InterruptedException {
    long started = settings.timing().nanos();
    try {
      open();
      return new Cycle(this, run).reconcile();
    } catch (InterruptedException e) {
      throw e;
    } catch (StaleRecordException e) {
      return ended(
          Report.Status.STANDBY, run, started, "another writer has taken over: " + message(e));
    } catch (Exception e) {
      LOG.warn("{}: the cycle failed: {}", settings.name(), message(e));
      return ended(Report.Status.FAILED, run, started, message(e));
    } finally {
      leaveNothingBehind();
    }
  }

  /** A cycle that was cut short may have calls under way, which the next would take for its own. */
  private void leaveNothingBehind() {
    Open now = open;
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
    tell(new ReconcileEvent.CycleEnded(settings.name(), settings.timing().now(), report));
    return report;
  }

  String message(Throwable thrown) {
    String text = thrown.getMessage();
    return settings.secrets().scrub(text == null || text.isBlank() ? thrown.toString() : text);
  }

  void tell(ReconcileEvent event) {
    for (ReconcileListener listener : settings.listeners()) {
      try {
        listener.on(event);
      } catch (RuntimeException e) {
        LOG.warn("{}: a listener failed: {}", settings.name(), message(e));
      }
    }
  }

  /** Ends everything; calls that have not ended are interrupted. */
  void close() throws IOException {
    Open now = open;
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
