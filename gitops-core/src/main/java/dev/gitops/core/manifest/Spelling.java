// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.manifest;

import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What an unknown key was probably meant to be. */
final class Spelling {
  private Spelling() {}

  /** The known key that was probably meant; null if none is near. */
  static @Nullable String nearest(String key, Set<String> known) {
    if (key.length() > 40) {
      return null;
    }
    Map<String, Integer> near =
        Stream.of(known.toArray(String[]::new))
            .collect(Collectors.toMap(k -> k, k -> distance(fold(key), fold(k))));
    return near.entrySet().stream()
        .filter(e -> e.getValue() <= Math.max(1, e.getKey().length() / 3))
        .min(
            Map.Entry.<String, Integer>comparingByValue().thenComparing(Map.Entry.comparingByKey()))
        .map(Map.Entry::getKey)
        .orElse(null);
  }

  private static String fold(String key) {
    return key.toLowerCase(Locale.ROOT).replaceAll("[-_. ]", "");
  }

  /** Insertions, deletions, changes and swaps of neighbours that turn one text into the other. */
  private static int distance(String a, String b) {
    int[][] steps = new int[a.length() + 1][b.length() + 1];
    for (int i = 0; i <= a.length(); i++) {
      for (int j = 0; j <= b.length(); j++) {
        if (i == 0 || j == 0) {
          steps[i][j] = i + j;
          continue;
        }
        boolean same = a.charAt(i - 1) == b.charAt(j - 1);
        int least = Math.min(steps[i - 1][j], steps[i][j - 1]) + 1;
        least = Math.min(least, steps[i - 1][j - 1] + (same ? 0 : 1));
        boolean swapped =
            i > 1
                && j > 1
                && a.charAt(i - 1) == b.charAt(j - 2)
                && a.charAt(i - 2) == b.charAt(j - 1);
        steps[i][j] = swapped ? Math.min(least, steps[i - 2][j - 2] + 1) : least;
      }
    }
    return steps[a.length()][b.length()];
  }
}
