// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.spi;

/**
 * The same declaration can't succeed, however often it is tried: it is invalid for the target, or
 * forbidden. Not for a prerequisite that is missing and may come: it is remembered until the
 * resource's own declaration changes, or a person says retry.
 */
public class TerminalException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** With a message for people, naming what is wrong and what to do. */
  public TerminalException(String message) {
    super(message);
  }

  /** With the target's own exception. */
  public TerminalException(String message, Throwable cause) {
    super(message, cause);
  }
}
