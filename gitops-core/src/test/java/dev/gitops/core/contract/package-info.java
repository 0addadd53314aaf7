// SPDX-License-Identifier: Apache-2.0
/**
 * The contract kit: what an adapter's author tests an adapter with. Extend {@link
 * dev.gitops.core.contract.TargetContract}, implement three methods, and inherit the tests. {@link
 * dev.gitops.core.contract.MemoryTarget} is a target to test everything else with.
 */
@NullMarked
package dev.gitops.core.contract;

import org.jspecify.annotations.NullMarked;
