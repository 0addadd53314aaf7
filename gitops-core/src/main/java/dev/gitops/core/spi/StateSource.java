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
   * The same for a reconciler that has accepted a revision before: what the engine calls. A source
   * that has rules about which revisions may be used checks them here, before it reads anything of
   * the revision. By default there are none.
   *
   * @param accepted the id of the head that this reconciler used last, also across restarts; null
   *     before the first, and when a person has named the revision (a pin, a preview), so that
   *     going back is intended. A revision that a person has confirmed is handed in as accepted
   * @throws HeldRevisionException when the rules hold the revision back
   */
  default Snapshot fetch(@Nullable String revision, @Nullable String accepted) throws Exception {
    return fetch(revision);
  }

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
