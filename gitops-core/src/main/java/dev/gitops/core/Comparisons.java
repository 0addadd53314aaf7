// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core;

import dev.gitops.core.Calls.Call;
import dev.gitops.core.model.FieldChange;
import dev.gitops.core.model.Observed;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.model.Tree;
import dev.gitops.core.spi.Differ;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/**
 * The comparisons of one look. A differ that computes is asked at once. One that blocks is called
 * on the executor, some at a time and not for too long: its answer is missing at first, and the
 * planner comes back for it.
 */
final class Comparisons {
  private final Settings settings;
  private final Calls calls;
  private final Map<Question, Answer> answers = new HashMap<>();
  private final Deque<Asked> waiting = new ArrayDeque<>();
  private final Map<Call<?>, Question> running = new LinkedHashMap<>();

  Comparisons(Settings settings, Calls calls) {
    this.settings = settings;
    this.calls = calls;
  }

  /** What is asked; in one look live and declaration of an id are always the same. */
  private record Question(Subject subject, @Nullable Tree applied) {}

  /**
   * What a call is about: one that hangs speaks against its id, many of them against the differ.
   */
  private record Subject(Differ<?> differ, ResourceId id) {}

  private record Asked(Question question, Callable<List<FieldChange>> body) {}

  private record Answer(@Nullable List<FieldChange> fields, @Nullable Exception failure) {}

  /**
   * What differs; null when it is being asked for.
   *
   * @throws Exception what the differ threw, or why it gave no answer
   */
  <T> @Nullable List<FieldChange> of(
      Route<T> route, Declared<T> declared, @Nullable Tree applied, Observed<T> live)
      throws Exception {
    if (!route.differ().blocking()) {
      try {
        return route.differ().diff(applied, live, declared.resource());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt(); // it is the cycle that was interrupted
        throw e;
      }
    }
    Question question = new Question(new Subject(route.differ(), declared.id()), applied);
    Answer answer = answers.get(question);
    if (answer == null) {
      waiting.add(
          new Asked(question, () -> route.differ().diff(applied, live, declared.resource())));
      return null;
    }
    if (answer.failure() != null) {
      throw answer.failure();
    }
    return answer.fields();
  }

  /** Asks as much as may be asked at a time; calls that hang count, and in the end forbid more. */
  void start() {
    while (!waiting.isEmpty()) {
      Asked asked = waiting.element();
      Question question = asked.question();
      int stuck = stuck(question.subject().differ());
      String obstacle =
          calls.stuck(question.subject()) > 0
              ? "an earlier comparison has not returned yet"
              : stuck >= settings.concurrency()
                  ? "the differ has " + stuck + " calls that do not return"
                  : null;
      if (obstacle != null) {
        answers.put(question, new Answer(null, new IllegalStateException(obstacle)));
      } else if (running.size() + stuck < settings.concurrency()) {
        running.put(calls.start(question.subject(), settings.timeout(), asked.body()), question);
      } else {
        return;
      }
      waiting.remove();
    }
  }

  private int stuck(Differ<?> differ) {
    return calls.stuckAmong(
        subject -> subject instanceof Subject one && one.differ().equals(differ));
  }

  /** Takes over a call that has ended; false when it is not one of these. */
  boolean accept(Call<?> call) {
    Question question = running.remove(call);
    if (question == null) {
      return false;
    }
    answers.put(question, answer(call));
    start();
    return true;
  }

  @SuppressWarnings("unchecked") // a call that is among these returns what its body returns
  private Answer answer(Call<?> call) {
    if (call.timedOut()) {
      String why =
          call.inDoubt()
              ? "the differ did not answer within " + settings.timeout()
              : "no thread was free to compare it in time";
      return new Answer(null, new IllegalStateException(why));
    } else if (call.failure() instanceof Error error) {
      throw error;
    } else if (call.failure() instanceof Exception failure) {
      return new Answer(null, failure);
    }
    List<FieldChange> fields = (List<FieldChange>) call.result();
    return fields == null
        ? new Answer(null, new IllegalStateException("the differ returned nothing"))
        : new Answer(fields, null);
  }

  /** Whether everything that was asked for is answered. */
  boolean complete() {
    return waiting.isEmpty() && running.isEmpty();
  }
}
