// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.model;

import org.jspecify.annotations.Nullable;

/**
 * One field that differs. Inside a plan, report or event both values are masked where the kind
 * calls the field secret.
 *
 * @param pointer JSON Pointer (RFC 6901) into the spec; an element of a keyed list reads {@code
 *     key=value}, one of a set-like list {@code =value}
 * @param from the live value; null where the field is absent
 * @param to the declared value; null where the field is to be removed
 * @param cause why they differ
 */
public record FieldChange(String pointer, @Nullable Tree from, @Nullable Tree to, Cause cause) {
  /** Why a live field differs from its declaration, told by what was last applied. */
  public enum Cause {
    /** Live is what was last applied; the declaration has changed since. */
    DECLARED,
    /** The declaration is what was last applied; live was changed by somebody else. */
    DRIFT,
    /** Both changed since, or nothing is known of what was last applied. */
    BOTH
  }
}
