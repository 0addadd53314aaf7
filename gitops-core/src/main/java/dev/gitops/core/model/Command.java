// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.model;

import java.time.Instant;
import java.util.Map;
import java.util.Set;

/**
 * Something that a person told a reconciler, from any process: a record in its inbox, carried out
 * once at the start of its next cycle.
 *
 * @param id names this command, so that it is carried out once
 * @param verb what to do
 * @param selection which resources: for adopt, release and retry
 * @param digests which changes: for approve and confirm
 * @param arguments the rest: {@code revision} and {@code expires} (ISO 8601) for pin, {@code
 *     expires} for approve
 * @param by who said it
 * @param at when, by that process's clock
 * @param reason why
 */
public record Command(
    String id,
    Verb verb,
    Selection selection,
    Set<String> digests,
    Map<String, String> arguments,
    String by,
    Instant at,
    String reason) {

  /** Copies the collections. */
  public Command {
    digests = Set.copyOf(digests);
    arguments = Map.copyOf(arguments);
  }

  /** What a command does. */
  public enum Verb {
    /**
     * What exists and is selected becomes ours: it is updated, and deleted when its declaration
     * goes.
     */
    ADOPT,
    /**
     * What is selected is no longer ours; it stays as it is, and a declaration of it is a conflict.
     */
    RELEASE,
    /** What failed for good, is fought over or backs off is tried again at once. */
    RETRY,
    /** The changes of these digests may be applied though they need approval. */
    APPROVE,
    /**
     * The deletions of these digests may be applied though a limit or doubt about the source holds
     * them.
     */
    CONFIRM,
    /** The desired state is that of a given revision until the pin expires. */
    PIN,
    /** The pin is removed. */
    UNPIN,
    /** Nothing is written until resumed. */
    SUSPEND,
    /** Writing goes on. */
    RESUME
  }
}
