// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git.provider;

import dev.gitops.core.ReconcileListener;
import dev.gitops.core.model.Plan;
import dev.gitops.core.model.ReconcileEvent;
import dev.gitops.core.model.Report;
import dev.gitops.core.report.PlanText;
import dev.gitops.core.report.ReportText;
import dev.gitops.core.spi.Timing;
import dev.gitops.git.provider.CommitStatus.State;
import java.net.URI;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.ThreadFactory;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Says at the service how each commit fares: pending while it is rolled out, then success or
 * failure with the summary of the report. An outcome is said once, not again in each cycle that
 * ends the same. A cycle never waits for the service: what is to be said is sent by a thread of its
 * own, in order, tried again for a while when the service is down, and left out when something
 * newer is to be said of the same commit.
 *
 * <p>Only cycles over everything count, and revisions that are full commit ids. Thread-safe.
 *
 * <pre>{@code
 * var statuses = StatusReporter.to(gitHub).start();
 * var topics = Reconciler.builder("topics", git).listener(statuses).build();
 * }</pre>
 */
public final class StatusReporter implements ReconcileListener, AutoCloseable {
  private static final Pattern COMMIT = Pattern.compile("[0-9a-f]{40}|[0-9a-f]{64}");
  private static final Pattern TOOK = Pattern.compile(" in [0-9.]+ m?s$");

  private final Outbox outbox;
  private final @Nullable String context;
  private final @Nullable URI link;
  private volatile boolean inCycle;
  private @Nullable Said last;

  private StatusReporter(Options options) {
    this.outbox = new Outbox(options.provider, options.timing, options.threads);
    this.context = options.context;
    this.link = options.link;
  }

  /** Reports to this repository. */
  public static Options to(Provider provider) {
    return new Options(provider);
  }

  /** How to report. Not thread-safe. */
  public static final class Options {
    private final Provider provider;
    private @Nullable String context;
    private @Nullable URI link;
    private Timing timing = Timing.system();
    private ThreadFactory threads =
        task -> {
          Thread thread = new Thread(task, "gitops-commit-status");
          thread.setDaemon(true);
          return thread;
        };

    private Options(Provider provider) {
      this.provider = provider;
    }

    /** Under this name; {@code gitops/} and the reconciler's name unless said. */
    public Options context(String name) {
      context = name;
      return this;
    }

    /** Where people can read more. */
    public Options link(URI url) {
      link = url;
      return this;
    }

    /** Another clock, for tests. */
    public Options timing(Timing newTiming) {
      timing = newTiming;
      return this;
    }

    /** Where its one thread comes from. */
    public Options threads(ThreadFactory factory) {
      threads = factory;
      return this;
    }

    /** Starts its thread; to be closed. */
    public StatusReporter start() {
      return new StatusReporter(this);
    }
  }

  /** What was said of which commit; of success the words don't count. */
  private record Said(String commit, State state, String words) {}

  @Override
  public void on(ReconcileEvent event) {
    if (event instanceof ReconcileEvent.CycleStarted) {
      inCycle = true;
    } else if (event instanceof ReconcileEvent.Planned planned && inCycle) {
      if (!planned.plan().ready().isEmpty()) {
        say(planned.plan(), State.PENDING, PlanText.summary(planned.plan()));
      }
    } else if (event instanceof ReconcileEvent.CycleEnded ended) {
      inCycle = false;
      ended(ended.report());
    }
  }

  private void ended(Report report) {
    State state =
        switch (report.status()) {
          case CONVERGED -> State.SUCCESS;
          case PROGRESSING -> State.PENDING;
          case HELD, DRIFTED, FAILED -> State.FAILURE;
          case STANDBY -> null;
        };
    if (state != null) {
      // Without the time that it took, which would be another outcome each time.
      String summary = TOOK.matcher(ReportText.summary(report)).replaceFirst("");
      String words = report.failure() == null ? summary : "FAILED: " + report.failure();
      say(report.plan(), state, words);
    }
  }

  private synchronized void say(Plan plan, State state, String words) {
    String commit = plan.revision().id();
    if (!plan.run().selection().isAll() || !COMMIT.matcher(commit).matches()) {
      return;
    }
    Said now = new Said(commit, state, state == State.SUCCESS ? "" : words);
    if (now.equals(last)) {
      return;
    }
    last = now;
    String name = context == null ? "gitops/" + plan.reconciler() : context;
    outbox.put(
        new CommitStatus(
            commit, name.length() > 100 ? name.substring(0, 100) : name, state, words, link));
  }

  /** How many statuses wait to be sent. */
  public int waiting() {
    return outbox.waiting();
  }

  /** Why the last attempt failed; null if it succeeded or there was none. */
  public @Nullable String trouble() {
    return outbox.trouble();
  }

  /** Sends what waits, for at most five seconds, and ends. */
  @Override
  public void close() {
    close(Duration.ofSeconds(5));
  }

  /**
   * Ends; idempotent.
   *
   * @param atMost for how long to try to send what waits; what is left then is lost, and logged
   */
  public void close(Duration atMost) {
    outbox.close(Objects.requireNonNull(atMost));
  }
}
