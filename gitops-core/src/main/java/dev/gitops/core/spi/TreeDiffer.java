// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.spi;

import dev.gitops.core.model.FieldChange;
import dev.gitops.core.model.Kind;
import dev.gitops.core.model.Observed;
import dev.gitops.core.model.Resource;
import dev.gitops.core.model.Tree;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Compares declared fields as trees. */
final class TreeDiffer<T> implements Differ<T> {
  private final Kind<T> kind;

  TreeDiffer(Kind<T> kind) {
    this.kind = kind;
  }

  @Override
  public List<FieldChange> diff(@Nullable Tree lastApplied, Observed<T> live, Resource<T> desired) {
    throw new UnsupportedOperationException(kind.name());
  }
}
