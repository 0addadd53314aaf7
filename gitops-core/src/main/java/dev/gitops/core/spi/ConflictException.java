// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.spi;

/**
 * The live resource is not what the caller believed: it exists already, is gone, or has changed. It
 * is read and planned again; it is not a failure.
 */
public class ConflictException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** With a message for people, naming what is wrong and what to do. */
  public ConflictException(String message) {
    super(message);
  }

  /** With the target's own exception. */
  public ConflictException(String message, Throwable cause) {
    super(message, cause);
  }
}
