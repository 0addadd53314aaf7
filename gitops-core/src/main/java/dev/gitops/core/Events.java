// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core;

import dev.gitops.core.model.Activity;
import dev.gitops.core.model.Activity.Stage;
import dev.gitops.core.model.ReconcileEvent;
import java.time.Instant;
import java.util.List;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells whoever asks, and the listeners, what happens; a listener that fails changes nothing. */
final class Events {
  private static final Logger LOG = LoggerFactory.getLogger(Reconciler.class);
  private static final int STRIDE = 100;

  private final Settings settings;
  private final List<ReconcileListener> listeners;
  private volatile Activity activity;

  Events(Settings settings) {
    this(settings, settings.listeners());
  }

  Events(Settings settings, List<ReconcileListener> listeners) {
    this.settings = settings;
    this.listeners = listeners;
    this.activity = new Activity(Stage.IDLE, settings.timing().now(), 0, 0);
  }

  /** What is done now; for any thread. */
  Activity activity() {
    return activity;
  }

  /** From now on this is done, with so many changes to make. */
  void enter(Stage stage, int of) {
    activity = new Activity(stage, settings.timing().now(), 0, of);
  }

  /** Something happened just now. */
  void tell(Function<Instant, ReconcileEvent> what) {
    ReconcileEvent event = what.apply(settings.timing().now());
    for (ReconcileListener listener : listeners) {
      try {
        listener.on(event);
      } catch (RuntimeException e) {
        LOG.warn(
            "{}: the listener {} failed at {}",
            settings.name(),
            listener.getClass().getName(),
            event.getClass().getSimpleName(),
            e);
      }
    }
  }

  /** So many of so many changes have come to their end; told now and then, and at the last. */
  void progress(int done, int of) {
    activity = new Activity(activity.stage(), activity.since(), done, of);
    if (done % STRIDE == 0 || done == of) {
      tell(now -> new ReconcileEvent.Progress(settings.name(), now, done, of));
    }
  }
}
