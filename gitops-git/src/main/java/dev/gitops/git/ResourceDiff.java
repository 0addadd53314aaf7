// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import dev.gitops.core.model.FieldChange;
import dev.gitops.core.model.Origin;
import dev.gitops.core.model.Problem;
import dev.gitops.core.model.ResourceId;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How the declaration of one resource differs between two commits. Formatting, comments and order
 * are no difference.
 *
 * @param id the resource
 * @param action what happened to its declaration
 * @param fields what differs in the spec, secrets masked as far as the kinds are known; each from
 *     the older to the newer value, with the cause {@link FieldChange.Cause#DECLARED}
 * @param metadata what differs in the metadata, with pointers into that: {@code /labels/team}
 * @param before where it was declared; {@link Origin#NONE} if nowhere
 * @param after where it is declared; {@link Origin#NONE} if nowhere
 * @param problem why it can't be read; null unless {@link Action#UNREADABLE}
 */
public record ResourceDiff(
    ResourceId id,
    Action action,
    List<FieldChange> fields,
    List<FieldChange> metadata,
    Origin before,
    Origin after,
    @Nullable Problem problem) {
  /** What happens to a declaration. */
  public enum Action {
    /** It is declared, and was not. */
    ADDED,
    /** Fields or metadata differ; the file may do so, too. */
    CHANGED,
    /** It is the same in another file. */
    MOVED,
    /** It was declared, and is not. */
    REMOVED,
    /** One of the two sides can't be read where it may stand, so nothing more can be said. */
    UNREADABLE
  }

  /** Copies the lists. */
  public ResourceDiff {
    fields = List.copyOf(fields);
    metadata = List.copyOf(metadata);
  }
}
