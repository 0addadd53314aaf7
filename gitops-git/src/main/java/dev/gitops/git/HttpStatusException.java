// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import java.net.HttpURLConnection;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.util.Set;
import org.eclipse.jgit.errors.TransportException;
import org.jspecify.annotations.Nullable;

/** A server or proxy answered, but not with what it was asked for. */
final class HttpStatusException extends TransportException {
  private static final long serialVersionUID = 1;
  private static final Set<Integer> PASSING = Set.of(429, 500, 502, 503, 504);

  private final int status;
  private final @Nullable Duration retryAfter;

  HttpStatusException(int status, @Nullable Duration retryAfter, String message) {
    super(message);
    this.status = status;
    this.retryAfter = retryAfter;
  }

  /** A server's answer that may be another one a little later. */
  static HttpStatusException of(HttpURLConnection answered, int status, Instant now) {
    Duration after = retryAfter(answered.getHeaderField("Retry-After"), now);
    return new HttpStatusException(
        status,
        after,
        "The server "
            + (status == 429 ? "was asked too often" : "has a trouble of its own")
            + " (status "
            + status
            + (after == null ? ")" : ", to be asked again in " + after.toSeconds() + " s)"));
  }

  private static @Nullable Duration retryAfter(@Nullable String header, Instant now) {
    if (header == null || header.isEmpty()) {
      return null;
    }
    if (header.length() < 10 && header.chars().allMatch(c -> c >= '0' && c <= '9')) {
      return Duration.ofSeconds(Long.parseLong(header));
    }
    try {
      Instant then = Instant.from(DateTimeFormatter.RFC_1123_DATE_TIME.parse(header));
      return then.isBefore(now) ? Duration.ZERO : Duration.between(now, then);
    } catch (DateTimeException e) {
      return null;
    }
  }

  static String proxyWords(int status) {
    return status == 407
        ? "does not accept the user and password that it was given, or none was (status 407)"
        : "refuses to connect (status " + status + ")";
  }

  /** Whether the same request may succeed a little later. */
  static boolean isPassing(int status) {
    return PASSING.contains(status);
  }

  boolean isPassing() {
    return isPassing(status);
  }

  /** How long the server asks to be left alone; null if it does not. */
  @Nullable Duration retryAfter() {
    return retryAfter;
  }
}
