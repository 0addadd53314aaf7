// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core;

import dev.gitops.core.model.Metadata.OnRemoval;
import dev.gitops.core.model.ResourceId;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a reconciler remembers of one resource; what was last applied is kept in the store only,
 * since there may be a million of these.
 *
 * @param state how it came to be ours
 * @param digest of the declaration that was last applied, or is about to be; empty before the first
 * @param handle the live resource's handle, where known
 * @param doomed what live looked like when its deletion was last attempted; null when none was
 * @param edges what it depends on
 * @param wave its wave
 * @param onRemoval what to do when it is no longer declared
 * @param file where it was last declared
 * @param labels its labels
 * @param at when we last wrote it, by the wall clock; null before the first time
 */
record Owned(
    ResourceId id,
    State state,
    String digest,
    @Nullable String handle,
    @Nullable String doomed,
    List<ResourceId> edges,
    int wave,
    OnRemoval onRemoval,
    String file,
    Map<String, String> labels,
    @Nullable Instant at) {

  /** How a resource came to be ours, and so what may be done with it. */
  enum State {
    /** About to be created; whether it was is not known yet. */
    INTENDED,
    /** Created by us. */
    CREATED,
    /** Existed exactly as declared: may be updated, never deleted. */
    MATCHED,
    /** Made ours by a person. */
    ADOPTED,
    /** Intended, and found exactly as intended after a crash: may be updated, never deleted. */
    PRESUMED,
    /** Intended, and found otherwise: may be ours or not, so nothing is done. */
    AMBIGUOUS,
    /** Given up, but it stands and needs what is ours: only remembered, so that this is kept. */
    RELEASED;

    boolean mayUpdate() {
      return this == CREATED || this == MATCHED || this == ADOPTED || this == PRESUMED;
    }

    boolean mayDelete() {
      return this == CREATED || this == ADOPTED;
    }
  }

  boolean released() {
    return state == State.RELEASED;
  }

  static Owned of(Declared<?> declared, State state) {
    return new Owned(
            declared.id(),
            state,
            "",
            null,
            null,
            List.of(),
            0,
            OnRemoval.DELETE,
            "",
            Map.of(),
            null)
        .declaredAs(declared);
  }

  /** With everything that must be known when the file is gone. */
  Owned declaredAs(Declared<?> declared) {
    var resource = declared.resource();
    List<ResourceId> now = Cycles.edges(declared).distinct().toList();
    return new Owned(
        id,
        state,
        digest,
        handle,
        doomed,
        now.equals(edges) ? edges : now,
        resource.metadata().wave(),
        resource.metadata().onRemoval(),
        resource.origin().file(),
        resource.labels(),
        at);
  }

  /**
   * Without what is true only where another reconciler remembered it: digests are made with each
   * one's own key, and in which of our files it is declared is not known yet.
   */
  Owned elsewhere() {
    return new Owned(id, state, "", handle, null, edges, wave, onRemoval, "", labels, at);
  }

  /** Equal, with the declaration's instances instead of copies: there may be a million of these. */
  Owned sharing(Declared<?> declared) {
    var resource = declared.resource();
    Map<ResourceId, ResourceId> known = new HashMap<>();
    Cycles.edges(declared).forEach(edge -> known.put(edge, edge));
    String declaredIn = resource.origin().file();
    return new Owned(
        declared.id(),
        state,
        digest.equals(declared.digest()) ? declared.digest() : digest,
        handle,
        doomed,
        edges.stream().map(edge -> known.getOrDefault(edge, edge)).toList(),
        wave,
        onRemoval,
        file.equals(declaredIn) ? declaredIn : file,
        labels.equals(resource.labels()) ? resource.labels() : labels,
        at);
  }

  Owned withState(State newState) {
    return new Owned(
        id, newState, digest, handle, doomed, edges, wave, onRemoval, file, labels, at);
  }

  Owned withDigest(String newDigest) {
    return new Owned(
        id, state, newDigest, handle, doomed, edges, wave, onRemoval, file, labels, at);
  }

  Owned withHandle(@Nullable String newHandle) {
    return new Owned(
        id, state, digest, newHandle, doomed, edges, wave, onRemoval, file, labels, at);
  }

  Owned withDoomed(@Nullable String liveDigest) {
    return new Owned(
        id, state, digest, handle, liveDigest, edges, wave, onRemoval, file, labels, at);
  }

  Owned withAt(@Nullable Instant newAt) {
    return new Owned(
        id, state, digest, handle, doomed, edges, wave, onRemoval, file, labels, newAt);
  }
}
