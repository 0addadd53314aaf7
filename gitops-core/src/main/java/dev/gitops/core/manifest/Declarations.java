// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.manifest;

import dev.gitops.core.model.Document;
import dev.gitops.core.model.Problem;
import java.util.ArrayList;
import java.util.List;

/**
 * What was read from files.
 *
 * @param documents what is declared, in the order of the files
 * @param problems what could not be understood, and what that may hide; empty if all was
 */
public record Declarations(List<Document> documents, List<Problem> problems) {
  /** Nothing declared, nothing wrong. */
  public static final Declarations NONE = new Declarations(List.of(), List.of());

  /** Copies the lists. */
  public Declarations {
    documents = List.copyOf(documents);
    problems = List.copyOf(problems);
  }

  /** Nothing but one problem. */
  public static Declarations of(Problem problem) {
    return new Declarations(List.of(), List.of(problem));
  }

  /** These, one after the other. */
  public static Declarations concat(List<Declarations> parts) {
    if (parts.size() == 1) {
      return parts.get(0);
    }
    List<Document> documents = new ArrayList<>();
    List<Problem> problems = new ArrayList<>();
    for (Declarations part : parts) {
      documents.addAll(part.documents);
      problems.addAll(part.problems);
    }
    return new Declarations(documents, problems);
  }
}
