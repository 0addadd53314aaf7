// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core;

import dev.gitops.core.model.ReconcileEvent;
import java.time.Instant;
import java.util.List;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells the listeners what happens; one that fails changes nothing. */
final class Events {
  private static final Logger LOG = LoggerFactory.getLogger(Reconciler.class);
  private static final int STRIDE = 100;

  private final Settings settings;
  private final List<ReconcileListener> listeners;

  Events(Settings settings) {
    this(settings, settings.listeners());
  }

  Events(Settings settings, List<ReconcileListener> listeners) {
    this.settings = settings;
    this.listeners = listeners;
  }

  /** Something happened just now. */
  void tell(Function<Instant, ReconcileEvent> what) {
    ReconcileEvent event = what.apply(settings.timing().now());
    for (ReconcileListener listener : listeners) {
      try {
        listener.on(event);
      } catch (RuntimeException e) {
        LOG.warn("{}: a listener failed: {}", settings.name(), settings.message(e));
      }
    }
  }

  /** So many of so many changes have come to their end; told now and then, and at the last. */
  void progress(int done, int of) {
    if (done % STRIDE == 0 || done == of) {
      tell(now -> new ReconcileEvent.Progress(settings.name(), now, done, of));
    }
  }
}
