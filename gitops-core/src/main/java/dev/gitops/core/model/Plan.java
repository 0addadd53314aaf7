// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.model;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The difference between what is declared and what is live, and what would be done about it. A plan
 * is a value to show, store and approve; it is never executed: whoever applies plans again and
 * compares digests.
 *
 * @param reconciler whose plan it is
 * @param run what was asked
 * @param revision what is declared
 * @param targets the identity of each target by kind, where it has one
 * @param at when live was read
 * @param changes what differs or is blocked, in the order in which it would be applied
 * @param problems what is wrong with the snapshot, or stands in the way of the whole plan
 * @param unchanged how many resources are as declared
 * @param notes what else a reader must know, such as a pin in force or a source that is down
 */
public record Plan(
    String reconciler,
    Run run,
    Revision revision,
    Map<String, String> targets,
    Instant at,
    List<Change> changes,
    List<Problem> problems,
    int unchanged,
    List<String> notes) {

  /** Copies the collections. */
  public Plan {
    targets = Map.copyOf(targets);
    changes = List.copyOf(changes);
    problems = List.copyOf(problems);
    notes = List.copyOf(notes);
  }

  /** Whether nothing differs and nothing is blocked or wrong. */
  public boolean inSync() {
    return changes.isEmpty() && problems.isEmpty();
  }

  /** The same plan with more notes. */
  public Plan withNotes(List<String> more) {
    if (more.isEmpty()) {
      return this;
    }
    List<String> all = new ArrayList<>(notes);
    all.addAll(more);
    return new Plan(reconciler, run, revision, targets, at, changes, problems, unchanged, all);
  }

  /** The changes that nothing blocks. */
  public List<Change> ready() {
    return changes.stream().filter(change -> change.block() == null).toList();
  }
}
