// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core;

import java.time.Duration;

/** Numbers as people read them. */
final class Words {
  private Words() {}

  /** {@code 500 ms}, {@code 2 s}, {@code 90 s}, {@code 5 min}. */
  static String of(Duration time) {
    if (time.compareTo(Duration.ofSeconds(1)) < 0) {
      return Math.max(1, time.toMillis()) + " ms";
    }
    boolean minutes = time.toSeconds() % 60 == 0 && time.toNanosPart() == 0;
    return minutes ? time.toMinutes() + " min" : time.toSeconds() + " s";
  }

  /** {@code 1 change}, {@code 2 changes}. */
  static String count(int count, String noun) {
    return count + " " + noun + (count == 1 ? "" : "s");
  }
}
