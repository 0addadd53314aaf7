// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.model;

import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a target answered to a read: what was found, and what could not be read. An id that is in
 * neither is proven absent, so an adapter that can't read something must say {@code unknown}, or
 * throw.
 *
 * @param <T> the embedder's type
 */
public final class Live<T> {
  private final Map<ResourceId, Observed<T>> found;
  private final Map<ResourceId, Exception> unknownIds;
  private final Map<String, Exception> unknownScopes;
  private final @Nullable Exception unknownRest;

  private Live(Builder<T> b) {
    this.found = Collections.unmodifiableMap(b.found);
    this.unknownIds = Map.copyOf(b.unknownIds);
    this.unknownScopes = Map.copyOf(b.unknownScopes);
    this.unknownRest = b.unknownRest;
  }

  /** A complete answer: what is not in it is absent. */
  public static <T> Live<T> of(Collection<Observed<T>> found) {
    Builder<T> b = builder();
    found.forEach(b::found);
    return b.build();
  }

  /** For an answer that is put together piece by piece, or is incomplete. */
  public static <T> Builder<T> builder() {
    return new Builder<>();
  }

  /** Everything that was found, by id. */
  public Map<ResourceId, Observed<T>> found() {
    return found;
  }

  /** Why nothing is known of this id; empty when it was found or is proven absent. */
  public Optional<Exception> unknown(ResourceId id) {
    if (found.containsKey(id)) {
      return Optional.empty();
    }
    Exception why = unknownIds.get(id);
    if (why == null && !unknownScopes.isEmpty()) {
      why =
          unknownScopes.getOrDefault(
              id.kind() + "/" + id.scope(), unknownScopes.get(id.kind() + "/*"));
    }
    return Optional.ofNullable(why == null ? unknownRest : why);
  }

  /** Whether nothing is unknown, so that every id not found is absent. */
  public boolean complete() {
    return unknownIds.isEmpty() && unknownScopes.isEmpty() && unknownRest == null;
  }

  /** Collects an answer. Not thread-safe. */
  public static final class Builder<T> {
    private final Map<ResourceId, Observed<T>> found = new HashMap<>();
    private final Map<ResourceId, Exception> unknownIds = new HashMap<>();
    private final Map<String, Exception> unknownScopes = new HashMap<>();
    private @Nullable Exception unknownRest;

    private Builder() {}

    /**
     * Adds a resource; two of one id are an {@link IllegalArgumentException}, since one would hide
     * the other.
     */
    public Builder<T> found(Observed<T> observed) {
      if (found.putIfAbsent(observed.id(), observed) != null) {
        throw new IllegalArgumentException(
            "The target returned two resources called " + observed.id());
      }
      return this;
    }

    /** This id could not be read. */
    public Builder<T> unknown(ResourceId id, Exception why) {
      unknownIds.put(id, why);
      return this;
    }

    /** Nothing else of this kind could be read. */
    public Builder<T> unknownKind(String kind, Exception why) {
      unknownScopes.put(kind + "/*", why);
      return this;
    }

    /** Nothing else of this kind in this scope could be read. */
    public Builder<T> unknownScope(String kind, String scope, Exception why) {
      unknownScopes.put(kind + "/" + scope, why);
      return this;
    }

    /** Nothing else could be read at all. */
    public Builder<T> unknownRest(Exception why) {
      unknownRest = why;
      return this;
    }

    /** The answer; the builder must not be used again. */
    public Live<T> build() {
      return new Live<>(this);
    }
  }
}
