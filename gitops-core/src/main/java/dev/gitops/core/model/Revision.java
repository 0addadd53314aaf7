// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.model;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One immutable version of everything declared, such as a Git commit.
 *
 * @param id names exactly this content for ever (a commit hash)
 * @param author who wrote it, for display; anyone can write this
 * @param committer who committed it, for display
 * @param time when it was committed, by the committer's clock; null where unknown
 * @param message the commit message; empty where there is none
 */
public record Revision(
    String id, String author, String committer, @Nullable Instant time, String message) {
  /** A revision of which only the id is known. */
  public static Revision of(String id) {
    return new Revision(id, "", "", null, "");
  }

  /** The id cut to 12 characters, for people. */
  public String shortId() {
    return id.length() > 12 ? id.substring(0, 12) : id;
  }

  /** The first line of the message. */
  public String subject() {
    return message.lines().findFirst().orElse("");
  }
}
