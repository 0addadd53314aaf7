// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core;

import dev.gitops.core.model.Health;
import dev.gitops.core.model.ResourceId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What a planner found, before the gates. */
final class Draft {
  /** What differs or is blocked. */
  final Map<ResourceId, Item<?>> items = new LinkedHashMap<>();

  /** Every resource that is not ready for its dependents, though nothing is to be done about it. */
  final Map<ResourceId, Health> unhealthy = new HashMap<>();

  /** Inventory entries to bring up to date though nothing is written to a target. */
  final List<Owned> records = new ArrayList<>();

  /** Inventory entries of what is proven gone, or was never ours to keep. */
  final Set<ResourceId> forgotten = new LinkedHashSet<>();

  /** What a reader must know besides. */
  final List<String> notes = new ArrayList<>();

  int unchanged;
}
