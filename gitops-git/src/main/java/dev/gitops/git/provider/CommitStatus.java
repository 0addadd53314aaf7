// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git.provider;

import dev.gitops.core.report.Inert;
import java.net.URI;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * How a commit fares in one respect.
 *
 * @param commit the commit's full id
 * @param context in which respect, such as {@code gitops/topics}; at most 100 characters
 * @param state how it fares
 * @param description why, on one line; what is longer than 140 characters is cut
 * @param link where more can be read; null if nowhere
 */
public record CommitStatus(
    String commit, String context, State state, String description, @Nullable URI link) {
  private static final Pattern COMMIT = Pattern.compile("[0-9a-f]{40}|[0-9a-f]{64}");
  private static final int LONGEST_CONTEXT = 100;

  /** What all services take. */
  private static final int LONGEST = 139;

  /**
   * Makes the description inert and short.
   *
   * @throws IllegalArgumentException for a commit that is no full id, and an empty or long context
   */
  public CommitStatus {
    if (!COMMIT.matcher(commit).matches()) {
      throw new IllegalArgumentException("No full id of a commit: " + Inert.text(commit, 80));
    }
    if (context.isBlank() || context.length() > LONGEST_CONTEXT) {
      throw new IllegalArgumentException("A context has 1 to 100 characters");
    }
    description = Inert.text(description, LONGEST);
    if (description.length() > LONGEST + 1) {
      description = description.substring(0, LONGEST) + "…";
    }
  }

  /** How a commit can fare. */
  public enum State {
    /** It is being worked on. */
    PENDING,
    /** Everything is as it should be. */
    SUCCESS,
    /** Something is not. */
    FAILURE
  }
}
