// SPDX-License-Identifier: Apache-2.0
/** What Git is good for, a few lines each, as the README of gitops-git quotes them. */
@NullMarked
package dev.gitops.examples.git;

import org.jspecify.annotations.NullMarked;
