// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.model;

import org.jspecify.annotations.Nullable;

/**
 * One live resource as it was read.
 *
 * @param <T> the embedder's type
 * @param id what it is called
 * @param value its fields; also what can only be read, such as a status, in components that Jackson
 *     ignores
 * @param version changes with every write of it (an ETag, a resourceVersion): the precondition of
 *     an update; null where the target has none
 * @param handle stays the same from its creation to its deletion and is never used again (a UID, an
 *     OID): tells a resource from one of the same name that somebody created later; null where the
 *     target has none
 * @param ownerMark the name of the reconciler that the live resource says it belongs to; null where
 *     it says nothing
 */
public record Observed<T>(
    ResourceId id,
    T value,
    @Nullable String version,
    @Nullable String handle,
    @Nullable String ownerMark) {
  /** A live resource without version, handle or mark. */
  public static <T> Observed<T> of(ResourceId id, T value) {
    return new Observed<>(id, value, null, null, null);
  }

  /** The same with a version. */
  public Observed<T> withVersion(String newVersion) {
    return new Observed<>(id, value, newVersion, handle, ownerMark);
  }

  /** The same with a handle. */
  public Observed<T> withHandle(String newHandle) {
    return new Observed<>(id, value, version, newHandle, ownerMark);
  }

  /** The same with an owner mark. */
  public Observed<T> withOwnerMark(@Nullable String reconciler) {
    return new Observed<>(id, value, version, handle, reconciler);
  }
}
