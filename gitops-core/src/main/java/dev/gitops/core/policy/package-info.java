// SPDX-License-Identifier: Apache-2.0
/** Ready-made gates: how much may be deleted, what needs approval, what is only looked at. */
@NullMarked
package dev.gitops.core.policy;

import org.jspecify.annotations.NullMarked;
