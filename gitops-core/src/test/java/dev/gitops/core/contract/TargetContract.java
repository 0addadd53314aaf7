// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gitops.core.model.FieldChange;
import dev.gitops.core.model.Kind;
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
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What every {@link Target} must do. Extend it in your adapter's tests, implement the abstract
 * methods, and inherit the tests. Each test starts with {@link #freshTarget}; what it opens, close
 * in an {@code @AfterEach} of your own.
 *
 * @param <T> the embedder's type
 */
@SuppressWarnings("JUnitMethodDeclaration") // the tests of a contract kit are public by inheritance
public abstract class TargetContract<T> {
  private static final Duration SOON = Duration.ofSeconds(10);

  private Target<T> target;
  private Resource<T> one;

  /** A target in which none of the samples exists. */
  protected abstract Target<T> freshTarget() throws Exception;

  /** The kind of the samples. */
  protected abstract Kind<T> kind();

  /** A declaration that can be created by itself; another id for every {@code i}, from 0 to 9. */
  protected abstract Resource<T> sample(int i);

  /** The same id, declared otherwise, so that an update in place is possible. */
  protected abstract Resource<T> changed(Resource<T> sample);

  /**
   * Changes, as somebody else would, fields that neither {@link #sample} nor {@link #changed}
   * declares. By default nothing, for systems whose resources have no other fields.
   */
  protected void changeUndeclaredFields(Observed<T> live) throws Exception {}

  /**
   * Waits, or moves the system's clock, until reads show what was written. By default nothing, for
   * systems that are never stale.
   */
  protected void settle() throws Exception {}

  /** Whether an update of a version that is not the current one is refused, where there is one. */
  protected boolean honoursVersions() {
    return true;
  }

  /** Whether a deletion by a handle that is not the current one is refused, where there is one. */
  protected boolean honoursHandles() {
    return true;
  }

  @BeforeEach
  void startFresh() throws Exception {
    target = freshTarget();
    one = declared(0);
  }

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
  void updatingWhatIsGoneIsAConflict() throws Exception {
    target.create(one);
    Observed<T> seen = found(one);
    target.delete(seen);
    settle();
    assertThatThrownBy(() -> target.update(seen, changed(one)))
        .isInstanceOf(ConflictException.class);
    assertAbsent(one.id());
  }

  @Test
  void updatingAStaleVersionIsAConflictAndLeavesItAsItWas() throws Exception {
    target.create(one);
    Observed<T> stale = found(one);
    target.update(stale, changed(one));
    Observed<T> current = found(one);
    if (current.version() != null && honoursVersions()) {
      assertThatThrownBy(() -> target.update(stale, one)).isInstanceOf(ConflictException.class);
      assertThat(found(one)).isEqualTo(current);
    } else {
      target.update(stale, one);
      assertThat(differences(found(one), one)).as("without preconditions it is written").isEmpty();
    }
  }

  @Test
  void aWriteChangesTheVersionAndNotTheHandle() throws Exception {
    target.create(one);
    Observed<T> before = found(one);
    target.update(before, changed(one));
    Observed<T> after = found(one);
    assertThat(after.handle()).isEqualTo(before.handle());
    assertThat(after.version() == null).isEqualTo(before.version() == null);
    if (after.version() != null) {
      assertThat(after.version()).isNotEqualTo(before.version());
    }
  }

  @Test
  void whatWasDeletedIsProvenAbsent() throws Exception {
    target.create(one);
    target.delete(found(one));
    settle();
    assertAbsent(one.id());
  }

  @Test
  void deletingTheAbsentSucceeds() throws Exception {
    target.create(one);
    Observed<T> seen = found(one);
    target.delete(seen);
    settle();
    target.delete(seen);
    assertAbsent(one.id());
  }

  @Test
  void deletingByAStaleHandleSparesTheSuccessor() throws Exception {
    target.create(one);
    Observed<T> predecessor = found(one);
    target.delete(predecessor);
    settle();
    target.create(one);
    Observed<T> successor = found(one);
    if (successor.handle() != null) {
      assertThat(successor.handle()).isNotEqualTo(predecessor.handle());
    }
    if (successor.handle() != null && honoursHandles()) {
      assertThatThrownBy(() -> target.delete(predecessor.withVersion(successor.version())))
          .isInstanceOf(ConflictException.class);
      assertThat(found(one)).isEqualTo(successor);
    }
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

  private Resource<T> declared(int i) {
    Resource<T> sample = sample(i);
    return sample.withId(target.canonical(sample.id()));
  }

  private Live<T> read(Set<ResourceId> ids) throws Exception {
    return target.read(ReadScope.of(Set.of(kind().name()), ids));
  }

  private Observed<T> found(Resource<T> resource) throws Exception {
    settle();
    Live<T> live = read(Set.of(resource.id()));
    assertThat(live.unknown(resource.id())).as("unknown").isEmpty();
    assertThat(live.found()).containsKey(resource.id());
    return live.found().get(resource.id());
  }

  private void assertAbsent(ResourceId id) throws Exception {
    settle();
    Live<T> live = read(Set.of(id));
    assertThat(live.found()).doesNotContainKey(id);
    assertThat(live.unknown(id)).as("unknown").isEmpty();
  }

  private List<FieldChange> differences(Observed<T> live, Resource<T> desired) throws Exception {
    return target.differ(kind()).diff(null, live, desired);
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
