// SPDX-License-Identifier: Apache-2.0
/**
 * IMPLEMENT: the extension points of the engine. Unless a type says otherwise its methods are
 * called from the threads of the reconciler's executor, for different resources at the same time,
 * may block, and should react to interruption, since that is how the engine ends a call that takes
 * too long.
 */
@NullMarked
package dev.gitops.core.spi;

import org.jspecify.annotations.NullMarked;
