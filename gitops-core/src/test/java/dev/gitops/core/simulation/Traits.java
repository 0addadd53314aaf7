// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.simulation;

import java.time.Duration;
import java.util.SplittableRandom;

/**
 * What the target of a history can and can't do, and how the reconciler is configured.
 *
 * @param versions it has versions
 * @param handles it has handles
 * @param preconditions it honours both
 * @param foldsCase names that differ in case are one
 * @param normalises it stores values in another spelling
 * @param merges its updates leave alone what they don't say
 * @param marks it marks what it creates
 * @param identity it has an identity
 * @param settle how long reads may be stale and writes be on their way
 * @param warmUp how long a resource takes to become healthy
 * @param deletes how many deletions an hour are allowed
 * @param guarded whether Lids need approval
 * @param engines how many replicas there are
 * @param members how many reconcilers share the repository, each with a path of its own
 * @param hooks whether there are resources that are steps of a roll-out
 * @param apart whether Lids are behind a connection of their own
 * @param implied whether a Lid needs its Box by its nature
 * @param immutable whether the size of a Box can't be changed once it is there
 * @param standing it answers with the same object as long as nothing has changed
 */
record Traits(
    boolean versions,
    boolean handles,
    boolean preconditions,
    boolean foldsCase,
    boolean normalises,
    boolean merges,
    boolean marks,
    boolean identity,
    Duration settle,
    Duration warmUp,
    int deletes,
    boolean guarded,
    int engines,
    int members,
    boolean hooks,
    boolean apart,
    boolean implied,
    boolean immutable,
    boolean standing) {
  static Traits of(SplittableRandom random) {
    boolean together = random.nextInt(5) == 0;
    return new Traits(
        random.nextInt(4) > 0,
        random.nextInt(4) > 0,
        random.nextInt(4) > 0,
        random.nextInt(4) == 0,
        random.nextInt(4) == 0,
        random.nextBoolean(),
        random.nextInt(3) == 0,
        random.nextInt(3) > 0,
        random.nextInt(3) == 0 ? Duration.ofSeconds(30) : Duration.ZERO,
        random.nextInt(3) == 0 ? Duration.ofSeconds(20) : Duration.ZERO,
        random.nextInt(4),
        random.nextInt(4) == 0,
        !together && random.nextInt(5) == 0 ? 2 : 1,
        together ? 2 : 1,
        random.nextInt(4) == 0,
        random.nextInt(3) == 0,
        random.nextInt(4) == 0,
        random.nextInt(5) == 0,
        random.nextBoolean());
  }

  /** How many processes there are at a time. */
  int processes() {
    return engines * members;
  }
}
