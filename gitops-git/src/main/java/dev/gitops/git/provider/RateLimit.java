// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git.provider;

import java.net.http.HttpHeaders;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;

/** What a service says about when it wants to be asked again. */
final class RateLimit {
  private static final Duration LONGEST = Duration.ofHours(1);

  private RateLimit() {}

  /** At most an hour, whatever the service says; zero if it says nothing. */
  static Duration wait(HttpHeaders headers, int status, Instant now) {
    String after = headers.firstValue("Retry-After").orElse("").strip();
    if (!after.isEmpty()) {
      return bounded(after(after, now));
    }
    boolean used =
        status == 429
            || headers.firstValue("X-RateLimit-Remaining").orElse("").strip().equals("0")
            || headers.firstValue("RateLimit-Remaining").orElse("").strip().equals("0");
    String reset =
        headers
            .firstValue("X-RateLimit-Reset")
            .or(() -> headers.firstValue("RateLimit-Reset"))
            .orElse("")
            .strip();
    return used && reset.matches("\\d{1,12}")
        ? bounded(Duration.between(now, Instant.ofEpochSecond(Long.parseLong(reset))))
        : Duration.ZERO;
  }

  private static Duration after(String value, Instant now) {
    if (value.matches("\\d{1,9}")) {
      return Duration.ofSeconds(Long.parseLong(value));
    }
    try {
      return Duration.between(
          now, ZonedDateTime.parse(value, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant());
    } catch (DateTimeException e) {
      return Duration.ZERO; // not a wish that can be understood
    }
  }

  private static Duration bounded(Duration wait) {
    return wait.isNegative() ? Duration.ZERO : wait.compareTo(LONGEST) > 0 ? LONGEST : wait;
  }
}
