// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import dev.gitops.core.model.Origin;
import dev.gitops.core.model.Problem;
import dev.gitops.core.model.Revision;
import java.util.List;

/**
 * How what is declared differs between two revisions, whatever lies between them. It is no plan: it
 * knows nothing of what is live, of routes, bindings, ownership or gates, and so nothing of what
 * would be done.
 *
 * @param from the older, or what is compared with
 * @param to the newer
 * @param resources what differs, ordered by id
 * @param fromProblems what could not be read at {@code from}
 * @param toProblems what could not be read at {@code to}
 */
public record RevisionDiff(
    Revision from,
    Revision to,
    List<ResourceDiff> resources,
    List<Problem> fromProblems,
    List<Problem> toProblems) {
  /** Copies the lists. */
  public RevisionDiff {
    resources = List.copyOf(resources);
    fromProblems = List.copyOf(fromProblems);
    toProblems = List.copyOf(toProblems);
  }

  /**
   * What of it was or is declared below a directory, or in a file.
   *
   * @param path from the root of the repository, with forward slashes
   */
  public RevisionDiff below(String path) {
    return new RevisionDiff(
        from,
        to,
        resources.stream()
            .filter(r -> isBelow(r.before(), path) || isBelow(r.after(), path))
            .toList(),
        fromProblems.stream().filter(p -> isBelow(p.origin(), path)).toList(),
        toProblems.stream().filter(p -> isBelow(p.origin(), path)).toList());
  }

  private static boolean isBelow(Origin origin, String path) {
    String directory = path.endsWith("/") ? path : path + "/";
    return path.isEmpty() || origin.file().equals(path) || origin.file().startsWith(directory);
  }
}
