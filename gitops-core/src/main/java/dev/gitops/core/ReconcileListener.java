// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core;

import dev.gitops.core.model.ReconcileEvent;

/**
 * Hears what a reconciler does, as it happens. Called by the thread of the cycle, in order; it must
 * return soon, since the cycle waits. What it throws is logged and changes nothing.
 */
@FunctionalInterface
public interface ReconcileListener {
  /** Something happened. */
  void on(ReconcileEvent event);
}
