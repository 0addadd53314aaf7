// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.model;

import java.util.List;

/**
 * Everything that is declared at one revision, and what of it could not be understood.
 *
 * <p>Where the revision itself says what of it is looked at, such as by ignore files, its {@code
 * extent} names that: when it changes, what is missing may only be out of sight, as when the
 * source's identity changes.
 *
 * @param revision which version it is
 * @param documents what is declared; an id may appear twice, which the engine reports as a problem
 *     of both
 * @param problems what is wrong; empty means that the snapshot is complete: what is not in it is
 *     declared nowhere
 * @param extent names the rules in the revision itself about what of it is read; empty if it has
 *     none
 */
public record Snapshot(
    Revision revision, List<Document> documents, List<Problem> problems, String extent) {
  /** Of a revision that has no rules about what of it is read. */
  public Snapshot(Revision revision, List<Document> documents, List<Problem> problems) {
    this(revision, documents, problems, "");
  }

  /** Copies the lists. */
  public Snapshot {
    documents = List.copyOf(documents);
    problems = List.copyOf(problems);
  }
}
