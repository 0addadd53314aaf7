// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core;

import dev.gitops.core.model.Phase;
import dev.gitops.core.model.Problem;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.model.Snapshot;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A snapshot, bound and checked. Immutable. */
final class Desired {
  private final Snapshot snapshot;
  private final Map<ResourceId, Declared<?>> resources;
  private final Map<ResourceId, Problem> invalid;
  private final List<Problem> problems;
  private final List<Declared<?>> hooks;

  /**
   * A snapshot, bound and checked.
   *
   * @param snapshot what the source delivered
   * @param resources what is declared and valid, by id, in the order in which it is declared
   * @param invalid what is declared but wrong, with the problem
   * @param problems everything wrong, the source's own problems among it
   */
  Desired(
      Snapshot snapshot,
      Map<ResourceId, Declared<?>> resources,
      Map<ResourceId, Problem> invalid,
      List<Problem> problems) {
    this.snapshot = snapshot;
    this.resources = resources;
    this.invalid = invalid;
    this.problems = problems;
    this.hooks =
        resources.values().stream()
            .<Declared<?>>map(declared -> declared)
            .filter(declared -> declared.resource().metadata().phase() != Phase.SYNC)
            .toList();
  }

  Snapshot snapshot() {
    return snapshot;
  }

  Map<ResourceId, Declared<?>> resources() {
    return resources;
  }

  Map<ResourceId, Problem> invalid() {
    return invalid;
  }

  List<Problem> problems() {
    return problems;
  }

  /** Those of the resources that are run, not kept. */
  List<Declared<?>> hooks() {
    return hooks;
  }

  /**
   * What may hide a declaration of this id, last seen in this file; null when it is certainly not
   * declared.
   */
  @Nullable Problem mayHide(ResourceId id, String file) {
    for (Problem problem : problems) {
      if (problem.hides().test(id, file)) {
        return problem;
      }
    }
    return null;
  }
}
