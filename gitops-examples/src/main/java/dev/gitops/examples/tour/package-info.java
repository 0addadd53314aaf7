// SPDX-License-Identifier: Apache-2.0
/**
 * The main job, told as a story on a real Git repository and a real PostgreSQL, and as a command
 * line for one's own.
 */
@NullMarked
package dev.gitops.examples.tour;

import org.jspecify.annotations.NullMarked;
