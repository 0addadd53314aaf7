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
import dev.gitops.core.spi.ConflictException;
import dev.gitops.core.spi.ReadScope;
import dev.gitops.core.spi.Target;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The part of {@link TargetContract} about what must still be so when a write is made. */
@SuppressWarnings("JUnitMethodDeclaration") // the tests of a contract kit are public by inheritance
abstract class TargetPreconditionTests<T> {
  Target<T> target;
  Resource<T> one;

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
   * The same id, with fewer fields declared, for systems that can reset a field which is no longer
   * declared. By default the sample itself.
   */
  protected Resource<T> lessDeclared(Resource<T> sample) {
    return sample;
  }

  /**
   * Makes the system unreachable for the rest of the test (stop the server, close the connection),
   * and says whether it could. By default it can't, and outages are not tested.
   */
  protected boolean breakSystem() throws Exception {
    return false;
  }

  /**
   * Waits, or moves the system's clock, until reads show what was written. By default nothing, for
   * systems that are never stale.
   */
  protected void settle() throws Exception {}

  /**
   * Whether what is read has versions, so that an update or a deletion can be refused when somebody
   * else was faster. Without them such a write may undo what they did: override this if the system
   * can't do better.
   */
  protected boolean expectsVersions() {
    return true;
  }

  /** Whether a write to a version that is not the current one is refused, where there is one. */
  protected boolean honoursVersions() {
    return true;
  }

  /** Whether a write by a handle that is not the current one is refused, where there is one. */
  protected boolean honoursHandles() {
    return true;
  }

  @BeforeEach
  void startFresh() throws Exception {
    target = freshTarget();
    one = declared(0);
  }

  @Test
  void whatIsReadHasAVersionUnlessTheSystemHasNone() throws Exception {
    target.create(one);
    assertThat(found(one).version() != null)
        .as("has a version; see expectsVersions")
        .isEqualTo(expectsVersions());
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
  void updatingByAStaleHandleSparesTheSuccessor() throws Exception {
    target.create(one);
    Observed<T> predecessor = found(one);
    target.delete(predecessor);
    settle();
    target.create(one);
    Observed<T> successor = found(one);
    if (successor.handle() != null && honoursHandles()) {
      Observed<T> seen = predecessor.withVersion(successor.version());
      assertThatThrownBy(() -> target.update(seen, changed(one), Set.of()))
          .isInstanceOf(ConflictException.class);
      assertThat(found(one)).isEqualTo(successor);
    }
  }

  @Test
  void deletingAStaleVersionIsAConflictAndLeavesItAsItWas() throws Exception {
    target.create(one);
    Observed<T> stale = found(one);
    target.update(stale, changed(one), Set.of());
    Observed<T> current = found(one);
    if (current.version() != null && honoursVersions()) {
      assertThatThrownBy(() -> target.delete(stale)).isInstanceOf(ConflictException.class);
      assertThat(found(one)).isEqualTo(current);
    }
  }

  Resource<T> declared(int i) {
    Resource<T> sample = sample(i);
    return sample.withId(target.canonical(sample.id()));
  }

  Live<T> read(Set<ResourceId> ids) throws Exception {
    return target.read(ReadScope.of(Set.of(kind().name()), ids));
  }

  Observed<T> found(Resource<T> resource) throws Exception {
    settle();
    Live<T> live = read(Set.of(resource.id()));
    assertThat(live.unknown(resource.id())).as("unknown").isEmpty();
    assertThat(live.found()).containsKey(resource.id());
    return live.found().get(resource.id());
  }

  void assertAbsent(ResourceId id) throws Exception {
    settle();
    Live<T> live = read(Set.of(id));
    assertThat(live.found()).doesNotContainKey(id);
    assertThat(live.unknown(id)).as("unknown").isEmpty();
  }

  List<FieldChange> differences(Observed<T> live, Resource<T> desired) throws Exception {
    return target.differ(kind()).diff(null, live, desired);
  }
}
