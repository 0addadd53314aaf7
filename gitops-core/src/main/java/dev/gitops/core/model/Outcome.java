// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.model;

import java.time.Duration;

/**
 * What became of one change in one cycle.
 *
 * @param id the resource
 * @param action what was to be done
 * @param result what became of it
 * @param message why, where it was not applied; secrets are masked
 * @param took how long the target took; zero where it was not called
 */
public record Outcome(
    ResourceId id, Change.Action action, Result result, String message, Duration took) {
  /** What can become of a change. */
  public enum Result {
    /** The target confirmed it, or its effect was seen. */
    APPLIED,
    /**
     * The target refused or failed; it is tried again unless the message says that it can't
     * succeed.
     */
    FAILED,
    /** It was changed by somebody in between; it is read and planned again. */
    CONFLICT,
    /** No answer in time: it may or may not take effect. */
    IN_DOUBT,
    /** Not deleted but given, with all that is known of it, to a sibling that declares it. */
    HANDED_OVER,
    /** Not tried, because of something that it depends on. */
    SKIPPED,
    /** Not tried, because of a block that the plan names. */
    BLOCKED
  }
}
