// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.model;

import java.util.Comparator;

/**
 * The name of one resource: its kind, its scope (namespace, database, zone; empty where the kind
 * has none) and its name, without an API version. Ordered by kind, scope, name. Identity is exact
 * text: folding case or moving API groups is the target's {@code canonical(id)}.
 *
 * @param kind never empty
 * @param scope empty for a kind without scopes
 * @param name never empty
 */
public record ResourceId(String kind, String scope, String name) implements Comparable<ResourceId> {
  private static final Comparator<ResourceId> ORDER =
      Comparator.comparing(ResourceId::kind)
          .thenComparing(ResourceId::scope)
          .thenComparing(ResourceId::name);

  /** Refuses an empty kind or name with {@link IllegalArgumentException}. */
  public ResourceId {
    if (kind.isEmpty() || name.isEmpty()) {
      throw new IllegalArgumentException(
          "A resource id needs a kind and a name, not '" + kind + "' and '" + name + "'");
    }
  }

  /** The id of a resource whose kind has no scopes. */
  public static ResourceId of(String kind, String name) {
    return new ResourceId(kind, "", name);
  }

  /** The id of a resource inside a scope. */
  public static ResourceId of(String kind, String scope, String name) {
    return new ResourceId(kind, scope, name);
  }

  /**
   * Reads what {@link #toString} wrote: {@code Kind/name} or {@code Kind/scope/name}.
   *
   * @throws IllegalArgumentException for any other shape
   */
  public static ResourceId parse(String text) {
    String[] parts = text.split("/", -1);
    if (parts.length == 2) {
      return new ResourceId(plain(parts[0]), "", plain(parts[1]));
    }
    if (parts.length == 3) {
      return new ResourceId(plain(parts[0]), plain(parts[1]), plain(parts[2]));
    }
    throw new IllegalArgumentException(
        "Not a resource id (Kind/name or Kind/scope/name): '" + text + "'");
  }

  @Override
  public int compareTo(ResourceId other) {
    return ORDER.compare(this, other);
  }

  /**
   * {@code Kind/name} or {@code Kind/scope/name}; a slash or percent sign inside a part is
   * percent-encoded.
   */
  @Override
  public String toString() {
    return scope.isEmpty()
        ? safe(kind) + "/" + safe(name)
        : safe(kind) + "/" + safe(scope) + "/" + safe(name);
  }

  private static String safe(String part) {
    return part.indexOf('/') < 0 && part.indexOf('%') < 0
        ? part
        : part.replace("%", "%25").replace("/", "%2F");
  }

  private static String plain(String part) {
    return part.replace("%2F", "/").replace("%25", "%");
  }
}
