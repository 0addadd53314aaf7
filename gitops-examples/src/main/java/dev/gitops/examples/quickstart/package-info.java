// SPDX-License-Identifier: Apache-2.0
/** The first twenty lines, and a target for something that everybody has: files. */
@NullMarked
package dev.gitops.examples.quickstart;

import org.jspecify.annotations.NullMarked;
