// SPDX-License-Identifier: Apache-2.0
/**
 * READ: the values that the engine, its extension points and its callers exchange. Immutable, free
 * of I/O and of any library's types; those that leave the process ({@link
 * dev.gitops.core.model.Plan}, {@link dev.gitops.core.model.Report}, events) are not generic and
 * hold masked values only.
 */
@NullMarked
package dev.gitops.core.model;

import org.jspecify.annotations.NullMarked;
