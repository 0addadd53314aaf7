// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gitops.core.contract.Faults.Operation;
import dev.gitops.core.model.Kind;
import dev.gitops.core.model.Observed;
import dev.gitops.core.model.Resource;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.model.Tree;
import dev.gitops.core.spi.ReadScope;
import dev.gitops.core.spi.Target;
import dev.gitops.core.spi.TerminalException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** The in-memory target keeps the contract whatever it can do, and breaks it only when told to. */
final class MemoryTargetTest {
  record Lamp(String color, Integer watts, String note) {}

  private static final Kind<Lamp> LAMP = Kind.of("Lamp", Lamp.class);
  private static final ResourceId ID = ResourceId.of("Lamp", "Hall", "Ceiling");
  private static final Resource<Lamp> RED = Resource.of(ID, new Lamp("red", 40, null));
  private static final Resource<Lamp> BLUE = Resource.of(ID, new Lamp("blue", 40, null));

  private abstract static class LampContract extends TargetContract<Lamp> {
    private MemoryTarget<Lamp> memory;

    private boolean broken;

    abstract MemoryOptions<Lamp> configured();

    @Override
    protected Target<Lamp> freshTarget() {
      MemoryOptions<Lamp> options = configured();
      Faults faults = options.faults;
      Fault outage = Fault.failing(new IOException("connection refused"));
      memory = options.faults(call -> broken ? outage : faults.next(call)).build();
      return memory;
    }

    @Override
    protected boolean breakSystem() {
      broken = true;
      return true;
    }

    @Override
    protected Resource<Lamp> lessDeclared(Resource<Lamp> sample) {
      return sample.withSpec(new Lamp(sample.spec().color(), null, null));
    }

    @Override
    protected Kind<Lamp> kind() {
      return LAMP;
    }

    @Override
    protected Resource<Lamp> sample(int i) {
      return Resource.of(ResourceId.of("Lamp", "Hall", "Lamp" + i), new Lamp("red", 40 + i, null));
    }

    @Override
    protected Resource<Lamp> changed(Resource<Lamp> sample) {
      return sample.withSpec(new Lamp("blue", sample.spec().watts(), null));
    }

    @Override
    protected void changeUndeclaredFields(Observed<Lamp> live) {
      memory
          .as("alice")
          .put(live.id(), new Lamp(live.value().color(), live.value().watts(), "dim it"));
    }
  }

  @Nested
  final class WithVersionsAndHandles extends LampContract {
    @Override
    MemoryOptions<Lamp> configured() {
      return MemoryTarget.options();
    }
  }

  @Nested
  final class WithoutVersionsAndHandles extends LampContract {
    @Override
    MemoryOptions<Lamp> configured() {
      return MemoryTarget.<Lamp>options().withoutVersions().withoutHandles();
    }

    @Override
    protected boolean expectsVersions() {
      return false;
    }
  }

  @Nested
  final class WithoutHandles extends LampContract {
    @Override
    MemoryOptions<Lamp> configured() {
      return MemoryTarget.<Lamp>options().withoutHandles();
    }
  }

  @Nested
  final class IgnoringPreconditions extends LampContract {
    @Override
    MemoryOptions<Lamp> configured() {
      return MemoryTarget.<Lamp>options().ignoringPreconditions();
    }

    @Override
    protected boolean honoursVersions() {
      return false;
    }

    @Override
    protected boolean honoursHandles() {
      return false;
    }
  }

  @Nested
  final class FoldingCaseAndMerging extends LampContract {
    @Override
    MemoryOptions<Lamp> configured() {
      return MemoryTarget.<Lamp>options()
          .foldingCase()
          .marking("lights")
          .merging(MemoryTargetTest::merge);
    }
  }

  @Nested
  final class Normalizing extends LampContract {
    @Override
    MemoryOptions<Lamp> configured() {
      return MemoryTarget.<Lamp>options().normalizing(MemoryTargetTest::upperCase);
    }

    @Override
    protected Kind<Lamp> kind() {
      return LAMP.normalize(MemoryTargetTest::lowerCase);
    }
  }

  @Nested
  final class EventuallyConsistent extends LampContract {
    private final AtomicLong clock = new AtomicLong();

    @Override
    MemoryOptions<Lamp> configured() {
      Fault stale = Fault.stale(Duration.ofSeconds(2));
      return MemoryTarget.<Lamp>options()
          .settling(Duration.ofSeconds(2))
          .clock(clock::get)
          .faults(call -> call.operation() == Operation.READ ? stale : Fault.NONE);
    }

    @Override
    protected void settle() {
      clock.addAndGet(Duration.ofSeconds(3).toNanos());
    }
  }

  private final Deque<Fault> next = new ArrayDeque<>();
  private final MemoryTarget<Lamp> faulty =
      MemoryTarget.<Lamp>options()
          .faults(call -> next.isEmpty() ? Fault.NONE : next.remove())
          .build();

  @Test
  void aCallThatFailsHasNoEffect() {
    next.add(Fault.failing(new TerminalException("no")));
    assertThatThrownBy(() -> faulty.create(RED)).isInstanceOf(TerminalException.class);
    assertThat(faulty.log().entries()).isEmpty();
  }

  @Test
  void aCallCanTakeEffectAndFail() {
    next.add(Fault.appliedBut(new IOException("connection reset")));
    assertThatThrownBy(() -> faulty.create(RED)).isInstanceOf(IOException.class);
    assertThat(faulty.log().live()).containsKey(ID);
  }

  @Test
  void aCallCanSucceedWithoutEffect() throws Exception {
    faulty.create(RED);
    Observed<Lamp> red = live();
    next.add(Fault.lie());
    faulty.update(red, BLUE);
    next.add(Fault.lie());
    faulty.delete(red);
    assertThat(live().value()).isEqualTo(RED.spec());
  }

  @Test
  void aReadCanLeaveSomeIdsUnknown() throws Exception {
    faulty.create(RED);
    next.add(Fault.partial(id -> true));
    var live = faulty.read(ReadScope.of(Set.of("Lamp"), Set.of(ID)));
    assertThat(live.found()).isEmpty();
    assertThat(live.unknown(ID)).isPresent();
  }

  @Test
  void aStalledCallTakesEffectLate() throws Exception {
    CountDownLatch stalled = new CountDownLatch(1);
    CountDownLatch released = new CountDownLatch(1);
    next.add(
        Fault.NONE.after(
            () -> {
              stalled.countDown();
              released.await();
            }));
    ExecutorService thread = Executors.newSingleThreadExecutor();
    try {
      Future<?> call = thread.submit(() -> faulty.create(RED));
      assertThat(stalled.await(10, TimeUnit.SECONDS)).isTrue();
      assertThat(faulty.log().live()).isEmpty();
      released.countDown();
      call.get(10, TimeUnit.SECONDS);
      assertThat(faulty.log().live()).containsKey(ID);
    } finally {
      thread.shutdownNow();
    }
  }

  @Test
  void theLogTellsWhoDidWhat() throws Exception {
    faulty.as("alice").put(ID, RED.spec());
    faulty.as("bob").update(live(), BLUE);
    faulty.as("alice").remove(ID);
    assertThat(faulty.log().entries())
        .extracting(e -> e.tick() + e.actor() + e.action() + e.value().color() + e.creator())
        .containsExactly("1aliceCREATEredalice", "2bobUPDATEbluealice", "3aliceDELETEbluealice");
    assertThat(faulty.log().since(2)).hasSize(1);
  }

  @Test
  void anOwnerMarkIsWrittenAndSurvivesForeignChanges() throws Exception {
    MemoryTarget<Lamp> marked = MemoryTarget.<Lamp>options().marking("lights").build();
    marked.create(RED);
    marked.as("alice").put(ID, BLUE.spec());
    assertThat(marked.log().live(ID).orElseThrow().mark()).isEqualTo("lights");
  }

  private Observed<Lamp> live() throws Exception {
    return faulty.read(ReadScope.everything(Set.of())).found().get(ID);
  }

  private static Lamp merge(Lamp live, Lamp desired, Set<String> removed) {
    return new Lamp(
        desired.color() == null && !removed.contains("/color") ? live.color() : desired.color(),
        desired.watts() == null && !removed.contains("/watts") ? live.watts() : desired.watts(),
        desired.note() == null && !removed.contains("/note") ? live.note() : desired.note());
  }

  private static Lamp upperCase(Lamp lamp) {
    return new Lamp(lamp.color().toUpperCase(Locale.ROOT), lamp.watts(), lamp.note());
  }

  private static Tree lowerCase(Tree tree) {
    Map<String, Object> fields = new HashMap<>(tree.fields());
    fields.computeIfPresent("color", (k, v) -> ((String) v).toLowerCase(Locale.ROOT));
    return Tree.of(fields);
  }
}
