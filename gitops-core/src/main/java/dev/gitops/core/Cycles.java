// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core;

import dev.gitops.core.model.ResourceId;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Finds circular dependencies by a depth-first search without recursion, since chains may be as
 * long as the graph.
 */
final class Cycles {
  private final Map<ResourceId, Declared<?>> resources;

  Cycles(Map<ResourceId, Declared<?>> resources) {
    this.resources = resources;
  }

  /** Where the search is: a resource and which of its dependencies are still to be followed. */
  private record Step(ResourceId id, Iterator<ResourceId> rest) {}

  /**
   * Each cycle as a path that ends where it starts; every cycle has at least one of its edges in
   * one of them.
   */
  List<List<ResourceId>> find() {
    List<List<ResourceId>> cycles = new ArrayList<>();
    Map<ResourceId, Boolean> onPath = new HashMap<>();
    for (ResourceId start : resources.keySet()) {
      if (!onPath.containsKey(start)) {
        search(start, onPath, cycles);
      }
    }
    return cycles;
  }

  private void search(
      ResourceId start, Map<ResourceId, Boolean> onPath, List<List<ResourceId>> cycles) {
    Deque<Step> path = new ArrayDeque<>();
    push(start, path, onPath);
    while (!path.isEmpty()) {
      Step here = path.getLast();
      if (!here.rest().hasNext()) {
        onPath.put(here.id(), false);
        path.removeLast();
        continue;
      }
      ResourceId next = here.rest().next();
      Boolean seen = onPath.get(next);
      if (seen == null && resources.containsKey(next)) {
        push(next, path, onPath);
      } else if (Boolean.TRUE.equals(seen)) {
        List<ResourceId> cycle = new ArrayList<>(path.stream().map(Step::id).toList());
        cycle.subList(0, cycle.indexOf(next)).clear();
        cycle.add(next);
        cycles.add(cycle);
      }
    }
  }

  private void push(ResourceId id, Deque<Step> path, Map<ResourceId, Boolean> onPath) {
    onPath.put(id, true);
    path.addLast(new Step(id, edges(resources.get(id)).iterator()));
  }

  static Stream<ResourceId> edges(@Nullable Declared<?> declared) {
    return declared == null
        ? Stream.of()
        : Stream.concat(
            declared.resource().dependsOn().stream(),
            declared.implied().stream().filter(other -> !other.equals(declared.id())));
  }
}
