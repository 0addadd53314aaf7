// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.contract;

import dev.gitops.core.model.ResourceId;
import java.time.Duration;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * How one call of a {@link MemoryTarget} goes: first it stalls, then it takes effect or does not,
 * then it fails or returns. Immutable.
 *
 * @param stall what the call waits for before anything else
 * @param takesEffect whether a write is carried out
 * @param failure what is thrown in the end; null to return normally
 * @param age how old the state is that a read shows
 * @param hidden the ids that a read reports as unknown
 */
public record Fault(
    Stall stall,
    boolean takesEffect,
    @Nullable Throwable failure,
    Duration age,
    Predicate<ResourceId> hidden) {
  /** Nothing goes wrong. */
  public static final Fault NONE = new Fault(() -> {}, true, null, Duration.ZERO, id -> false);

  private static final Fault LIE = new Fault(() -> {}, false, null, Duration.ZERO, id -> false);

  /** The call fails and has no effect; the failure is an {@link Exception} or an {@link Error}. */
  public static Fault failing(Throwable failure) {
    return LIE.withFailure(failure);
  }

  /** The call takes effect and fails nevertheless, as when the answer gets lost. */
  public static Fault appliedBut(Throwable failure) {
    return NONE.withFailure(failure);
  }

  /** The call succeeds and has no effect. */
  public static Fault lie() {
    return LIE;
  }

  /** A read shows the state as it was so long ago; honest only within the target's settle time. */
  public static Fault stale(Duration age) {
    return new Fault(NONE.stall, true, null, age, NONE.hidden);
  }

  /** A read can't tell anything about these ids. */
  public static Fault partial(Predicate<ResourceId> hidden) {
    return new Fault(NONE.stall, true, null, Duration.ZERO, hidden);
  }

  /** The same, but it stalls first. */
  public Fault after(Stall first) {
    return new Fault(first, takesEffect, failure, age, hidden);
  }

  private Fault withFailure(Throwable thrown) {
    return new Fault(stall, takesEffect, thrown, age, hidden);
  }

  /** Something to wait for. */
  @FunctionalInterface
  public interface Stall {
    /**
     * Returns when the call goes on. One that does not react to interruption makes a call whose
     * effect lands after its caller has given it up.
     *
     * @throws InterruptedException when the call ends here, without effect
     */
    void await() throws InterruptedException;
  }
}
