// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git.provider;

import java.io.IOException;
import java.time.Duration;

/** A service that hosts repositories has answered with something other than what was asked for. */
public final class ProviderException extends IOException {
  private static final long serialVersionUID = 1;

  private final int status;
  private final boolean retryable;
  private final Duration retryAfter;

  /**
   * What it has answered.
   *
   * @param message what was asked, what was answered, and what to do; free of credentials
   * @param status the HTTP status
   * @param retryable whether the same may succeed later
   * @param retryAfter how long to wait before; zero if the service did not say
   */
  public ProviderException(String message, int status, boolean retryable, Duration retryAfter) {
    super(message);
    this.status = status;
    this.retryable = retryable;
    this.retryAfter = retryAfter;
  }

  /** The HTTP status of the answer. */
  public int status() {
    return status;
  }

  /** Whether the same may succeed later, without anybody changing anything. */
  public boolean retryable() {
    return retryable;
  }

  /** How long to wait before, by the service's own wish; zero if it did not say. */
  public Duration retryAfter() {
    return retryAfter;
  }
}
