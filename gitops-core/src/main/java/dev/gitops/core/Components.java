// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core;

import dev.gitops.core.model.Phase;
import dev.gitops.core.model.ResourceId;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What hangs together by dependencies, declared or implied; hooks hang together with nothing. */
final class Components {
  private Components() {}

  /** The components that have at least one of these resources. */
  static List<Set<ResourceId>> of(Desired desired, Set<ResourceId> ids) {
    Map<ResourceId, Set<ResourceId>> neighbours = neighbours(desired);
    Set<ResourceId> seen = new LinkedHashSet<>();
    List<Set<ResourceId>> components = new ArrayList<>();
    for (ResourceId id : ids) {
      if (seen.add(id)) {
        Set<ResourceId> component = new LinkedHashSet<>(Set.of(id));
        Deque<ResourceId> open = new ArrayDeque<>(component);
        while (!open.isEmpty()) {
          for (ResourceId next : neighbours.getOrDefault(open.remove(), Set.of())) {
            if (component.add(next)) {
              open.add(next);
            }
          }
        }
        seen.addAll(component);
        components.add(component);
      }
    }
    return components;
  }

  /** What is directly connected with what, in both directions. */
  static Map<ResourceId, Set<ResourceId>> neighbours(Desired desired) {
    Map<ResourceId, Set<ResourceId>> neighbours = new HashMap<>();
    for (Declared<?> declared : desired.resources().values()) {
      if (declared.resource().metadata().phase() == Phase.SYNC) {
        Cycles.edges(declared)
            .filter(desired.resources()::containsKey)
            .forEach(
                other -> {
                  neighbours.computeIfAbsent(declared.id(), id -> new LinkedHashSet<>()).add(other);
                  neighbours.computeIfAbsent(other, id -> new LinkedHashSet<>()).add(declared.id());
                });
      }
    }
    return neighbours;
  }
}
