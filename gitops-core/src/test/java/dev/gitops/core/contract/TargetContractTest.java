// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.contract;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gitops.core.contract.Faults.Operation;
import dev.gitops.core.model.Kind;
import dev.gitops.core.model.Live;
import dev.gitops.core.model.Observed;
import dev.gitops.core.model.Resource;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.spi.ReadScope;
import dev.gitops.core.spi.Target;
import dev.gitops.core.spi.Written;
import java.io.IOException;
import java.util.Set;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** The contract sees what is wrong with a target that takes a short cut. */
class TargetContractTest {
  record Lamp(String color, Integer watts) {}

  /** A test of the contract, by its name. */
  private interface Sentence {
    void check(Kit kit) throws Exception;
  }

  @Test
  void anOutageThatIsReadAsAbsence() {
    assertSeen(
        good ->
            new ShortCut(good) {
              @Override
              public Live<Lamp> read(ReadScope scope) throws Exception {
                try {
                  return super.read(scope);
                } catch (IOException e) {
                  return Live.<Lamp>builder().build();
                }
              }
            },
        Kit::anOutageIsNotAbsence);
  }

  @Test
  void aDeletionThatDisregardsTheVersion() {
    assertSeen(
        good ->
            new ShortCut(good) {
              @Override
              public void delete(Observed<Lamp> live) throws Exception {
                super.delete(Observed.of(live.id(), live.value()).withHandle(live.handle()));
              }
            },
        Kit::deletingAStaleVersionIsAConflictAndLeavesItAsItWas);
  }

  @Test
  void anUpdateThatDisregardsTheHandle() {
    assertSeen(
        good ->
            new ShortCut(good) {
              @Override
              public Written update(Observed<Lamp> live, Resource<Lamp> to, Set<String> removed)
                  throws Exception {
                return super.update(
                    Observed.of(live.id(), live.value()).withVersion(live.version()), to, removed);
              }
            },
        Kit::updatingByAStaleHandleSparesTheSuccessor);
  }

  @Test
  void anUpdateThatDoesNothing() {
    Function<Target<Lamp>, Target<Lamp>> lazy =
        good ->
            new ShortCut(good) {
              @Override
              public Written update(Observed<Lamp> live, Resource<Lamp> to, Set<String> removed) {
                return Written.done();
              }
            };
    assertSeen(lazy, Kit::anUpdateWithNothingToResetMakesTheDeclaredFieldsSo);
    assertSeen(lazy, Kit::updatingResetsWhatIsNoLongerDeclared);
  }

  @Test
  void anUpdateThatResetsNothing() {
    assertSeen(
        good ->
            new ShortCut(good) {
              @Override
              public Written update(Observed<Lamp> live, Resource<Lamp> to, Set<String> removed)
                  throws Exception {
                return super.update(live, to, Set.of());
              }
            },
        Kit::updatingResetsWhatIsNoLongerDeclared);
  }

  @Test
  void aReadWithoutVersions() {
    assertSeen(
        good ->
            new ShortCut(good) {
              @Override
              public Live<Lamp> read(ReadScope scope) throws Exception {
                Live.Builder<Lamp> live = Live.builder();
                super.read(scope)
                    .found()
                    .values()
                    .forEach(one -> live.found(Observed.of(one.id(), one.value())));
                return live.build();
              }
            },
        Kit::whatIsReadHasAVersionUnlessTheSystemHasNone);
  }

  private static void assertSeen(Function<Target<Lamp>, Target<Lamp>> mutation, Sentence test) {
    assertThatCode(() -> run(Function.identity(), test)).doesNotThrowAnyException();
    assertThatThrownBy(() -> run(mutation, test)).isInstanceOf(AssertionError.class);
  }

  private static void run(Function<Target<Lamp>, Target<Lamp>> mutation, Sentence test)
      throws Exception {
    Kit kit = new Kit(mutation);
    kit.startFresh();
    test.check(kit);
  }

  /** Not a test class of its own: it is run on what is wrong. */
  static final class Kit extends TargetContract<Lamp> {
    private final Function<Target<Lamp>, Target<Lamp>> mutation;
    private boolean broken;

    Kit(Function<Target<Lamp>, Target<Lamp>> mutation) {
      this.mutation = mutation;
    }

    @Override
    protected Target<Lamp> freshTarget() {
      Fault outage = Fault.failing(new IOException("connection refused"));
      return mutation.apply(
          MemoryTarget.<Lamp>options()
              .merging(
                  (live, desired, removed) ->
                      new Lamp(
                          desired.color(),
                          desired.watts() == null && !removed.contains("/watts")
                              ? live.watts()
                              : desired.watts()))
              .faults(call -> broken && call.operation() == Operation.READ ? outage : Fault.NONE)
              .build());
    }

    @Override
    protected Kind<Lamp> kind() {
      return Kind.of("Lamp", Lamp.class);
    }

    @Override
    protected Resource<Lamp> sample(int i) {
      return Resource.of(ResourceId.of("Lamp", "l" + i), new Lamp("red", 40));
    }

    @Override
    protected Resource<Lamp> changed(Resource<Lamp> sample) {
      return sample.withSpec(new Lamp("blue", 40));
    }

    @Override
    protected Resource<Lamp> lessDeclared(Resource<Lamp> sample) {
      return sample.withSpec(new Lamp("red", null));
    }

    @Override
    protected boolean breakSystem() {
      broken = true;
      return true;
    }
  }

  private abstract static class ShortCut implements Target<Lamp> {
    private final Target<Lamp> good;

    ShortCut(Target<Lamp> good) {
      this.good = good;
    }

    @Override
    public Live<Lamp> read(ReadScope scope) throws Exception {
      return good.read(scope);
    }

    @Override
    public Written create(Resource<Lamp> desired) throws Exception {
      return good.create(desired);
    }

    @Override
    public Written update(Observed<Lamp> live, Resource<Lamp> desired) throws Exception {
      return update(live, desired, Set.of());
    }

    @Override
    public Written update(Observed<Lamp> live, Resource<Lamp> desired, Set<String> removed)
        throws Exception {
      return good.update(live, desired, removed);
    }

    @Override
    public void delete(Observed<Lamp> live) throws Exception {
      good.delete(live);
    }

    @Override
    public boolean merges() {
      return good.merges();
    }
  }
}
