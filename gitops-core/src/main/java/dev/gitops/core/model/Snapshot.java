// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.model;

import java.util.List;

/**
 * Everything that is declared at one revision, and what of it could not be understood.
 *
 * @param revision which version it is
 * @param documents what is declared; an id may appear twice, which the engine reports as a problem
 *     of both
 * @param problems what is wrong; empty means that the snapshot is complete: what is not in it is
 *     declared nowhere
 */
public record Snapshot(Revision revision, List<Document> documents, List<Problem> problems) {
  /** Copies the lists. */
  public Snapshot {
    documents = List.copyOf(documents);
    problems = List.copyOf(problems);
  }
}
