// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Ends a conversation at once. No {@link IOException}: on one of these JGit may try again by
 * itself, with another sort of authentication.
 */
final class StopException extends RuntimeException {
  private static final long serialVersionUID = 1;
  private static final int DEPTH = 10;

  StopException(IOException reason) {
    super(reason.getMessage(), reason);
  }

  /** What a failed conversation failed of, without JGit's wrapping. */
  static @Nullable IOException reason(Throwable failure) {
    int depth = 0;
    for (Throwable t = failure; t != null && depth++ < DEPTH; t = t.getCause()) {
      if (t instanceof StopException && t.getCause() instanceof IOException reason) {
        return reason;
      }
    }
    return null;
  }
}
