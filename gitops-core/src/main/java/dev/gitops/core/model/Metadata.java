// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.model;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a declaration says besides its spec.
 *
 * @param labels free text by name
 * @param dependsOn what must be applied and healthy before; an id that is neither declared nor
 *     owned is an error
 * @param wave lower waves are applied and healthy before higher ones start; 0 unless said
 * @param phase {@link Phase#SYNC} unless it is a hook
 * @param onRemoval what happens when the declaration goes away
 * @param onChange what happens when live differs from the declaration
 * @param timeout bound on one write of this resource; absent means the reconciler's default
 */
public record Metadata(
    Map<String, String> labels,
    List<ResourceId> dependsOn,
    int wave,
    Phase phase,
    OnRemoval onRemoval,
    OnChange onChange,
    @Nullable Duration timeout) {
  /**
   * No labels, no dependencies, wave 0, phase SYNC, delete on removal, update on change, the
   * default timeout.
   */
  public static final Metadata DEFAULT =
      new Metadata(Map.of(), List.of(), 0, Phase.SYNC, OnRemoval.DELETE, OnChange.UPDATE, null);

  /** Copies the collections. */
  public Metadata {
    labels = Map.copyOf(labels);
    dependsOn = List.copyOf(dependsOn);
  }

  /** What happens to a resource of ours whose declaration goes away. */
  public enum OnRemoval {
    /** It is deleted. */
    DELETE,
    /** It stays, still owned, and every report lists it. */
    KEEP,
    /** It stays, and is no longer ours. */
    ORPHAN
  }

  /** What happens when a live resource differs from its declaration. */
  public enum OnChange {
    /** It is updated in place. */
    UPDATE,
    /** Nothing: the declaration only says how to create it. */
    IGNORE,
    /**
     * It is updated in place; where the target refuses that as impossible, it is deleted and
     * created again.
     */
    REPLACE
  }
}
