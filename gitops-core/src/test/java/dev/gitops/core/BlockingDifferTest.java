// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gitops.core.model.Block.Reason;
import dev.gitops.core.model.Change;
import dev.gitops.core.model.FieldChange;
import dev.gitops.core.model.Kind;
import dev.gitops.core.model.Observed;
import dev.gitops.core.model.Report;
import dev.gitops.core.model.Report.Status;
import dev.gitops.core.model.Resource;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.model.Tree;
import dev.gitops.core.spi.Differ;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Histories of a differ that asks a server, which may be slow, hang or fail. */
class BlockingDifferTest extends TopicHistory {
  private final Asking differ = new Asking();

  /** What happens before an answer is given, by name. */
  @FunctionalInterface
  private interface Before {
    void answer(String name) throws Exception;
  }

  private static final class Asking implements Differ<Topic> {
    private final Differ<Topic> rules = Differ.declaredFields(Kind.of("Topic", Topic.class));
    private final List<String> asked = Collections.synchronizedList(new ArrayList<>());
    private final AtomicInteger atOnce = new AtomicInteger();
    private final AtomicInteger mostAtOnce = new AtomicInteger();
    private volatile Before before = name -> {};

    @Override
    public boolean blocking() {
      return true;
    }

    @Override
    public List<FieldChange> diff(
        @Nullable Tree lastApplied, Observed<Topic> live, Resource<Topic> desired)
        throws Exception {
      mostAtOnce.accumulateAndGet(atOnce.incrementAndGet(), Math::max);
      try {
        asked.add(desired.id().name());
        before.answer(desired.id().name());
        return rules.diff(lastApplied, live, desired);
      } finally {
        atOnce.decrementAndGet();
      }
    }
  }

  @BeforeEach
  void withTheDiffer() {
    restart(asking());
  }

  private ReconcilerBuilder asking() {
    return Reconciler.builder("topics", git)
        .route(
            Kind.of("Topic", Topic.class),
            new Delegating<>(target) {
              @Override
              public Differ<Topic> differ(Kind<Topic> kind) {
                return differ;
              }
            })
        .store(store)
        .retry(Duration.ofMillis(1), Duration.ofMillis(2));
  }

  private void changed(String... names) {
    for (String name : names) {
      target.as("bob").put(ResourceId.of("Topic", name), new Topic(9L, null));
    }
  }

  private void declare(String... names) {
    for (String name : names) {
      git.declare("Topic/" + name, Map.of("partitions", 1));
    }
  }

  private static @Nullable Change of(Report report, String name) {
    return report.remaining().stream()
        .filter(change -> change.id().name().equals(name))
        .findFirst()
        .orElse(null);
  }

  @Test
  void whatItSaysIsDone() {
    declare("a", "b");
    target.as("bob").put(ResourceId.of("Topic", "b"), new Topic(1L, null)); // found as declared
    assertThat(reconciler.reconcile().status()).isEqualTo(Status.CONVERGED);
    changed("a");
    assertThat(only(reconciler.plan()).cause()).isEqualTo(Change.Cause.DRIFT);
    git.declare("Topic/b", Map.of("partitions", 2));
    assertThat(reconciler.reconcile().status()).isEqualTo(Status.CONVERGED);
    assertThat(live("a").partitions()).isEqualTo(1L);
    assertThat(live("b").partitions()).isEqualTo(2L);
  }

  @Test
  void itIsAskedFromSeveralThreadsButNotFromMoreThanAllowed() {
    restart(asking().concurrency(3));
    String[] names = {"a", "b", "c", "d", "e", "f", "g"};
    declare(names);
    reconciler.reconcile();
    changed(names);
    CountDownLatch together = new CountDownLatch(3);
    differ.before =
        name -> {
          together.countDown();
          together.await();
        };
    assertThat(reconciler.plan().ready()).hasSize(7);
    assertThat(differ.mostAtOnce).hasValue(3);
  }

  @Test
  void oneThatHangsStopsItsResourceOnlyAndIsNotAskedAgainMeanwhile() {
    restart(asking().timeout(Duration.ofSeconds(2)));
    declare("a", "b");
    reconciler.reconcile();
    changed("a", "b");
    CountDownLatch back = new CountDownLatch(1);
    differ.before =
        name -> {
          if (name.equals("a")) {
            uninterruptibly(back);
          }
        };
    Report report = reconciler.reconcile();
    assertThat(live("b").partitions()).isEqualTo(1L);
    assertThat(live("a").partitions()).isEqualTo(9L);
    assertThat(of(report, "a").block().reason()).isEqualTo(Reason.UNKNOWN);
    assertThat(of(report, "a").block().message())
        .isEqualTo("could not be compared: the differ did not answer within PT2S");
    Report next = reconciler.reconcile();
    assertThat(of(next, "a").block().message())
        .isEqualTo("could not be compared: an earlier comparison has not returned yet");
    assertThat(differ.asked.stream().filter("a"::equals)).hasSize(1);
    back.countDown();
    while (live("a").partitions() != 1L) { // as soon as that call has really ended
      reconciler.reconcile();
    }
  }

  @Test
  void oneOfWhichManyCallsHangIsLeftAlone() {
    restart(asking().timeout(Duration.ofSeconds(2)).concurrency(2));
    declare("a", "b", "c", "d");
    reconciler.reconcile();
    changed("a", "b", "c", "d");
    CountDownLatch back = new CountDownLatch(1);
    differ.before = name -> uninterruptibly(back);
    Report report = reconciler.reconcile();
    assertThat(differ.asked).hasSize(2);
    assertThat(report.remaining())
        .extracting(change -> change.block().message())
        .filteredOn(message -> message.endsWith("the differ has 2 calls that do not return"))
        .hasSize(2);
    back.countDown();
  }

  @Test
  void whatItThrowsStopsItsResourceOnly() {
    declare("a", "b");
    reconciler.reconcile();
    changed("a", "b");
    differ.before =
        name -> {
          if (name.equals("a")) {
            throw new IOException("dry run refused");
          }
        };
    Report report = reconciler.reconcile();
    assertThat(of(report, "a").block().toString())
        .isEqualTo("UNKNOWN: could not be compared: dry run refused");
    assertThat(live("b").partitions()).isEqualTo(1L);
  }

  @Test
  void dependentsWaitForWhatCouldNotBeComparedAfterItWasWritten() {
    git.declare("Topic/a", Map.of("partitions", 1));
    git.declare("Topic/b", Map.of("partitions", 1), dependingOn("Topic/a"));
    differ.before =
        name -> {
          throw new IOException("dry run refused");
        };
    target =
        target(); // a target whose answer differs from what was declared, so that it is compared
    target.as("bob").put(ResourceId.of("Topic", "a"), new Topic(1L, "bob"));
    restart(asking());
    Report report = reconciler.reconcile();
    assertThat(of(report, "a").block().reason()).isEqualTo(Reason.UNKNOWN);
    assertThat(live("b")).isNull();
    differ.before = name -> {};
    assertThat(reconciler.reconcile().status()).isEqualTo(Status.CONVERGED);
    assertThat(live("b")).isNotNull();
  }

  @Test
  void theCycleIsInterruptedWhileItCompares() {
    declare("a");
    reconciler.reconcile();
    changed("a");
    Thread cycle = Thread.currentThread();
    CountDownLatch interrupted = new CountDownLatch(1);
    differ.before =
        name -> {
          cycle.interrupt();
          try {
            new CountDownLatch(1).await();
          } catch (InterruptedException e) {
            interrupted.countDown();
            throw e;
          }
        };
    assertThatThrownBy(reconciler::reconcile).isInstanceOf(ReconcileException.class);
    assertThat(Thread.interrupted()).isTrue();
    uninterruptibly(interrupted); // the call was told, too
    differ.before = name -> {};
    while (live("a").partitions() != 1L) {
      reconciler.reconcile();
    }
  }

  @Test
  void anErrorEndsTheCycle() {
    declare("a");
    reconciler.reconcile();
    changed("a");
    differ.before =
        name -> {
          throw new StackOverflowError();
        };
    assertThatThrownBy(reconciler::reconcile).isInstanceOf(StackOverflowError.class);
  }
}
