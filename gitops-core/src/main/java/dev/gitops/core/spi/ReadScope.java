// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.spi;

import dev.gitops.core.model.ResourceId;
import java.util.Collections;
import java.util.Set;

/**
 * What to read: the given ids, or everything that there is.
 *
 * @param everything whether to read all that there is of {@code kinds}; then {@code ids} is empty
 * @param kinds the kinds in question
 * @param ids the ids in question, in canonical form; an unmodifiable view, possibly of hundreds of
 *     thousands
 */
public record ReadScope(boolean everything, Set<String> kinds, Set<ResourceId> ids) {
  /** These ids. A target may return more than was asked for; the engine disregards the rest. */
  public static ReadScope of(Set<String> kinds, Set<ResourceId> ids) {
    return new ReadScope(false, kinds, Collections.unmodifiableSet(ids));
  }

  /** Everything of these kinds: for adoption and export. */
  public static ReadScope everything(Set<String> kinds) {
    return new ReadScope(true, kinds, Set.of());
  }

  /** Whether this id is asked for. */
  public boolean contains(ResourceId id) {
    return everything ? kinds.isEmpty() || kinds.contains(id.kind()) : ids.contains(id);
  }
}
