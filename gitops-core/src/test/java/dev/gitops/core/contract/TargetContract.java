// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gitops.core.model.FieldChange;
import dev.gitops.core.model.Live;
import dev.gitops.core.model.Observed;
import dev.gitops.core.model.Resource;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.model.Tree;
import dev.gitops.core.spi.ConflictException;
import dev.gitops.core.spi.ReadScope;
import dev.gitops.core.spi.Target;
import dev.gitops.core.spi.Written;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * What every {@link Target} must do. Extend it in your adapter's tests, implement the abstract
 * methods, and inherit the tests. Each test starts with {@link #freshTarget}; what it opens, close
 * in an {@code @AfterEach} of your own.
 *
 * @param <T> the embedder's type
 */
@SuppressWarnings("JUnitMethodDeclaration") // the tests of a contract kit are public by inheritance
public abstract class TargetContract<T> extends TargetPreconditionTests<T> {
  private static final Duration SOON = Duration.ofSeconds(10);

  @Test
  void whatWasNeverCreatedIsProvenAbsent() throws Exception {
    assertAbsent(one.id());
  }

  @Test
  void whatWasCreatedIsFoundAsDeclared() throws Exception {
    target.create(one);
    assertThat(differences(found(one), one)).isEmpty();
  }

  @Test
  void whatWasCreatedIsFoundUnderItsCanonicalId() throws Exception {
    target.create(one);
    assertThat(found(one).id()).isEqualTo(one.id());
  }

  @Test
  void whatACreationAnswersIsWhatIsReadThen() throws Exception {
    Written written = target.create(one);
    assertAnswers(written, found(one));
  }

  @Test
  void aChangedDeclarationIsFoundToDiffer() throws Exception {
    target.create(one);
    assertThat(differences(found(one), changed(one))).isNotEmpty();
  }

  @Test
  void comparingWritesNothing() throws Exception {
    target.create(one);
    Observed<T> before = found(one);
    differences(before, changed(one));
    assertThat(found(one)).isEqualTo(before);
  }

  @Test
  void creatingWhatExistsIsAConflictAndLeavesItAsItWas() throws Exception {
    target.create(one);
    Observed<T> before = found(one);
    assertThatThrownBy(() -> target.create(changed(one))).isInstanceOf(ConflictException.class);
    assertThat(found(one)).isEqualTo(before);
  }

  @Test
  void updatingMakesTheDeclaredFieldsSo() throws Exception {
    target.create(one);
    Written written = target.update(found(one), changed(one));
    assertThat(differences(found(one), changed(one))).isEmpty();
    assertAnswers(written, found(one));
  }

  @Test
  void updatingResetsWhatIsNoLongerDeclared() throws Exception {
    target.create(one);
    Observed<T> before = found(one);
    Resource<T> less = lessDeclared(one);
    Tree last = kind().tree(one.spec());
    Set<String> removed =
        target.differ(kind()).diff(last, before, less).stream()
            .map(FieldChange::pointer)
            .collect(Collectors.toSet());
    T effective = kind().effective(less.spec(), before.value(), removed, target.merges());
    target.update(before, less.withSpec(effective), removed);
    assertThat(target.differ(kind()).diff(last, found(one), less)).isEmpty();
  }

  @Test
  void anUpdateWithNothingToResetMakesTheDeclaredFieldsSo() throws Exception {
    target.create(one);
    target.update(found(one), changed(one), Set.of());
    assertThat(differences(found(one), changed(one))).isEmpty();
  }

  @Test
  void anOutageIsNotAbsence() throws Exception {
    target.create(one);
    settle();
    if (breakSystem()) {
      Live<T> live;
      try {
        live = read(Set.of(one.id()));
      } catch (Exception unreachable) {
        return; // which is the other right answer
      }
      assertThat(live.unknown(one.id())).as("unknown, since it could not be read").isPresent();
    }
  }

  @Test
  void updatingLeavesUndeclaredFieldsAlone() throws Exception {
    target.create(one);
    settle();
    changeUndeclaredFields(found(one));
    settle();
    Observed<T> before = found(one);
    if (target.merges()) {
      target.update(before, changed(one));
    } else {
      Tree all = Undeclared.overlay(kind().tree(before.value()), kind().tree(changed(one).spec()));
      target.update(before, one.withSpec(kind().bind(all)));
    }
    assertThat(Undeclared.of(kind().tree(found(one).value()), kind().tree(changed(one).spec())))
        .isEqualTo(Undeclared.of(kind().tree(before.value()), kind().tree(changed(one).spec())));
  }

  @Test
  void whatWasDeletedIsProvenAbsent() throws Exception {
    target.create(one);
    target.delete(found(one));
    settle();
    assertAbsent(one.id());
  }

  @Test
  void whatWasDeletedCanBeCreatedAgain() throws Exception {
    target.create(one);
    target.delete(found(one));
    settle();
    target.create(changed(one));
    assertThat(differences(found(one), changed(one))).isEmpty();
  }

  @Test
  void deletingOneLeavesTheOthers() throws Exception {
    Resource<T> other = declared(1);
    target.create(one);
    target.create(other);
    target.delete(found(one));
    settle();
    assertAbsent(one.id());
    assertThat(differences(found(other), other)).isEmpty();
  }

  @Test
  void readingEverythingIncludesWhatWasCreated() throws Exception {
    Resource<T> other = declared(1);
    target.create(one);
    target.create(other);
    settle();
    Live<T> live = target.read(ReadScope.everything(Set.of(kind().name())));
    assertThat(live.found()).containsKeys(one.id(), other.id());
    assertThat(live.unknown(declared(2).id())).isEmpty();
  }

  @Test
  void readingSomeIdsAnswersForEachOfThem() throws Exception {
    Resource<T> other = declared(1);
    ResourceId absent = declared(2).id();
    target.create(one);
    target.create(other);
    settle();
    Live<T> live = read(Set.of(one.id(), other.id(), absent));
    assertThat(live.found()).containsKeys(one.id(), other.id()).doesNotContainKey(absent);
    assertThat(live.unknown(absent)).isEmpty();
    assertThat(differences(live.found().get(other.id()), other)).isEmpty();
  }

  @Test
  void readingNothingFindsNothingUnknown() throws Exception {
    assertThat(read(Set.of()).complete()).isTrue();
  }

  @Test
  void aCanonicalIdIsItsOwnCanonicalId() {
    ResourceId canonical = target.canonical(sample(0).id());
    assertThat(target.canonical(canonical)).isEqualTo(canonical);
    assertThat(target.canonical(sample(0).id())).isEqualTo(canonical);
    assertThat(target.canonical(sample(1).id())).isNotEqualTo(canonical);
  }

  @Test
  void theIdentityStaysTheSame() throws Exception {
    String identity = target.identity();
    target.create(one);
    assertThat(target.identity()).isEqualTo(identity);
  }

  @Test
  void whatATargetSaysOfItselfIsSound() throws Exception {
    assertThat(target.settle()).isGreaterThanOrEqualTo(Duration.ZERO);
    assertThat(target.impliedDependencies(one))
        .containsExactlyElementsOf(target.impliedDependencies(one))
        .doesNotContain(one.id());
    target.create(one);
    Observed<T> live = found(one);
    assertThat(target.health(kind()).judge(live)).isEqualTo(target.health(kind()).judge(live));
  }

  @Test
  void ofConcurrentCreationsOfOneIdExactlyOneWins() throws Exception {
    int rivals = 4;
    CountDownLatch ready = new CountDownLatch(rivals);
    ExecutorService threads = Executors.newFixedThreadPool(rivals);
    try {
      List<Future<Written>> attempts = new ArrayList<>();
      for (int i = 0; i < rivals; i++) {
        Resource<T> mine = i % 2 == 0 ? one : changed(one);
        attempts.add(
            threads.submit(
                () -> {
                  ready.countDown();
                  ready.await();
                  return target.create(mine);
                }));
      }
      int won = 0;
      for (Future<Written> attempt : attempts) {
        try {
          attempt.get(SOON.toSeconds(), TimeUnit.SECONDS);
          won++;
        } catch (ExecutionException e) {
          assertThat(e).hasCauseInstanceOf(ConflictException.class);
        }
      }
      assertThat(won).isEqualTo(1);
      assertThat(found(one).id()).isEqualTo(one.id());
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void anInterruptedCallEndsSoonAndTheTargetGoesOn() throws Exception {
    ExecutorService thread = Executors.newSingleThreadExecutor();
    try {
      Future<Boolean> call =
          thread.submit(
              () -> {
                Thread.currentThread().interrupt();
                try {
                  read(Set.of(one.id()));
                  return true;
                } catch (Exception e) {
                  return true;
                }
              });
      assertThat(call.get(SOON.toSeconds(), TimeUnit.SECONDS)).isTrue();
    } finally {
      thread.shutdownNow();
    }
    target.create(one);
    assertThat(differences(found(one), one)).isEmpty();
  }

  private static void assertAnswers(Written written, Observed<?> live) {
    if (written.version() != null) {
      assertThat(written.version()).isEqualTo(live.version());
    }
    if (written.handle() != null) {
      assertThat(written.handle()).isEqualTo(live.handle());
    }
  }
}
