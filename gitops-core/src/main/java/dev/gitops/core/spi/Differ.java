// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.spi;

import dev.gitops.core.model.FieldChange;
import dev.gitops.core.model.Kind;
import dev.gitops.core.model.Observed;
import dev.gitops.core.model.Resource;
import dev.gitops.core.model.Tree;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Finds the fields in which a live resource differs from its declaration. It never writes. One that
 * only computes is called by the thread of the cycle, one resource after the other. One that may
 * block, since it asks a server, says so by {@link #blocking}. What it throws affects only the
 * resource in question, whose state is then unknown.
 *
 * @param <T> the embedder's type
 */
@FunctionalInterface
public interface Differ<T> {
  /**
   * Compares one resource.
   *
   * @param lastApplied the spec that was last applied, as {@link Kind#comparable} makes it, its
   *     secret fields replaced by keyed digests unless they are those of live or desired; null
   *     where nothing is known of it
   * @param live what was read
   * @param desired what is declared
   * @return the fields that differ, not masked; empty when live is as declared
   */
  List<FieldChange> diff(@Nullable Tree lastApplied, Observed<T> live, Resource<T> desired)
      throws Exception;

  /**
   * Whether it may wait for something: a dry run on a server, say. It is then called on the
   * reconciler's executor, from as many threads at once as calls to one target are allowed, each
   * call for as long as its timeout allows and then interrupted; while a call hangs, its resource
   * is not compared again. Always the same answer.
   */
  default boolean blocking() {
    return false;
  }

  /**
   * The default: compares only what is declared, by value, after the kind's normalising, with its
   * ignore rules, keyed and set-like lists. What is equal by {@code equals} costs nothing else. A
   * field that is not declared, but was when last applied, differs as long as it is there.
   */
  static <T> Differ<T> declaredFields(Kind<T> kind) {
    return new TreeDiffer<>(kind);
  }
}
