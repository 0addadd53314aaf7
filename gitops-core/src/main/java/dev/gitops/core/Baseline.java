// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core;

import dev.gitops.core.model.Live;
import dev.gitops.core.model.Phase;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.spi.ReadScope;
import dev.gitops.core.spi.Target;
import java.io.IOException;
import java.lang.ref.WeakReference;
import java.util.AbstractSet;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What is kept from one plan to the next, so that planning costs what has changed: which entry of
 * the inventory belongs to which declaration, which ids to read, and what was in order. What was in
 * order is passed over as long as nothing has a part in the judgement that may have changed: the
 * bound snapshot and the target's answer are the same objects, and the ledger is as it was, which
 * holds the inventory and what people have said. What is written, and so may be in doubt, stands in
 * the ledger before; what depends on time (health, waiting), or is still being compared, is not in
 * order yet. No answer is held on to. Used by one thread at a time, but the scopes, which do not
 * change, may be read by any.
 */
final class Baseline {
  private final Settings settings;
  private @Nullable Desired desired;
  private long known = -1;
  private Map<Target<?>, Group> groups = Map.of();
  private List<Owned> others = List.of();

  Baseline(Settings settings) {
    this.settings = settings;
  }

  /** What goes to one target, in the order of its declarations. */
  static final class Group {
    private final List<Declared<?>> declared = new ArrayList<>();
    private final List<@Nullable Owned> owned = new ArrayList<>();
    private final Set<String> kinds = new HashSet<>();
    private final Set<ResourceId> besides = new HashSet<>();
    private @Nullable ReadScope scope; // once everything is in its group
    private WeakReference<Live<?>> answer = new WeakReference<>(null);
    private int[] open = {};

    private ReadScope scope(Target<?> target, Map<ResourceId, Declared<?>> resources) {
      if (scope == null) {
        scope = ReadScope.of(kinds, new Ids(target, resources, this));
      }
      return scope;
    }

    /**
     * Lets each be judged whose judgement is not known from the last time.
     *
     * @param live what the target has answered now; null when it has not
     * @return how many were passed over, since they are still in order
     */
    int judge(@Nullable Live<?> live, Judge judge) throws IOException {
      boolean same = live != null && answer.get() == live;
      int[] candidates = same ? open : IntStream.range(0, declared.size()).toArray();
      int[] left = new int[candidates.length];
      int count = 0;
      for (int i : candidates) {
        if (!judge.inOrder(declared.get(i), owned.get(i), live)) {
          left[count++] = i;
        }
      }
      open = Arrays.copyOf(left, count);
      answer = new WeakReference<>(live);
      return declared.size() - candidates.length;
    }
  }

  /** The ids of a group, not copied: there may be a million. */
  private static final class Ids extends AbstractSet<ResourceId> {
    private final Target<?> target;
    private final Map<ResourceId, Declared<?>> resources;
    private final Group group;

    Ids(Target<?> target, Map<ResourceId, Declared<?>> resources, Group group) {
      this.target = target;
      this.resources = resources;
      this.group = group;
    }

    @Override
    public boolean contains(@Nullable Object id) {
      Declared<?> declared = resources.get(id);
      return group.besides.contains(id)
          || (declared != null && declared.route().target().equals(target));
    }

    @Override
    public Iterator<ResourceId> iterator() {
      Stream<ResourceId> declared = group.declared.stream().map(Declared::id);
      return Stream.concat(declared, group.besides.stream()).iterator();
    }

    @Override
    public int size() {
      return group.declared.size() + group.besides.size();
    }
  }

  /** Looks at one resource. */
  interface Judge {
    /** Whether it is in order, and stays so as long as these three are the same. */
    boolean inOrder(Declared<?> declared, @Nullable Owned owned, @Nullable Live<?> live)
        throws IOException;
  }

  /** Matches the declarations with the inventory, if one of them has changed. */
  void align(Desired now, Ledger ledger) {
    if (desired == now && known == ledger.changes()) {
      return;
    }
    groups = new LinkedHashMap<>();
    int matched = 0;
    for (Declared<?> declared : now.resources().values()) {
      Owned owned = ledger.owned(declared.id());
      matched += owned == null ? 0 : 1;
      Group group = group(declared.route());
      group.kinds.add(declared.id().kind());
      if (declared.resource().metadata().phase() == Phase.SYNC) {
        group.declared.add(declared);
        group.owned.add(owned == null ? null : ledger.share(owned, declared));
      } else {
        group.besides.add(declared.id());
      }
    }
    others = new ArrayList<>();
    for (Owned owned :
        matched == ledger.inventory().size() ? List.<Owned>of() : ledger.inventory()) {
      if (!now.resources().containsKey(owned.id())) {
        Route<?> route = settings.route(owned.id().kind());
        if (route != null) {
          Group group = group(route);
          group.kinds.add(owned.id().kind());
          group.besides.add(owned.id());
        }
        if (!now.invalid().containsKey(owned.id())) {
          others.add(owned);
        }
      }
    }
    others.sort((a, b) -> a.id().compareTo(b.id()));
    desired = now;
    known = ledger.changes();
  }

  private Group group(Route<?> route) {
    return groups.computeIfAbsent(route.target(), target -> new Group());
  }

  /** What to read: everything declared, and everything owned. */
  Map<Target<?>, ReadScope> scopes() {
    Map<Target<?>, ReadScope> scopes = new LinkedHashMap<>();
    Map<ResourceId, Declared<?>> resources = desired == null ? Map.of() : desired.resources();
    groups.forEach((target, group) -> scopes.put(target, group.scope(target, resources)));
    return scopes;
  }

  Map<Target<?>, Group> groups() {
    return groups;
  }

  /** What is owned and not declared, not even wrongly, by id. */
  List<Owned> others() {
    return others;
  }
}
