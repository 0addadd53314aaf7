// SPDX-License-Identifier: Apache-2.0
/**
 * CALL: the reconciler, its loop, its listener and people's commands.
 *
 * <p>One cycle in the order in which data flows: {@code Cycle} fetches a snapshot, {@code
 * Declarations} binds it, {@code Readings} reads live, {@code Planner} compares, {@code Gates}
 * hold, {@code Ownership} records intent, {@code Schedule} orders, {@code Rollout} applies, and
 * {@code Cycle} reads again and reports.
 */
@NullMarked
package dev.gitops.core;

import org.jspecify.annotations.NullMarked;
