// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gitops.core.Calls.Call;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** Calls on an executor that runs nothing by itself, in time that passes when told to. */
class CallsTest {
  private static final Duration SECOND = Duration.ofSeconds(1);

  private final ManualTiming timing = new ManualTiming();
  private final Deque<Runnable> queued = new ArrayDeque<>();
  private final Calls calls = new Calls(queued::add, timing);

  private void runNext() {
    queued.remove().run();
  }

  @Example
  void aCallThatEndsInTimeGivesItsResult() throws Exception {
    Call<String> call = calls.start("db", SECOND, () -> "done");
    timing.meanwhile.add(this::runNext);

    assertThat(calls.next()).isSameAs(call);
    assertThat(call.result()).isEqualTo("done");
    assertThat(call.failure()).isNull();
    assertThat(call.timedOut()).isFalse();
    assertThat(call.took()).isZero();
    assertThat(calls.running()).isZero();
    assertThat(calls.next()).isNull();
  }

  @Example
  void aCallThatThrowsGivesWhateverItThrew() throws Exception {
    Error broken = new LinkageError("broken");
    Call<String> call =
        calls.start(
            "db",
            SECOND,
            () -> {
              throw broken;
            });
    runNext();

    assertThat(calls.next()).isSameAs(call);
    assertThat(call.failure()).isSameAs(broken);
    assertThat(call.result()).isNull();
  }

  @Example
  void aCallThatTheExecutorRefusesHasFailed() throws Exception {
    RejectedExecutionException full = new RejectedExecutionException("full");
    Calls refused =
        new Calls(
            task -> {
              throw full;
            },
            timing);
    Call<String> call = refused.start("db", SECOND, () -> "never");

    assertThat(refused.next()).isSameAs(call);
    assertThat(call.failure()).isSameAs(full);
    assertThat(call.timedOut()).isFalse();
    assertThat(call.inDoubt()).isFalse();
    assertThat(refused.running()).isZero();
  }

  @Example
  void aCallThatNeverBeganIsGivenUpAndThenNeverDone() throws Exception {
    List<String> effects = new ArrayList<>();
    Call<Boolean> call = calls.start("db", SECOND, () -> effects.add("written"));

    assertThat(calls.next()).isSameAs(call);
    assertThat(call.timedOut()).isTrue();
    assertThat(call.inDoubt()).isFalse();
    assertThat(call.took()).isEqualTo(SECOND);
    assertThat(calls.stuck("db")).isZero();

    runNext();
    assertThat(effects).isEmpty();
    assertThat(calls.late()).isEmpty();
  }

  @Example
  void aCallGivenUpAfterItBeganCountsAsStuckUntilItHasEnded() throws Exception {
    List<Call<?>> given = new ArrayList<>();
    Call<String> call =
        calls.start(
            "db",
            SECOND,
            () -> {
              given.add(calls.next()); // while this call hangs, the cycle waits for it
              assertThat(calls.stuck("db")).isEqualTo(1);
              assertThat(calls.stuck("dns")).isZero();
              assertThat(calls.late()).isEmpty();
              return "after all";
            });
    runNext();

    assertThat(given).containsExactly(call);
    assertThat(call.timedOut()).isTrue();
    assertThat(call.inDoubt()).isTrue();
    assertThat(calls.stuck("db")).as("not known to have ended yet").isEqualTo(1);

    List<Call<?>> ended = calls.late();
    assertThat(ended.size()).isEqualTo(1);
    assertThat(ended.get(0)).isSameAs(call);
    assertThat(call.result()).isEqualTo("after all");
    assertThat(calls.stuck("db")).isZero();
    assertThat(calls.late()).isEmpty();
  }

  @Example
  void theCallWhoseTimeEndsFirstIsGivenUpFirstWheneverItStarted() throws Exception {
    Call<String> patient = calls.start("db", SECOND.multipliedBy(3), () -> "");
    Call<String> hasty = calls.start("db", SECOND, () -> "");

    assertThat(calls.next()).isSameAs(hasty);
    assertThat(calls.next()).isSameAs(patient);
    assertThat(patient.took()).isEqualTo(SECOND.multipliedBy(3));
  }

  @Example
  void whatHasEndedCountsEvenIfItsTimeIsOverWhenSomebodyLooks() throws Exception {
    Call<String> call = calls.start("db", SECOND, () -> "in time");
    runNext();
    timing.pass(SECOND.multipliedBy(5));

    assertThat(calls.next()).isSameAs(call);
    assertThat(call.timedOut()).isFalse();
  }

  @Example
  void waitingIsBoundedByTheOneWhoWaits() throws Exception {
    calls.start("db", SECOND.multipliedBy(9), () -> "");
    long before = timing.nanos();

    assertThat(calls.next(SECOND)).isNull();
    assertThat(timing.nanos() - before).isEqualTo(SECOND.toNanos());
    assertThat(calls.running()).isEqualTo(1);
  }

  @Example
  void pollingTakesWhatHasEndedAndWaitsForNothing() {
    Call<String> first = calls.start("db", SECOND, () -> "");
    calls.start("db", SECOND, () -> "");
    long before = timing.nanos();
    assertThat(calls.poll()).isNull();
    runNext();

    assertThat(calls.poll()).isSameAs(first);
    assertThat(calls.poll()).isNull();
    assertThat(timing.nanos()).isEqualTo(before);
  }

  @Example
  void givingUpEverythingReturnsWhatWasUnderWay() {
    Call<String> one = calls.start("db", SECOND, () -> "");
    Call<String> other = calls.start("dns", SECOND, () -> "");

    assertThat(calls.giveUpAll()).hasSize(2).contains(one, other);
    assertThat(calls.running()).isZero();
    assertThat(calls.giveUpAll()).isEmpty();
  }

  @Example
  void givingUpInterruptsTheCallAndOnlyTheCall() throws Exception {
    CountDownLatch began = new CountDownLatch(1);
    List<Boolean> interruptedAfterwards = new ArrayList<>();
    Deque<Thread> threads = new ArrayDeque<>();
    Calls threaded =
        new Calls(
            task -> {
              Thread thread =
                  new Thread(
                      () -> {
                        task.run();
                        interruptedAfterwards.add(Thread.currentThread().isInterrupted());
                      });
              threads.add(thread);
              thread.start();
            },
            timing);
    Call<String> call =
        threaded.start(
            "db",
            SECOND,
            () -> {
              began.countDown();
              try {
                new CountDownLatch(1).await(); // hangs until it is interrupted
                return "";
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt(); // as well-behaved clients do
                return "interrupted";
              }
            });
    began.await();

    assertThat(threaded.next()).isSameAs(call);
    threads.remove().join();
    assertThat(call.ended()).isTrue();
    assertThat(call.result()).isEqualTo("interrupted");
    assertThat(interruptedAfterwards).containsExactly(false);
    assertThat(threaded.late().size()).isEqualTo(1);
  }

  /**
   * One thing that happens; calls in progress hang for as long as further things happen in them.
   */
  record Step(Kind kind, int number) {
    enum Kind {
      START,
      BEGIN,
      END,
      NEXT,
      POLL,
      LATE,
      GIVE_UP_ALL,
      PASS
    }
  }

  @Provide
  Arbitrary<List<Step>> histories() {
    return Combinators.combine(
            Arbitraries.of(Step.Kind.values()), Arbitraries.integers().between(0, 5))
        .as(Step::new)
        .list()
        .ofMaxSize(60);
  }

  @Property(tries = 2_000)
  void everyCallIsHandedOutOnceAndStuckUntilItIsKnownToHaveEnded(
      @ForAll("histories") List<Step> steps) throws Exception {
    new History(steps).run();
  }

  /** Plays a history on real calls beside a model of what must be true of them. */
  private static final class History {
    private enum State {
      QUEUED,
      BEGUN,
      ENDED
    }

    private final ManualTiming timing = new ManualTiming();
    private final Deque<Runnable> queued = new ArrayDeque<>();
    private final Calls calls = new Calls(queued::add, timing);
    private final Deque<Step> steps;
    private final Map<Call<?>, State> states = new LinkedHashMap<>();
    private final Map<Call<?>, Long> deadlines = new HashMap<>();
    private final Set<Call<?>> handedOut = new HashSet<>();
    private final Set<Call<?>> doubted = new HashSet<>();
    private final Set<Call<?>> lateSeen = new HashSet<>();
    private final Map<String, Integer> begun = new HashMap<>();

    History(List<Step> steps) {
      this.steps = new ArrayDeque<>(steps);
    }

    void run() throws Exception {
      play(0);
      while (!queued.isEmpty()) {
        queued.remove().run();
      }
      while (calls.running() > 0) {
        took(calls.next());
      }
      late();
      assertThat(handedOut).isEqualTo(states.keySet());
      assertThat(lateSeen).as("everything in doubt has ended").isEqualTo(doubted);
      states.keySet().forEach(call -> assertThat(calls.stuck(call.subject)).isZero());
    }

    /** Returns at an END, which ends the call that was begun last. */
    private void play(int depth) throws Exception {
      while (!steps.isEmpty()) {
        Step step = steps.remove();
        switch (step.kind()) {
          case START -> start(step.number());
          case BEGIN -> {
            if (!queued.isEmpty()) {
              queued.remove().run();
            }
          }
          case END -> {
            if (depth > 0) {
              return;
            }
          }
          case NEXT -> next(Duration.ofSeconds(step.number()));
          case POLL -> {
            Call<?> call = calls.poll();
            assertThat(call == null || states.get(call) == State.ENDED).isTrue();
            took(call);
          }
          case LATE -> late();
          case GIVE_UP_ALL -> calls.giveUpAll().forEach(this::took);
          case PASS -> timing.pass(Duration.ofSeconds(step.number()));
        }
        check();
      }
    }

    private void start(int seconds) {
      String subject = "target " + seconds % 2;
      List<Call<?>> self = new ArrayList<>();
      Duration timeout = Duration.ofSeconds(1 + seconds);
      Call<String> call =
          calls.start(
              subject,
              timeout,
              () -> {
                Call<?> me = self.get(0);
                assertThat(handedOut).as("never begins after it was given up").doesNotContain(me);
                states.put(me, State.BEGUN);
                begun.merge(subject, 1, Integer::sum);
                play(1);
                states.put(me, State.ENDED);
                begun.merge(subject, -1, Integer::sum);
                return "done";
              });
      self.add(call);
      states.put(call, State.QUEUED);
      deadlines.put(call, timing.nanos() + timeout.toNanos());
    }

    private void next(Duration atMost) throws Exception {
      int before = calls.running();
      long until = timing.nanos() + atMost.toNanos();
      Call<?> call = calls.next(atMost);
      if (call == null) {
        assertThat(before == 0 || timing.nanos() - until >= 0).isTrue();
      } else if (call.timedOut()) {
        assertThat(timing.nanos() - deadlines.get(call)).isNotNegative();
        assertThat(states.get(call)).isNotEqualTo(State.ENDED);
      } else {
        assertThat(states.get(call)).isEqualTo(State.ENDED);
      }
      took(call);
    }

    private void took(Call<?> call) {
      if (call != null) {
        assertThat(handedOut.add(call)).as("handed out once").isTrue();
        assertThat(call.inDoubt()).isEqualTo(call.timedOut() && states.get(call) != State.QUEUED);
        if (call.inDoubt()) {
          doubted.add(call);
        }
      }
    }

    private void late() {
      for (Call<?> call : calls.late()) {
        assertThat(doubted).contains(call);
        assertThat(states.get(call)).isEqualTo(State.ENDED);
        assertThat(lateSeen.add(call)).as("late once").isTrue();
      }
    }

    private void check() {
      assertThat(calls.running()).isEqualTo(states.size() - handedOut.size());
      for (String subject : begun.keySet()) {
        long hanging =
            doubted.stream()
                .filter(call -> call.subject.equals(subject) && states.get(call) == State.BEGUN)
                .count();
        long known =
            doubted.stream()
                .filter(call -> call.subject.equals(subject) && !lateSeen.contains(call))
                .count();
        assertThat((long) calls.stuck(subject)).isBetween(hanging, known);
      }
    }
  }
}
