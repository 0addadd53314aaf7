// SPDX-License-Identifier: Apache-2.0
/**
 * Files to documents: reads YAML and JSON manifests from a commit or a directory ({@link
 * dev.gitops.core.manifest.FileTree}), within {@linkplain dev.gitops.core.manifest.Limits limits},
 * and says of everything it could not understand what that may hide.
 */
@NullMarked
package dev.gitops.core.manifest;

import org.jspecify.annotations.NullMarked;
