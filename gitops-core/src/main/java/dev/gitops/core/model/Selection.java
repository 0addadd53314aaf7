// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.model;

import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Which resources: those that match all of its parts; an empty part matches everything. Plain data,
 * so that a command can carry it to another process.
 *
 * @param ids exactly these
 * @param kinds these kinds
 * @param scopes these scopes
 * @param labels all of these labels with these values
 */
public record Selection(
    Set<ResourceId> ids, Set<String> kinds, Set<String> scopes, Map<String, String> labels) {
  private static final Selection ALL = new Selection(Set.of(), Set.of(), Set.of(), Map.of());

  /** Copies the parts. */
  public Selection {
    ids = Set.copyOf(ids);
    kinds = Set.copyOf(kinds);
    scopes = Set.copyOf(scopes);
    labels = Map.copyOf(labels);
  }

  /** Every resource. */
  public static Selection all() {
    return ALL;
  }

  /** These resources; at least one, since an empty selection would mean all. */
  public static Selection ids(ResourceId first, ResourceId... more) {
    TreeSet<ResourceId> ids = new TreeSet<>(Set.of(more));
    ids.add(first);
    return new Selection(ids, Set.of(), Set.of(), Map.of());
  }

  /** All resources of these kinds; at least one kind. */
  public static Selection kinds(String first, String... more) {
    TreeSet<String> kinds = new TreeSet<>(Set.of(more));
    kinds.add(first);
    return new Selection(Set.of(), kinds, Set.of(), Map.of());
  }

  /** All resources with this label. */
  public static Selection label(String name, String value) {
    return new Selection(Set.of(), Set.of(), Set.of(), Map.of(name, value));
  }

  /** What this selection and a label select together. */
  public Selection andLabel(String name, String value) {
    Map<String, String> both = new TreeMap<>(labels);
    both.put(name, value);
    return new Selection(ids, kinds, scopes, both);
  }

  /** Whether a resource of this id and these labels is selected. */
  public boolean matches(ResourceId id, Map<String, String> itsLabels) {
    return (ids.isEmpty() || ids.contains(id))
        && (kinds.isEmpty() || kinds.contains(id.kind()))
        && (scopes.isEmpty() || scopes.contains(id.scope()))
        && itsLabels.entrySet().containsAll(labels.entrySet());
  }

  /** Whether it selects everything. */
  public boolean isAll() {
    return equals(ALL);
  }
}
