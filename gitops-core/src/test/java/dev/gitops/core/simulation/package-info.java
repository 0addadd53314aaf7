// SPDX-License-Identifier: Apache-2.0
/**
 * Drives the real engine through random histories in virtual time, on one thread at a time, and
 * judges what it does by the target's own log. A history follows from its seed: {@code
 * -Dsimulation.seed=N} replays one, {@code -Dsimulation.histories=N} runs more of them.
 */
@NullMarked
package dev.gitops.core.simulation;

import org.jspecify.annotations.NullMarked;
