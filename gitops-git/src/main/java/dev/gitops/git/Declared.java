// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import dev.gitops.core.manifest.Declarations;
import dev.gitops.core.model.Document;
import dev.gitops.core.model.Problem;
import dev.gitops.core.model.ResourceId;
import org.jspecify.annotations.Nullable;

/**
 * What one commit, or one file of it, says about one resource: it declares it, or has a problem
 * that may hide it, or neither.
 *
 * @param file where it stands, or the problem is; empty if neither
 */
record Declared(@Nullable Document document, @Nullable Problem problem, String file) {
  static final Declared NOWHERE = new Declared(null, null, "");

  /** Neither declared nor hidden. */
  boolean isNowhere() {
    return document == null && problem == null;
  }

  static Declared at(Document document) {
    return new Declared(document, null, document.resource().origin().file());
  }

  static Declared hidden(Problem problem) {
    return new Declared(null, problem, problem.origin().file());
  }

  /** What a file, or several, say about a resource that was last declared in {@code file}. */
  static Declared in(Declarations declarations, ResourceId id, String file) {
    for (Document document : declarations.documents()) {
      if (document.resource().id().equals(id)) {
        return at(document);
      }
    }
    for (Problem problem : declarations.problems()) {
      if (problem.hides().test(id, file)) {
        return hidden(problem);
      }
    }
    return NOWHERE;
  }
}
