// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.contract;

import dev.gitops.core.model.ResourceId;
import org.jspecify.annotations.Nullable;

/**
 * Decides how each call of a {@link MemoryTarget} goes wrong, if it does. Called by the thread that
 * calls the target, outside of any lock, once before each call; what it throws is what the call
 * throws, without any effect.
 */
@FunctionalInterface
public interface Faults {
  /** How this call goes. */
  Fault next(Call call);

  /** Nothing ever goes wrong. */
  static Faults none() {
    return call -> Fault.NONE;
  }

  /**
   * A call of a target.
   *
   * @param actor on whose behalf
   * @param operation what is called
   * @param id the resource, in canonical form; null for a read and for the identity
   */
  record Call(String actor, Operation operation, @Nullable ResourceId id) {}

  /** What is called. */
  enum Operation {
    /** {@code Target.identity()}. */
    IDENTITY,
    /** A read, of some ids or of everything. */
    READ,
    /** A creation. */
    CREATE,
    /** An update. */
    UPDATE,
    /** A deletion. */
    DELETE
  }
}
