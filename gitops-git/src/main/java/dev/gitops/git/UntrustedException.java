// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

/**
 * A signature is missing or does not count. The message says why, as the end of a sentence about
 * the commit or tag.
 */
final class UntrustedException extends Exception {
  private static final long serialVersionUID = 1;

  /** Whether nothing is known of the key, so that another list of keys may know it. */
  final boolean unknownKey;

  UntrustedException(String message) {
    this(message, false);
  }

  private UntrustedException(String message, boolean unknownKey) {
    super(message, null, false, false);
    this.unknownKey = unknownKey;
  }

  static UntrustedException unknownKey(String message) {
    return new UntrustedException(message, true);
  }
}
