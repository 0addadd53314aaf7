// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.model;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One thing that a plan would do to one resource, or that it would do if nothing blocked it.
 *
 * @param id the resource
 * @param action what would be done
 * @param cause why
 * @param fields what differs, secrets masked; for a creation every declared field, for a deletion
 *     nothing
 * @param digest names this very change for an approval: a keyed digest of reconciler, target
 *     identity, id, action, fields and desired value, but not of revision or time; it says nothing
 *     about secrets
 * @param block why it is not done now; null when it is
 * @param warnings what gates want people to know though they let it pass
 * @param origin where it is, or was last, declared
 */
public record Change(
    ResourceId id,
    Action action,
    Cause cause,
    List<FieldChange> fields,
    String digest,
    @Nullable Block block,
    List<String> warnings,
    Origin origin) {

  /** Copies the lists. */
  public Change {
    fields = List.copyOf(fields);
    warnings = List.copyOf(warnings);
  }

  /** What is done. */
  public enum Action {
    /** It is created, only if absent. */
    CREATE,
    /** It is changed in place. */
    UPDATE,
    /** It is deleted and created again. */
    REPLACE,
    /** It is deleted. */
    DELETE,
    /** Nothing is written: what is there and as declared becomes ours to update, or is released. */
    RECORD,
    /** A hook runs. */
    RUN,
    /** Nothing can be said, let alone done, as long as it is blocked. */
    NONE
  }

  /** Why it differs, told by what was last applied. */
  public enum Cause {
    /** It is declared and nothing like it exists. */
    NEW,
    /** Its declaration has changed. */
    DECLARED,
    /** Live was changed by somebody else. */
    DRIFT,
    /** It is no longer declared. */
    REMOVED,
    /** It existed before and is adopted. */
    TAKEN_OVER,
    /** It is a hook whose phase has come. */
    HOOK,
    /** Its declaration failed, and it goes back to the one before. */
    ROLLED_BACK
  }

  /** The same change, blocked or let through. */
  public Change withBlock(@Nullable Block newBlock) {
    return new Change(id, action, cause, fields, digest, newBlock, warnings, origin);
  }

  /** The same change for another cause. */
  public Change withCause(Cause newCause) {
    return new Change(id, action, newCause, fields, digest, block, warnings, origin);
  }

  /** The same change with other warnings. */
  public Change withWarnings(List<String> newWarnings) {
    return new Change(id, action, cause, fields, digest, block, newWarnings, origin);
  }

  /** Whether applying it takes something away: a deletion or a replacement. */
  public boolean destructive() {
    return action == Action.DELETE || action == Action.REPLACE;
  }
}
