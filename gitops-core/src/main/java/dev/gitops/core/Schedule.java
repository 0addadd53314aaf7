// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core;

import dev.gitops.core.model.Change;
import dev.gitops.core.model.Health;
import dev.gitops.core.model.Phase;
import dev.gitops.core.model.ResourceId;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The one graph that says what waits for what. A node is a resource, or a barrier between waves or
 * between what is written and what is deleted. Edges lead from what must be done to what waits for
 * it:
 *
 * <ul>
 *   <li>from a dependency to its dependents, whether or not it changes in this cycle;
 *   <li>from every resource of a wave, through a barrier, to the next wave;
 *   <li>from everything in a component (what hangs together by dependencies, today's and the
 *       inventory's) to its deletions;
 *   <li>among deletions the other way round: first the dependents, then what they depended on;
 *       first the highest wave.
 * </ul>
 *
 * A node that can't be done fails what waits for it, with the reason; everything else goes on.
 */
final class Schedule {
  private final Draft draft;
  private final Map<ResourceId, Node> nodes = new LinkedHashMap<>();
  private final Deque<Node> ready = new ArrayDeque<>();
  private final List<Node> skipped = new ArrayList<>();

  /** One thing to wait for. */
  static final class Node {
    final @Nullable ResourceId id;
    final @Nullable Item<?> item;
    private final List<Node> next = new ArrayList<>();
    private int waiting;
    private @Nullable String obstacle;
    private Node component = this;

    Node(@Nullable ResourceId id, @Nullable Item<?> item) {
      this.id = id;
      this.item = item;
    }

    /** Why it can't be done; null while nothing speaks against it. */
    @Nullable String obstacle() {
      return obstacle;
    }

    boolean hasDependents() {
      return !next.isEmpty();
    }

    private void before(Node later) {
      next.add(later);
      later.waiting++;
    }

    private Node root() {
      Node root = this;
      while (root.component != root) {
        root.component = root.component.component;
        root = root.component;
      }
      return root;
    }
  }

  private Schedule(Draft draft) {
    this.draft = draft;
  }

  static Schedule of(Desired desired, Draft draft, Ledger ledger) {
    Schedule schedule = new Schedule(draft);
    schedule.addWrites(desired);
    schedule.addDeletes(desired, ledger);
    schedule.start();
    return schedule;
  }

  private void addWrites(Desired desired) {
    TreeMap<Integer, List<Node>> waves = new TreeMap<>();
    for (Declared<?> declared : desired.resources().values()) {
      if (declared.resource().metadata().phase() == Phase.SYNC) {
        Node node = new Node(declared.id(), draft.items.get(declared.id()));
        nodes.put(declared.id(), node);
        waves
            .computeIfAbsent(declared.resource().metadata().wave(), wave -> new ArrayList<>())
            .add(node);
      }
    }
    for (ResourceId id : desired.invalid().keySet()) {
      nodes.putIfAbsent(id, new Node(id, draft.items.get(id)));
    }
    for (Declared<?> declared : desired.resources().values()) {
      Node node = nodes.get(declared.id());
      if (node != null) {
        for (ResourceId needed : declared.resource().dependsOn()) {
          if (!nodes.containsKey(needed)) {
            node.obstacle = needed + ", on which it depends, may be declared behind a problem";
          }
        }
        Cycles.edges(declared)
            .distinct()
            .map(nodes::get)
            .filter(found -> found != null)
            .forEach(
                found -> {
                  found.before(node);
                  join(found, node);
                });
      }
    }
    barriers(new ArrayList<>(waves.values()));
  }

  /** Each group waits for the whole group before it. */
  private static void barriers(List<List<Node>> groups) {
    for (int i = 1; i < groups.size(); i++) {
      Node barrier = new Node(null, null);
      groups
          .get(i - 1)
          .forEach(
              node -> {
                node.before(barrier);
                join(node, barrier);
              });
      groups
          .get(i)
          .forEach(
              node -> {
                barrier.before(node);
                join(node, barrier);
              });
    }
  }

  private void addDeletes(Desired desired, Ledger ledger) {
    Map<ResourceId, Node> deletes = new HashMap<>();
    TreeMap<Integer, List<Node>> waves = new TreeMap<>((a, b) -> Integer.compare(b, a));
    for (Item<?> item : draft.items.values()) {
      if (item.deletes() && !desired.invalid().containsKey(item.id)) {
        Node node = new Node(item.id, item);
        deletes.put(item.id, node);
        Owned owned = item.owned;
        waves
            .computeIfAbsent(owned == null ? 0 : owned.wave(), wave -> new ArrayList<>())
            .add(node);
      }
    }
    if (deletes.isEmpty()) {
      return;
    }
    for (Owned owned : known(ledger)) {
      Node dependent = deletes.getOrDefault(owned.id(), nodes.get(owned.id()));
      boolean stays =
          dependent == null ? !draft.forgotten.contains(owned.id()) : released(dependent);
      for (ResourceId edge : owned.edges()) {
        Node gone = deletes.get(edge);
        if (gone != null && stays) {
          gone.obstacle = owned.id() + " depends on it and stays";
        } else if (dependent != null && gone != null && !reaches(gone, dependent)) {
          dependent.before(gone);
          join(dependent, gone);
        }
        Node kept = nodes.get(edge);
        if (dependent != null && kept != null) {
          join(dependent, kept);
        }
      }
    }
    for (Declared<?> declared : desired.resources().values()) {
      Node node = nodes.get(declared.id());
      Stream<ResourceId> edges = Cycles.edges(declared);
      edges.forEach(
          edge -> {
            Node gone = deletes.get(edge); // implied by something that stays: it is in use
            if (gone != null && node != null) {
              gone.obstacle = node.id + " still depends on it";
            }
          });
    }
    List<List<Node>> order = new ArrayList<>(waves.values());
    if (order.size() > 1 && acyclicByWave(deletes, ledger)) {
      barriers(order);
    }
    Map<Node, Node> componentDone = new HashMap<>();
    for (Node node : nodes.values()) {
      node.before(componentDone.computeIfAbsent(node.root(), root -> new Node(null, null)));
    }
    for (Node node : deletes.values()) {
      Node done = componentDone.get(node.root());
      if (done != null) {
        done.before(node);
      }
      nodes.put(java.util.Objects.requireNonNull(node.id), node);
    }
  }

  /** Everything owned, and what this very cycle has just released: it is still there. */
  private Collection<Owned> known(Ledger ledger) {
    Map<ResourceId, Owned> known = new LinkedHashMap<>();
    ledger.inventory().forEach(owned -> known.put(owned.id(), owned));
    for (Item<?> item : draft.items.values()) {
      if (item.owned != null) {
        known.putIfAbsent(item.id, item.owned);
      }
    }
    return known.values();
  }

  private static boolean released(Node node) {
    return node.item != null
        && node.item.deletes()
        && node.item.change().action() == Change.Action.RECORD;
  }

  /**
   * Old edges may contradict old waves, since they were recorded at different times: then the edges
   * count.
   */
  private static boolean acyclicByWave(Map<ResourceId, Node> deletes, Ledger ledger) {
    for (ResourceId id : deletes.keySet()) {
      Owned owned = ledger.owned(id);
      if (owned != null) {
        for (ResourceId edge : owned.edges()) {
          Owned other = deletes.containsKey(edge) ? ledger.owned(edge) : null;
          if (other != null && other.wave() > owned.wave()) {
            return false;
          }
        }
      }
    }
    return true;
  }

  /**
   * Whether {@code to} waits, directly or not, for {@code from}; old edges may be circular, and
   * such an edge is left out.
   */
  private static boolean reaches(Node from, Node to) {
    Deque<Node> open = new ArrayDeque<>(List.of(from));
    Set<Node> seen = new java.util.HashSet<>();
    while (!open.isEmpty()) {
      Node node = open.removeLast();
      if (node == to) {
        return true;
      }
      if (seen.add(node)) {
        open.addAll(node.next);
      }
    }
    return false;
  }

  private static void join(Node one, Node other) {
    one.root().component = other.root();
  }

  private void start() {
    List<Node> first = nodes.values().stream().filter(node -> node.waiting == 0).toList();
    first.forEach(this::open);
  }

  /** The next node whose turn has come and whose item writes; null when none can start now. */
  @Nullable Node poll() {
    return ready.poll();
  }

  /**
   * The nodes whose items would have written, had nothing been in the way; each is returned once.
   */
  List<Node> skipped() {
    List<Node> now = List.copyOf(skipped);
    skipped.clear();
    return now;
  }

  /** A node that was started is done: what waits only for it may start. */
  void done(Node node) {
    finish(node, null);
  }

  /** A node that was started is not done in this cycle. */
  void failed(Node node, String why) {
    finish(node, why);
  }

  private void finish(Node first, @Nullable String why) {
    Deque<Node> open = new ArrayDeque<>();
    first.obstacle = why;
    open.add(first);
    while (!open.isEmpty()) {
      Node node = open.removeFirst();
      for (Node later : node.next) {
        if (node.obstacle != null && later.obstacle == null) {
          later.obstacle =
              node.id == null
                  ? node.obstacle
                  : "waits for " + node.id + ": " + shortened(node.obstacle);
        }
        if (--later.waiting == 0 && !turn(later)) {
          open.addLast(later);
        }
      }
    }
  }

  private static String shortened(String obstacle) {
    int inner = obstacle.indexOf("waits for ", 1);
    return inner > 0 ? obstacle.substring(inner) : obstacle;
  }

  private void open(Node node) {
    if (!turn(node)) {
      finish(node, node.obstacle);
    }
  }

  /**
   * Its turn has come: true if it is to be started, false if it is finished already, one way or the
   * other.
   */
  private boolean turn(Node node) {
    Item<?> item = node.item;
    if (item != null && item.writes()) {
      if (node.obstacle == null) {
        ready.add(node);
        return true;
      }
      skipped.add(node);
    } else if (item != null && item.change().block() != null) {
      node.obstacle = node.obstacle == null ? String.valueOf(item.change().block()) : node.obstacle;
    } else if (node.id != null && node.obstacle == null) {
      Health health = draft.unhealthy.get(node.id);
      if (health != null && !health.ready()) {
        node.obstacle =
            health.status() + (health.message().isEmpty() ? "" : ", " + health.message());
      }
    }
    return false;
  }
}
