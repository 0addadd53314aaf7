// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.model;

/**
 * How a live resource is doing.
 *
 * @param status the judgement
 * @param message why, for people; empty when healthy
 */
public record Health(Status status, String message) {
  /** The judgement, from best to worst. */
  public enum Status {
    /** It does what it is for. */
    HEALTHY,
    /** Somebody paused it on purpose. */
    SUSPENDED,
    /** Not there yet, and may still get there by itself. */
    PROGRESSING,
    /** It does not exist. */
    MISSING,
    /** It can't be told. */
    UNKNOWN,
    /** It failed, or did not get there in time. */
    DEGRADED
  }

  /** Healthy, with nothing to say. */
  public static final Health HEALTHY = new Health(Status.HEALTHY, "");

  /** Not there yet. */
  public static Health progressing(String message) {
    return new Health(Status.PROGRESSING, message);
  }

  /** Failed. */
  public static Health degraded(String message) {
    return new Health(Status.DEGRADED, message);
  }

  /** Whether dependents may start: healthy, or suspended on purpose. */
  public boolean ready() {
    return status == Status.HEALTHY || status == Status.SUSPENDED;
  }
}
