// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import org.eclipse.jgit.lib.ObjectId;

/**
 * A rule about what must be signed, and by whose keys; made by {@link Trust}, given to {@link
 * GitStateSource.Builder#trust}. Immutable.
 */
public final class Signatures {
  final Trust trust;
  final Mode mode;
  final ObjectId root;

  Signatures(Trust trust, Mode mode, ObjectId root) {
    this.trust = trust;
    this.mode = mode;
    this.root = root;
  }

  /** What must be signed. */
  enum Mode {
    HEAD,
    TAG,
    EVERY_COMMIT
  }
}
