// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.simulation;

/**
 * One thing that happens in a history.
 *
 * @param what its sort
 * @param salt all randomness within it follows from this, so that leaving out another step changes
 *     nothing here
 */
record Step(What what, long salt) {
  /** What can happen, each with how often. */
  enum What {
    CYCLE(30),
    CYCLE_SOME(3),
    PLAN(3),
    COMMIT(16),
    BREAK_FILE(2),
    MEND_FILES(3),
    SOURCE_DOWN(1),
    SOURCE_UP(2),
    REWRITE(1),
    REGRESS(1),
    RECONFIGURE(1),
    HOLD_HEAD(1),
    ACCEPT_HEAD(2),
    OTHER_SYSTEM(1),
    FOREIGN(8),
    TROUBLE(6),
    CALM(4),
    CRASH(5),
    RESTART(2),
    UPGRADE(1),
    STORE_TROUBLE(3),
    BACKUP(1),
    RESTORE(1),
    LOSE_STORE(1),
    ADOPT(2),
    RELEASE(1),
    RETRY(1),
    APPROVE(4),
    CONFIRM(3),
    PIN(1),
    UNPIN(1),
    SUSPEND(1),
    RESUME(2),
    TIME(8),
    CLOCK_JUMP(2);

    final int weight;

    What(int weight) {
      this.weight = weight;
    }
  }

  @Override
  public String toString() {
    return what + ":" + Long.toString(salt, 36);
  }
}
