// SPDX-License-Identifier: Apache-2.0
/**
 * The state stores that come with the library: in memory, in files, in a database. All of them pass
 * the same contract suite, which is published for the authors of others.
 */
@NullMarked
package dev.gitops.core.store;

import org.jspecify.annotations.NullMarked;
