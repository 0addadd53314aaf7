// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

/** Keys whose signatures count. Immutable and thread-safe. */
sealed interface Keyring permits OpenPgpKeyring, AllowedSigners {
  /**
   * Who signed.
   *
   * @param principal whom the list of keys, not the commit, says the key belongs to
   * @param fingerprint of the key that signed
   */
  record Signer(String principal, String fingerprint) {
    @Override
    public String toString() {
      return principal + " (" + fingerprint + ")";
    }
  }

  /** Whether this is a list of the sort of keys that make such signatures. */
  boolean reads(String signature);

  /**
   * Verifies a signature, and that its key was good at the time.
   *
   * @throws UntrustedException when it does not count; the reason names the key as far as it is
   *     known
   */
  Signer verify(SignedObject object) throws UntrustedException;
}
