// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core;

import dev.gitops.core.spi.Timing;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Calls to other people's code: on the executor, so that one which hangs stalls nobody, and bounded
 * in time. A call that is late is interrupted and given up, but remembered until it has really
 * ended, since it may still take effect. Used by one thread at a time, the cycle's; only {@link
 * Call#run} runs elsewhere.
 */
final class Calls {
  private final Executor executor;
  private final Timing timing;
  private final LinkedBlockingQueue<Call<?>> ended = new LinkedBlockingQueue<>();
  private final Set<Call<?>> running = new LinkedHashSet<>();
  private final Map<Object, Integer> stuckBySubject = new HashMap<>();
  private final List<Call<?>> late = new ArrayList<>();
  private Duration beat = Duration.ofDays(1);
  private Callable<?> heartbeat = () -> null;

  Calls(Executor executor, Timing timing) {
    this.executor = executor;
    this.timing = timing;
  }

  /** One call; its result may be read once {@link #next} has returned it. */
  static final class Call<R> implements Runnable {
    final Object subject;
    private final Callable<R> body;
    private final LinkedBlockingQueue<Call<?>> ended;
    private final long started;
    private final long deadline;
    private long finished;
    private @Nullable Thread thread;
    private boolean began;
    private boolean done;
    private boolean abandoned;
    private @Nullable R result;
    private @Nullable Throwable failure;

    private Call(
        Object subject,
        Callable<R> body,
        LinkedBlockingQueue<Call<?>> ended,
        long now,
        long deadline) {
      this.subject = subject;
      this.body = body;
      this.ended = ended;
      this.started = now;
      this.deadline = deadline;
    }

    @Override
    public void run() {
      synchronized (this) {
        if (abandoned) {
          return;
        }
        began = true;
        thread = Thread.currentThread();
      }
      R value = null;
      Throwable thrown = null;
      try {
        value = body.call();
      } catch (Throwable t) { // handed on, whatever it is: the cycle decides
        thrown = t;
      }
      synchronized (this) {
        result = value;
        failure = thrown;
        done = true;
        thread = null;
        Thread.interrupted(); // the interruption was meant for this call only
      }
      ended.add(this);
    }

    /** Gives it up; false when it had not begun, and then never will. */
    private synchronized boolean abandon() {
      abandoned = true;
      if (thread != null) {
        thread.interrupt();
      }
      return began;
    }

    /** Whether it was given up before it ended. */
    synchronized boolean timedOut() {
      return abandoned;
    }

    /** Whether it was given up after it had begun, so that it may have, or still take, effect. */
    synchronized boolean inDoubt() {
      return abandoned && began;
    }

    synchronized @Nullable Throwable failure() {
      return failure;
    }

    synchronized @Nullable R result() {
      return result;
    }

    synchronized boolean ended() {
      return done;
    }

    Duration took() {
      return Duration.ofNanos(Math.max(0, finished - started));
    }
  }

  /** Starts a call, which counts against the subject's limit until it has really ended. */
  <R> Call<R> start(Object subject, Duration timeout, Callable<R> body) {
    long now = timing.nanos();
    Call<R> call = new Call<>(subject, body, ended, now, now + timeout.toNanos());
    running.add(call);
    try {
      executor.execute(call);
    } catch (RuntimeException rejected) {
      call.failure = rejected;
      call.done = true;
      ended.add(call);
    }
    return call;
  }

  /**
   * Does this before each wait and, while waiting, this often, until everything is given up. What
   * it throws ends the wait.
   */
  void whileWaiting(Duration often, Callable<?> action) {
    beat = often;
    heartbeat = action;
  }

  private void beat() {
    try {
      heartbeat.call();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new IllegalStateException(e.toString(), e);
    }
  }

  /** How many calls to this subject were given up and have not ended yet. */
  int stuck(Object subject) {
    return stuckBySubject.getOrDefault(subject, 0);
  }

  /** The same for all subjects like this together. */
  int stuckAmong(Predicate<Object> subjects) {
    return stuckBySubject.entrySet().stream()
        .filter(entry -> subjects.test(entry.getKey()))
        .mapToInt(Map.Entry::getValue)
        .sum();
  }

  /** How many calls are under way and not given up. */
  int running() {
    return running.size();
  }

  /**
   * Waits until a call under way has ended, or is given up because its time is over; null when
   * there is none.
   */
  @Nullable Call<?> next() throws InterruptedException {
    return next(Duration.ofDays(1));
  }

  /** The same, but waits at most this long, and then returns null, too. */
  @Nullable Call<?> next(Duration atMost) throws InterruptedException {
    long until = timing.nanos() + atMost.toNanos();
    while (!running.isEmpty()) {
      beat();
      long now = timing.nanos();
      Call<?> first = null;
      for (Call<?> call : running) {
        first = first == null || call.deadline - first.deadline < 0 ? call : first;
      }
      long left =
          first == null ? 0 : Math.min(Math.min(first.deadline - now, until - now), beat.toNanos());
      Call<?> call = left > 0 ? timing.await(ended, Duration.ofNanos(left)) : ended.poll();
      if (call != null) {
        call.finished = timing.nanos();
        if (running.remove(call)) {
          return call;
        }
        forget(call);
      } else if (first != null && first.deadline - timing.nanos() <= 0) {
        return giveUp(first);
      } else if (until - timing.nanos() <= 0) {
        return null;
      }
    }
    return null;
  }

  /** A call under way that has ended, without waiting for it; null when there is none now. */
  @Nullable Call<?> poll() {
    for (Call<?> call = ended.poll(); call != null; call = ended.poll()) {
      call.finished = timing.nanos();
      if (running.remove(call)) {
        return call;
      }
      forget(call);
    }
    return null;
  }

  /** Gives up everything under way, as when the cycle itself is interrupted. */
  List<Call<?>> giveUpAll() {
    whileWaiting(Duration.ofDays(1), () -> null);
    List<Call<?>> all = new ArrayList<>(running);
    all.forEach(this::giveUp);
    return all;
  }

  /** The calls given up earlier that have really ended since the last time. */
  List<Call<?>> late() {
    List<Call<?>> inTime = new ArrayList<>();
    for (Call<?> call = ended.poll(); call != null; call = ended.poll()) {
      if (running.contains(call)) {
        inTime.add(call);
      } else {
        forget(call);
      }
    }
    ended.addAll(inTime);
    List<Call<?>> all = new ArrayList<>(late);
    late.clear();
    return all;
  }

  private Call<?> giveUp(Call<?> call) {
    running.remove(call);
    call.finished = timing.nanos();
    if (call.abandon()) {
      stuckBySubject.merge(call.subject, 1, Integer::sum);
    }
    return call;
  }

  private void forget(Call<?> call) {
    stuckBySubject.computeIfPresent(
        call.subject, (subject, count) -> count == 1 ? null : count - 1);
    late.add(call);
  }
}
