// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core;

import dev.gitops.core.Schedule.Node;
import dev.gitops.core.spi.Target;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The nodes whose turn has come, in one lane for each target, so that a target which is slow holds
 * up only its own.
 */
final class Lanes {
  private final Map<Target<?>, Lane> lanes = new LinkedHashMap<>();

  /** What waits for one target, and how many of its calls are under way. */
  static final class Lane {
    final Target<?> target;
    final Deque<Node> waiting = new ArrayDeque<>();
    private int inFlight;

    private Lane(Target<?> target) {
      this.target = target;
    }
  }

  void add(Node node, Target<?> target) {
    lanes.computeIfAbsent(target, Lane::new).waiting.add(node);
  }

  Collection<Lane> all() {
    return lanes.values();
  }

  /** Those that can start when each target takes so many calls at once; they count as started. */
  List<Node> next(int concurrency) {
    List<Node> next = new ArrayList<>();
    for (Lane lane : lanes.values()) {
      for (; lane.inFlight < concurrency && !lane.waiting.isEmpty(); lane.inFlight++) {
        next.add(lane.waiting.remove());
      }
    }
    return next;
  }

  /** A call to this target has ended, or was given up. */
  void ended(Target<?> target) {
    Lane lane = lanes.get(target);
    if (lane != null) {
      lane.inFlight--;
    }
  }

  /** Whether nothing waits for its turn. */
  boolean idle() {
    return lanes.values().stream().allMatch(lane -> lane.waiting.isEmpty());
  }
}
