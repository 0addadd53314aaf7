// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.store;

import java.io.IOException;
import java.nio.file.Path;

/** Bytes of a file are not what was written there. */
final class DamagedFileException extends IOException {
  private static final long serialVersionUID = 1L;

  DamagedFileException(Path file, long from, long to) {
    this(file + " is damaged from byte " + from + " to byte " + to);
  }

  DamagedFileException(String what) {
    super(
        what
            + ": restore its directory from a backup; FileStateStore.salvage reads what is not"
            + " damaged");
  }
}
