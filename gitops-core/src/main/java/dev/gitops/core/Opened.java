// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core;

import dev.gitops.core.model.Snapshot;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a reconciler works with from cycle to cycle, once its store is open. Used by one thread at a
 * time.
 *
 * @param rollback what puts good declarations in the place of failed ones; null when it never does
 * @param trials what judges declarations; null when nothing is rolled back
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
    @Nullable Rollback rollback,
    @Nullable Trials trials,
    @Nullable Siblings siblings) {

  /**
   * For a look at what somebody proposes: nobody hears of it, and it must not end, or begin, the
   * waiting of what is in force.
   */
  Opened proposing(Snapshot proposed) {
    return new Opened(
        settings,
        ledger,
        writer,
        controls,
        new Declarations(settings, ledger.sealer()),
        new Baseline(settings),
        calls,
        new Sourcing(settings, calls, proposed),
        new Patience(settings),
        doubts,
        new Events(settings, List.of()),
        null,
        null,
        siblings);
  }

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
