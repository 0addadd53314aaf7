// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import java.net.ConnectException;
import java.net.SocketException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Which failures of a remote may have passed a moment later, and when that is. */
final class Retries {
  private static final Duration FIRST = Duration.ofSeconds(1);
  private static final Duration LONGEST = Duration.ofMinutes(1);
  private static final int DEPTH = 10;

  private Retries() {}

  /**
   * How long to wait before the next attempt; null if there is to be none.
   *
   * @param failed how many attempts have failed
   */
  static @Nullable Duration pause(Throwable failure, int failed, int attempts, Deadline deadline) {
    if (failed >= attempts) {
      return null;
    }
    Duration asked = Duration.ZERO;
    boolean passing = false;
    int depth = 0;
    for (Throwable t = failure; t != null && depth++ < DEPTH; t = t.getCause()) {
      if (t instanceof AccessException) {
        return null;
      } else if (t instanceof HttpStatusException answer) {
        passing = answer.isPassing();
        asked = answer.retryAfter() == null ? asked : answer.retryAfter();
      } else if (isBroken(t)) {
        passing = true;
      }
    }
    Duration own = FIRST.multipliedBy(1L << (failed - 1));
    Duration pause = asked.compareTo(own) > 0 ? asked : own;
    return passing && pause.compareTo(LONGEST) <= 0 && pause.compareTo(deadline.remaining()) < 0
        ? pause
        : null;
  }

  private static boolean isBroken(Throwable failure) {
    String message = failure.getMessage() == null ? "" : failure.getMessage();
    return failure instanceof ConnectException
        || (failure instanceof SocketException
            && (message.contains("reset") || message.contains("Unexpected end of file")))
        || message.startsWith("Connection reset");
  }
}
