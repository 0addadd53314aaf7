// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.simulation;

import java.util.ArrayDeque;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/**
 * A thread that runs only while whoever resumed it waits: so exactly one thread runs at a time, and
 * a call can stand still in the middle while the world goes on. Threads are used again.
 */
final class Baton {
  private static final ThreadLocal<@Nullable Baton> CURRENT = new ThreadLocal<>();
  private static final ThreadLocal<ArrayDeque<Baton>> IDLE =
      ThreadLocal.withInitial(ArrayDeque::new);

  private final Semaphore go = new Semaphore(0);
  private final Semaphore back = new Semaphore(0);
  private final Thread thread = new Thread(this::run, "simulated");
  private @Nullable Runnable job;
  private boolean parked;

  private Baton() {
    thread.setDaemon(true);
    thread.start();
  }

  /** An idle one; belongs to the caller's history until it has {@link #finished}. */
  static Baton take(ArrayDeque<Baton> idle) {
    Baton baton = idle.poll();
    return baton == null ? new Baton() : baton;
  }

  /** The pool of this thread's histories. */
  static ArrayDeque<Baton> pool() {
    return IDLE.get();
  }

  /** The one whose thread is running; null on any other thread. */
  static @Nullable Baton current() {
    return CURRENT.get();
  }

  /** Runs a job until it ends or parks. */
  void start(Runnable newJob) {
    job = newJob;
    resume();
  }

  /** Lets it go on until it ends or parks again. */
  void resume() {
    parked = false;
    go.release();
    back.acquireUninterruptibly();
  }

  /** Stands still until resumed; called by the job, on its own thread. Ignores interruption. */
  void park() {
    parked = true;
    back.release();
    go.acquireUninterruptibly();
  }

  boolean finished() {
    return !parked;
  }

  boolean interrupted() {
    return thread.isInterrupted();
  }

  private void run() {
    CURRENT.set(this);
    while (true) {
      go.acquireUninterruptibly();
      try {
        Runnable now = job;
        if (now != null) {
          now.run();
        }
      } catch (Crash e) {
        // the process that this was part of is gone
      } finally {
        Thread.interrupted(); // the next job must not inherit it
        job = null;
        back.release();
      }
    }
  }
}
