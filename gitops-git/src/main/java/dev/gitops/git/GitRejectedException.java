// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import java.io.IOException;

/**
 * The remote refused a push: a protected branch, a hook, missing permission. The branch is where it
 * was.
 */
public final class GitRejectedException extends IOException {
  private static final long serialVersionUID = 1;

  private final String words;

  GitRejectedException(String message, String words) {
    super(message);
    this.words = words;
  }

  /**
   * What the remote itself said, on one line: without credentials, control and invisible
   * characters, and at most 2,000 characters of it; empty if nothing.
   */
  public String words() {
    return words;
  }
}
