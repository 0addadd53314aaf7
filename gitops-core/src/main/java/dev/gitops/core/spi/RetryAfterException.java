// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.spi;

import java.time.Duration;

/** The target asks not to be called again for this resource before some time has passed. */
public class RetryAfterException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final Duration after;

  /** After this much time from now. */
  public RetryAfterException(String message, Duration after) {
    super(message);
    this.after = after;
  }

  /** How long to wait. */
  public Duration after() {
    return after;
  }
}
