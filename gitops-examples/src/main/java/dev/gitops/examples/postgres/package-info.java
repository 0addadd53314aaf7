// SPDX-License-Identifier: Apache-2.0
/**
 * PostgreSQL's roles, schemas and grants as targets: three kinds with types of their own, which
 * depend on each other by their nature.
 */
@NullMarked
package dev.gitops.examples.postgres;

import org.jspecify.annotations.NullMarked;
