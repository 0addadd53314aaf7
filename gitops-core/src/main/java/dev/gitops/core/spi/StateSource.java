// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.spi;

import dev.gitops.core.model.Snapshot;
import org.jspecify.annotations.Nullable;

/**
 * Where the desired state is declared. Called by one thread at a time for each reconciler that uses
 * it.
 */
public interface StateSource extends AutoCloseable {
  /**
   * Reads everything declared at one immutable revision. When nothing has changed since the last
   * call this costs almost nothing, and documents whose content is unchanged keep their identity.
   *
   * @param revision a branch, tag or commit, as the source understands it; null for the head that
   *     it is configured for
   * @return what is declared, with a problem for everything that could not be understood; never
   *     "empty" because something could not be read
   * @throws Exception when the revision can't be read as a whole; the engine goes on from the last
   *     snapshot, without deleting anything
   */
  Snapshot fetch(@Nullable String revision) throws Exception;

  /**
   * What decides which resources this source can declare, besides the revision: its URL, path,
   * ignore rules, renderer. When it changes, what seems to be removed may only be out of sight, so
   * the engine holds deletions. Stable across restarts; free of credentials.
   */
  String identity();

  /** Frees what the source holds; idempotent. */
  @Override
  default void close() {}
}
