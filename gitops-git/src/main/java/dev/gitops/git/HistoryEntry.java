// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

/**
 * One commit that changed one resource.
 *
 * @param by who, when and why
 * @param change what
 */
public record HistoryEntry(Contribution by, ResourceDiff change) {}
