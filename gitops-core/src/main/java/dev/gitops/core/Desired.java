// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core;

import dev.gitops.core.model.Problem;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.model.Snapshot;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A snapshot, bound and checked.
 *
 * @param snapshot what the source delivered
 * @param resources what is declared and valid, by id, in the order in which it is applied as far as
 *     that is known
 * @param invalid what is declared but wrong, with the problem
 * @param problems everything wrong, the source's own problems among it
 */
record Desired(
    Snapshot snapshot,
    Map<ResourceId, Declared<?>> resources,
    Map<ResourceId, Problem> invalid,
    List<Problem> problems) {

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
