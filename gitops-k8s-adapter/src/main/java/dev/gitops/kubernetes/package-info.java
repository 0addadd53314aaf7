// SPDX-License-Identifier: Apache-2.0
/** Kubernetes as a target of the reconciler. */
@NullMarked
package dev.gitops.kubernetes;

import org.jspecify.annotations.NullMarked;
