// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.spi;

import dev.gitops.core.model.Observed;
import dev.gitops.core.model.Resource;
import java.util.Set;

/**
 * Writes to a target, synchronously: when a method returns, the target has accepted the write. An
 * interrupted method ends soon, by an exception; until it has ended the engine starts nothing else
 * on that id.
 *
 * <p>{@link TerminalException}: the same declaration can't succeed, so it is not tried again.
 * {@link ConflictException}: somebody was faster, so it is read again. {@link RetryAfterException}:
 * not before then. Anything else: the write may or may not have taken effect; it is read again and
 * tried again later.
 *
 * @param <T> the embedder's type
 */
public interface Applier<T> {
  /**
   * Creates a resource only if it is absent.
   *
   * @throws ConflictException when it exists already; it is then left as it is
   */
  Written create(Resource<T> desired) throws Exception;

  /**
   * Makes the declared fields of an existing resource what they should be and leaves the others
   * alone. Where the target can, the version and handle of {@code live} are preconditions.
   *
   * @throws ConflictException when it is no longer what {@code live} says, or gone
   */
  Written update(Observed<T> live, Resource<T> desired) throws Exception;

  /**
   * Deletes a resource; the absent is deleted already. Where the target can, the version and handle
   * of {@code live} are preconditions, so that a resource which somebody else created under this
   * name survives.
   *
   * @throws ConflictException when it is no longer what {@code live} says
   */
  void delete(Observed<T> live) throws Exception;

  /**
   * Like {@link #update}, and resets fields which were declared when they were last applied and no
   * longer are. A target whose optional fields can be unset overrides this; otherwise those fields
   * go on to be reported as different.
   *
   * @param removed the fields to reset, absent from {@code desired}: JSON Pointers, in which an
   *     element of a keyed list reads {@code key=value} and one of a set-like list {@code =value}
   *     instead of its index, as in {@link dev.gitops.core.model.FieldChange}
   */
  default Written update(Observed<T> live, Resource<T> desired, Set<String> removed)
      throws Exception {
    return update(live, desired);
  }
}
