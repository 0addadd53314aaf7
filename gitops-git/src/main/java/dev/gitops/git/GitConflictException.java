// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import java.io.IOException;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A commit can't be reverted by itself, since what it did was changed after it; nothing was pushed.
 * A person has to decide: revert the later commits, too, or edit the files.
 */
public final class GitConflictException extends IOException {
  private static final long serialVersionUID = 1;
  private static final int MAX_SHOWN = 20;

  private final transient List<Conflict> conflicts;

  GitConflictException(String what, List<Conflict> conflicts) {
    super(
        what
            + conflicts.stream()
                .limit(MAX_SHOWN)
                .map(Conflict::toString)
                .collect(Collectors.joining("; ", ": ", ""))
            + (conflicts.size() > MAX_SHOWN
                ? "; and " + (conflicts.size() - MAX_SHOWN) + " more"
                : "")
            + ". Revert the later changes first, or edit the files; nothing was pushed");
    this.conflicts = List.copyOf(conflicts);
  }

  /** The files in question, by path. */
  public List<Conflict> conflicts() {
    return conflicts;
  }

  /** The versions of a file that a merge compares, as Git numbers them. */
  public enum Stage {
    /** 1: as the commit to revert has left it. */
    BASE,
    /** 2: as it is on the branch now. */
    OURS,
    /** 3: as it was before the commit to revert. */
    THEIRS
  }

  /**
   * One file that can't be merged.
   *
   * @param path from the root of the repository; as Git has it, so untrusted
   * @param stages the versions in which the file exists
   */
  public record Conflict(String path, Set<Stage> stages) {
    /** Copies the set. */
    public Conflict {
      stages = Set.copyOf(stages);
    }

    /** The path, made inert, and what happened to it. */
    @Override
    public String toString() {
      String why;
      if (!stages.contains(Stage.OURS)) {
        why = "was deleted since";
      } else if (!stages.contains(Stage.THEIRS)) {
        why = "would be deleted, but was changed since";
      } else if (!stages.contains(Stage.BASE)) {
        why = "would come back, but something else is there now";
      } else {
        why = "was changed in the same place since";
      }
      return "'" + path.replaceAll("[\\p{C}\\p{Zl}\\p{Zp}]", "?") + "' " + why;
    }
  }
}
