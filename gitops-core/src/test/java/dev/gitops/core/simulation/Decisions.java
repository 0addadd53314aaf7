// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.simulation;

import dev.gitops.core.model.Change;
import dev.gitops.core.model.Change.Action;
import dev.gitops.core.model.Command;
import dev.gitops.core.model.Plan;
import dev.gitops.core.model.Resource;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.model.Selection;
import dev.gitops.core.model.Tree;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What people have approved and confirmed, by the plans that they saw. */
final class Decisions {
  /** Ids whose deletion people confirmed. */
  final Set<ResourceId> confirmed = new HashSet<>();

  private final World world;
  private final Map<String, Approval> approvals = new HashMap<>();

  Decisions(World world) {
    this.world = world;
  }

  /** What a person approved. */
  private record Approval(ResourceId id, Action action, @Nullable Tree spec) {}

  /** What a person reads off a plan and approves or confirms, all or a part of it. */
  void decide(int member, Command.Verb verb, @Nullable Plan plan) throws Exception {
    Set<String> digests = new HashSet<>();
    if (plan == null) {
      return;
    }
    for (Change change : plan.changes()) {
      if (change.block() != null && world.sim.chance(2)) {
        digests.add(change.digest());
        if (verb == Command.Verb.CONFIRM) {
          confirmed.add(change.id());
        } else {
          Tree spec = change.action() == Action.DELETE ? null : declared(change.id(), plan);
          approvals.put(change.digest(), new Approval(change.id(), change.action(), spec));
        }
      }
    }
    if (!digests.isEmpty()) {
      world.tell(member, verb, Selection.all(), digests, Map.of());
    }
  }

  private @Nullable Tree declared(ResourceId id, Plan plan) {
    return world.source.at(plan.revision().id()).entrySet().stream()
        .filter(entry -> world.memory.canonical(entry.getKey()).equals(id))
        .map(entry -> entry.getValue().resource().spec())
        .findFirst()
        .orElse(null);
  }

  boolean approved(ResourceId id, Action action, @Nullable Resource<Thing> desired) {
    for (Approval approval : approvals.values()) {
      boolean same =
          desired == null
              ? approval.spec == null
              : approval.spec != null && desired.spec().satisfies(Thing.of(approval.spec));
      boolean replaced = approval.action == Action.REPLACE && action == Action.DELETE;
      if (approval.id.equals(id) && (replaced || (approval.action == action && same))) {
        return true;
      }
    }
    return false;
  }
}
