// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.simulation;

/** The process ends here; thrown at everything that it tries to do from then on. */
final class Crash extends Error {
  private static final long serialVersionUID = 1L;

  Crash() {
    super("crash", null, false, false);
  }
}
