// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core;

import dev.gitops.core.model.Change.Action;
import dev.gitops.core.model.Phase;
import dev.gitops.core.model.ResourceId;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * Puts a draft into the order in which it would be applied, for whoever reads the plan: by phase
 * and wave, dependencies first, deletions last and the other way round. What really waits for what
 * is the {@link Schedule}'s business, which knows failures and health, too.
 */
final class Order {
  private final Desired desired;
  private final Depths writes;
  private final Depths deletes;

  private Order(Desired desired, Ledger ledger) {
    this.desired = desired;
    this.writes = new Depths(id -> Cycles.edges(desired.resources().get(id)));
    this.deletes =
        new Depths(
            id -> {
              Owned owned = ledger.owned(id);
              return owned == null ? Stream.of() : owned.edges().stream();
            });
  }

  static void sort(Draft draft, Desired desired, Ledger ledger) {
    if (draft.items.size() < 2) {
      return;
    }
    Order order = new Order(desired, ledger);
    List<Place> places = new ArrayList<>(draft.items.size());
    draft.items.values().forEach(item -> places.add(order.place(item)));
    places.sort(Place.FIRST_TO_LAST);
    draft.items.clear();
    places.forEach(place -> draft.items.put(place.item.id, place.item));
  }

  /** Where an item stands. */
  private record Place(int part, int wave, int depth, Item<?> item) {
    static final Comparator<Place> FIRST_TO_LAST =
        Comparator.comparingInt(Place::part)
            .thenComparingInt(Place::wave)
            .thenComparingInt(Place::depth)
            .thenComparing(place -> place.item.id);
  }

  private Place place(Item<?> item) {
    Declared<?> declared = desired.resources().get(item.id);
    if (item.deletes() && item.change().action() != Action.NONE) {
      int wave = item.owned == null ? 0 : item.owned.wave();
      return new Place(2, -wave, -deletes.of(item.id), item);
    }
    if (declared == null) {
      return new Place(1, 0, 0, item);
    }
    Phase phase = declared.resource().metadata().phase();
    int part =
        switch (phase) {
          case PRE_SYNC -> 0;
          case SYNC -> 1;
          case POST_SYNC -> 3;
          case SYNC_FAIL -> 4;
        };
    return new Place(part, declared.resource().metadata().wave(), writes.of(item.id), item);
  }

  /**
   * How many others must come before, one after the other; without recursion, as chains may be
   * long.
   */
  private static final class Depths {
    private static final int ON_PATH = -1;

    private final Function<ResourceId, Stream<ResourceId>> edges;
    private final Map<ResourceId, Integer> known = new HashMap<>();

    Depths(Function<ResourceId, Stream<ResourceId>> edges) {
      this.edges = edges;
    }

    private static final class Step {
      final ResourceId id;
      final Iterator<ResourceId> rest;
      int depth;

      Step(ResourceId id, Iterator<ResourceId> rest) {
        this.id = id;
        this.rest = rest;
      }
    }

    int of(ResourceId start) {
      Deque<Step> path = new ArrayDeque<>();
      if (!known.containsKey(start)) {
        push(start, path);
      }
      while (!path.isEmpty()) {
        Step here = path.getLast();
        if (here.rest.hasNext()) {
          ResourceId next = here.rest.next();
          Integer depth = known.get(next);
          if (depth == null) {
            push(next, path);
          } else if (depth
              != ON_PATH) { // edges of an inventory may be circular: then any order will do
            here.depth = Math.max(here.depth, depth + 1);
          }
        } else {
          known.put(here.id, here.depth);
          path.removeLast();
          if (!path.isEmpty()) {
            path.getLast().depth = Math.max(path.getLast().depth, here.depth + 1);
          }
        }
      }
      return known.getOrDefault(start, 0);
    }

    private void push(ResourceId id, Deque<Step> path) {
      known.put(id, ON_PATH);
      path.addLast(new Step(id, edges.apply(id).iterator()));
    }
  }
}
