// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.model;

import java.time.Instant;

/**
 * Why a change is not applied.
 *
 * @param reason the kind of obstacle
 * @param message what is in the way, for people
 * @param since when it was first seen in the way
 * @param unblock what gets it out of the way
 */
public record Block(Reason reason, String message, Instant since, String unblock) {
  /** The kinds of obstacles. */
  public enum Reason {
    /** It exists, differs, and is not ours. */
    CONFLICT,
    /** It, or something that its safety depends on, could not be read. */
    UNKNOWN,
    /** Its declaration is wrong. */
    INVALID,
    /** After a crash it can't be told whether it is ours. */
    AMBIGUOUS,
    /** A gate holds it until somebody acts or time passes. */
    HELD,
    /** A gate refuses it. */
    REFUSED,
    /** An earlier operation on it may still take effect. */
    IN_DOUBT,
    /** It failed and is tried again later. */
    BACKOFF,
    /** It failed in a way that the same declaration can't mend. */
    TERMINAL,
    /** Somebody else keeps rewriting it. */
    FOUGHT,
    /** What it depends on is not there or not healthy. */
    WAITING,
    /** Only asked to look: nothing is written in this mode. */
    OBSERVED
  }

  @Override
  public String toString() {
    return reason + ": " + message + (unblock.isEmpty() ? "" : " (" + unblock + ")");
  }
}
