// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core;

import dev.gitops.core.Calls.Call;
import dev.gitops.core.Owned.State;
import dev.gitops.core.model.Change.Action;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.spi.Written;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The calls that were given up and have not ended: until they have, nothing else is done to their
 * resources.
 */
final class Doubts {
  private final Map<ResourceId, Call<?>> open = new HashMap<>();
  private final Map<Call<?>, Item<?>> items = new HashMap<>();

  void add(Item<?> item, Call<?> call) {
    open.put(item.id, call);
    items.put(call, item);
  }

  boolean contains(ResourceId id) {
    return open.containsKey(id);
  }

  List<ResourceId> ids() {
    List<ResourceId> ids = new ArrayList<>(open.keySet());
    ids.sort(null);
    return ids;
  }

  /** A call has ended after all. What it created is ours, and now we know its handle. */
  void ended(Call<?> call, Ledger ledger, Ledger.Batch batch) {
    Item<?> item = items.remove(call);
    if (item == null) {
      return;
    }
    open.remove(item.id, call);
    Owned owned = ledger.owned(item.id);
    if (item.isHook() && call.failure() == null && call.result() instanceof Written written) {
      HookRecords.ended(item, written, ledger, batch);
      return;
    }
    boolean created = item.change().action() == Action.CREATE && call.failure() == null;
    if (created
        && owned != null
        && owned.state() == State.INTENDED
        && call.result() instanceof Written written) {
      batch.own(owned.withState(State.CREATED).withHandle(written.handle()));
    }
  }
}
