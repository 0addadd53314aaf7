// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core;

import org.jspecify.annotations.Nullable;

/**
 * What a reconciler works with from cycle to cycle, once its store is open. Used by one thread at a
 * time.
 *
 * @param siblings the other reconcilers of its group; null when it is in none
 */
record Opened(
    Settings settings,
    Ledger ledger,
    Writer writer,
    Controls controls,
    Declarations declarations,
    Baseline baseline,
    Calls calls,
    Sourcing sourcing,
    Patience patience,
    Doubts doubts,
    Events events,
    @Nullable Siblings siblings) {

  /** Takes the right to write; what another writer may have changed is read again. */
  boolean acquire() throws Exception {
    long before = writer.epoch();
    if (!writer.acquire()) {
      return false;
    }
    ledger.refresh(writer.epoch() != before);
    return true;
  }
}
