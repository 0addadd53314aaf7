// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git.provider;

import dev.gitops.core.spi.Timing;
import java.time.Duration;
import java.time.Instant;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The deliveries of the last while, so that one that is sent again, by the service or by whoever
 * has recorded it, has no effect. Only signed ones get here. When too many arrive, the oldest are
 * forgotten: sent again they trigger again, which does no harm.
 */
final class Deliveries {
  private static final int MOST = 10_000;
  private static final Duration SKEW = Duration.ofMinutes(5);

  private final Timing timing;
  private final Duration window;
  private final Map<String, Long> seen = new LinkedHashMap<>();

  Deliveries(Timing timing, Duration window) {
    this.timing = timing;
    this.window = window;
  }

  /** What is known of a delivery. */
  enum Verdict {
    NEW,
    SEEN,
    OLD
  }

  /** Takes note of a delivery; {@code signed} when, or null if that is not known. */
  synchronized Verdict first(String id, @Nullable Instant signed) {
    if (signed != null && Duration.between(signed, timing.now()).abs().compareTo(SKEW) > 0) {
      return Verdict.OLD;
    }
    long now = timing.nanos();
    Iterator<Long> oldest = seen.values().iterator();
    while (oldest.hasNext() && now - oldest.next() > window.toNanos()) {
      oldest.remove();
    }
    if (seen.size() >= MOST && !seen.containsKey(id)) {
      seen.remove(seen.keySet().iterator().next());
    }
    return seen.putIfAbsent(id, now) == null ? Verdict.NEW : Verdict.SEEN;
  }
}
