// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core;

/**
 * A plan could not be made as a whole: the source, the store or every target failed; the message
 * says which and why.
 */
public final class ReconcileException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  ReconcileException(String message, Throwable cause) {
    super(message, cause);
  }
}
