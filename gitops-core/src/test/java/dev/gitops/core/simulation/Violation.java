// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.simulation;

/** The engine broke an invariant. */
final class Violation extends AssertionError {
  private static final long serialVersionUID = 1L;

  Violation(int invariant, String message) {
    super("Invariant " + invariant + ": " + message);
  }
}
