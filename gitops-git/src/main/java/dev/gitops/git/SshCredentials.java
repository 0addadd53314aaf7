// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A private key, and the keys of the hosts that it may be used with; as texts. */
record SshCredentials(
    Supplier<String> privateKey,
    Supplier<String> knownHosts,
    @Nullable Supplier<String> passphrase) {
  @Override
  public String toString() {
    return "(SSH key)";
  }
}
