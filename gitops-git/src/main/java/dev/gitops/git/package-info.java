// SPDX-License-Identifier: Apache-2.0
/**
 * Git as the place where desired state is declared: {@link dev.gitops.git.GitStateSource} reads the
 * files of a commit straight from a bare clone or a local repository, without a work tree.
 */
@NullMarked
package dev.gitops.git;

import org.jspecify.annotations.NullMarked;
