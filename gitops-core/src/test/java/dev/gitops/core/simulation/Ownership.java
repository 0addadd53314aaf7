// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.simulation;

import dev.gitops.core.contract.WriteLog.Entry;
import dev.gitops.core.model.Change.Action;
import dev.gitops.core.model.ResourceId;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Who really may do what with which incarnation of a resource: by who created it, according to the
 * target's log, and by what people and sibling reconcilers said about it.
 */
final class Ownership {
  private final World world;
  private final Map<Long, String> creators = new HashMap<>();
  private final Map<ResourceId, Set<Long>> incarnations = new HashMap<>();
  private final Set<Claim> adopted = new HashSet<>();
  private final Set<Claim> matched = new HashSet<>();
  private final Set<Claim> released = new HashSet<>();
  private final Set<Claim> given = new HashSet<>();
  private final Set<Claim> ever = new HashSet<>();
  private final Set<ResourceId> lied = new HashSet<>();
  private long seen;

  Ownership(World world) {
    this.world = world;
  }

  /** What one reconciler has with one incarnation. */
  private record Claim(int member, long handle) {}

  /** What has happened in the target since the last time. */
  void catchUp() {
    for (Entry<Thing> entry : world.memory.log().since(seen)) {
      seen = entry.tick();
      if (entry.action() == Action.CREATE) {
        creators.put(entry.handle(), entry.actor());
        incarnations.computeIfAbsent(entry.id(), id -> new HashSet<>()).add(entry.handle());
      }
      boolean certain = world.traits.handles() && world.traits.preconditions();
      Integer member = world.member(entry.actor());
      if (certain && member != null && entry.action() != Action.CREATE) {
        Claim claim = new Claim(member, entry.handle());
        boolean once = ever.contains(claim) || member.equals(world.member(creator(claim.handle())));
        if (!once && !lied.contains(entry.id())) { // "once", since the call may have begun long ago
          world.sim.fail(new Violation(1, "changed what is foreign: " + entry));
        }
      }
    }
  }

  private String creator(long handle) {
    return creators.getOrDefault(handle, "");
  }

  String creatorOf(long handle) {
    return creator(handle);
  }

  void match(Process process, long handle) {
    matched.add(new Claim(process.member, handle));
    ever.add(new Claim(process.member, handle));
  }

  void adopt(Process process, long handle) {
    adopted.add(new Claim(process.member, handle));
    released.remove(new Claim(process.member, handle));
    ever.add(new Claim(process.member, handle));
  }

  /** People took what exists out of a reconciler's hands, and it has heard so. */
  void release(int member, ResourceId id) {
    catchUp();
    Entry<Thing> live = world.memory.log().live(id).orElse(null);
    if (live != null) {
      Claim claim = new Claim(member, live.handle());
      released.add(claim);
      adopted.remove(claim);
      matched.remove(claim);
      given.remove(claim);
    }
  }

  /** One reconciler gives away what it owns to another. */
  void give(int from, int to, ResourceId id) {
    catchUp();
    for (long handle : incarnations.getOrDefault(id, Set.of())) {
      if (ours(from, Action.DELETE, handle)) {
        Claim claim = new Claim(to, handle);
        given.add(claim);
        released.remove(claim);
        ever.add(claim);
      }
    }
  }

  /**
   * The target confirmed a creation that did not happen, so whatever is called so next passes for
   * that.
   */
  void lie(ResourceId id) {
    lied.add(id);
  }

  boolean lied(ResourceId id) {
    return lied.contains(id);
  }

  /** The store is not what it was: what people said may be forgotten. */
  void storeChanged() {
    released.clear();
  }

  /** Whether a process may do this to what it was shown last, as far as it can tell. */
  boolean mayTouch(Process process, Action action, ResourceId id, long handle) {
    if (lied.contains(id)) {
      return true;
    }
    Set<Long> those =
        world.traits.handles() ? Set.of(handle) : incarnations.getOrDefault(id, Set.of(handle));
    return those.stream().anyMatch(one -> ours(process.member, action, one));
  }

  boolean ours(int member, Action action, long handle) {
    Claim claim = new Claim(member, handle);
    Integer creator = world.member(creator(handle));
    return adopted.contains(claim)
        || given.contains(claim)
        || (action == Action.UPDATE && matched.contains(claim))
        || (creator != null && creator == member && !released.contains(claim));
  }

  /** Whether somebody else than the engines, as far as they were told, made it. */
  boolean foreign(@Nullable Entry<Thing> entry) {
    return entry != null && world.member(creator(entry.handle())) == null;
  }
}
