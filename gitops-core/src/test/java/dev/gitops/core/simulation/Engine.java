// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.simulation;

import dev.gitops.core.model.Command;
import dev.gitops.core.model.Plan;
import dev.gitops.core.model.Report;

/** What is driven through a history: the real engine, or a wrong one to try the oracle with. */
interface Engine {
  /** One cycle. */
  Report reconcile() throws Exception;

  /** A dry run. */
  Plan plan() throws Exception;

  /** What a person says, from another process. */
  void tell(Command command) throws Exception;

  /** The process ends in an orderly way. */
  void close() throws Exception;

  /** Starts one in a process. */
  @FunctionalInterface
  interface Factory {
    Engine start(World world, Process process);
  }
}
