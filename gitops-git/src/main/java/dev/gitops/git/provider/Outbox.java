// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git.provider;

import dev.gitops.core.report.Inert;
import dev.gitops.core.spi.Timing;
import java.io.IOException;
import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadFactory;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Statuses on their way. One for each commit and context, the newest; one thread sends them in the
 * order in which they were first put, so that none is overtaken by an older one.
 */
final class Outbox {
  private static final Logger LOG = LoggerFactory.getLogger(StatusReporter.class);
  private static final int MOST = 100;
  private static final int TRIES = 10;
  private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
  private static final Duration LONGEST_PAUSE = Duration.ofMinutes(5);
  private static final Duration IDLE = Duration.ofHours(1);

  private final Provider provider;
  private final Timing timing;
  private final Thread thread;
  private final LinkedBlockingQueue<Object> signals = new LinkedBlockingQueue<>();
  private final Map<Subject, CommitStatus> waiting = new LinkedHashMap<>();
  private @Nullable String trouble;
  private boolean closing;
  private int failures;
  private long notBefore;

  private record Subject(String commit, String context) {
    static Subject of(CommitStatus status) {
      return new Subject(status.commit(), status.context());
    }
  }

  Outbox(Provider provider, Timing timing, ThreadFactory threads) {
    this.provider = provider;
    this.timing = timing;
    this.notBefore = timing.nanos();
    this.thread = threads.newThread(this::run);
    thread.start();
  }

  /** Returns at once. */
  synchronized void put(CommitStatus status) {
    if (closing) {
      return;
    }
    waiting.put(Subject.of(status), status);
    if (waiting.size() > MOST) {
      Iterator<CommitStatus> oldest = waiting.values().iterator();
      LOG.warn("Too many commit statuses wait; not sent: {}", words(oldest.next()));
      oldest.remove();
    }
    signal();
  }

  private void signal() {
    if (signals.isEmpty()) {
      signals.add(this);
    }
  }

  synchronized int waiting() {
    return waiting.size();
  }

  synchronized @Nullable String trouble() {
    return trouble;
  }

  private void run() {
    try {
      while (true) {
        CommitStatus next = next();
        if (next != null) {
          send(next);
        } else if (isOver()) {
          return;
        } else {
          timing.await(signals, pause());
        }
      }
    } catch (InterruptedException e) {
      // Closing was to take no longer: what is left is told there.
    }
  }

  private synchronized @Nullable CommitStatus next() {
    boolean due = notBefore - timing.nanos() <= 0;
    return due && !waiting.isEmpty() ? waiting.values().iterator().next() : null;
  }

  private synchronized boolean isOver() {
    return closing && waiting.isEmpty();
  }

  private synchronized Duration pause() {
    return waiting.isEmpty() ? IDLE : Duration.ofNanos(Math.max(1, notBefore - timing.nanos()));
  }

  private void send(CommitStatus status) throws InterruptedException {
    try {
      provider.setStatus(status);
      done(status, null);
    } catch (ProviderException e) {
      failed(status, e, e.retryable(), e.retryAfter());
    } catch (IOException | RuntimeException e) {
      failed(status, e, e instanceof IOException, Duration.ZERO);
    }
  }

  private synchronized void done(CommitStatus status, @Nullable String failure) {
    // A newer one may have taken its place meanwhile.
    waiting.remove(Subject.of(status), status);
    failures = 0;
    trouble = failure;
  }

  private synchronized void failed(
      CommitStatus status, Exception e, boolean retryable, Duration after) {
    String message = Inert.text(String.valueOf(e.getMessage()), 600);
    if (!retryable || ++failures >= TRIES) {
      LOG.warn("Commit status is not sent: {}: {}", words(status), message);
      done(status, message);
      return;
    }
    Duration pause = FIRST_PAUSE.multipliedBy(1L << Math.min(failures - 1, 16));
    pause = pause.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : pause;
    pause = pause.compareTo(after) < 0 ? after : pause;
    notBefore = timing.nanos() + pause.toNanos();
    trouble = message;
    LOG.info("Commit status is sent again in {} s: {}", pause.toSeconds(), message);
  }

  private static String words(CommitStatus status) {
    return "%s of %s is %s".formatted(status.context(), status.commit(), status.state());
  }

  void close(Duration atMost) {
    synchronized (this) {
      closing = true;
      signal();
    }
    try {
      thread.join(Math.max(1, atMost.toMillis()));
      if (thread.isAlive()) {
        thread.interrupt();
        thread.join(1_000);
      }
    } catch (InterruptedException e) {
      thread.interrupt();
      Thread.currentThread().interrupt();
    }
    synchronized (this) {
      waiting.values().forEach(left -> LOG.warn("Not sent any more: {}", words(left)));
      waiting.clear();
    }
  }
}
