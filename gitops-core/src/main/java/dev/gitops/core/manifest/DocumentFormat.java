// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.manifest;

import java.io.IOException;

/**
 * How files become documents: {@link ManifestReader} for plain manifests, or a renderer that makes
 * manifests first. Immutable; may be used by several sources at the same time; may block.
 */
public interface DocumentFormat {
  /**
   * Reads everything declared below a directory.
   *
   * @param tree all files; what lies outside of the directory may be read, too (links, templates)
   * @param directory where declarations are looked for; exists; empty for the root
   * @param memory what was read last time: a format asks it before it reads, so that unchanged
   *     documents keep their identity
   * @return what is declared, with a problem for everything that was not understood
   * @throws IOException when the tree could not be read; the source then fails as a whole
   */
  Declarations read(FileTree tree, String directory, SnapshotReader.Memory memory)
      throws IOException;

  /**
   * What decides which documents this format makes of the same files: its name, patterns and
   * options. Part of {@link dev.gitops.core.spi.StateSource#identity()}; stable across restarts.
   * The name of the class, unless overridden.
   *
   * @throws UnsupportedOperationException for a lambda, whose class has no name that lasts
   */
  default String identity() {
    if (getClass().isHidden()) {
      throw new UnsupportedOperationException("A format that is a lambda has no lasting identity");
    }
    return getClass().getName();
  }
}
