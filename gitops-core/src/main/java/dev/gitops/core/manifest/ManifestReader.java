// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.manifest;

import java.io.IOException;

/** Plain manifests: {@code *.yaml}, {@code *.yml} and {@code *.json} files. Immutable. */
public final class ManifestReader implements DocumentFormat {
  private final Limits limits;

  private ManifestReader(Limits limits) {
    this.limits = limits;
  }

  /** A reader with the default limits. */
  public static ManifestReader create() {
    return new ManifestReader(Limits.DEFAULT);
  }

  /** The same reader, with other limits. */
  public ManifestReader limits(Limits other) {
    return new ManifestReader(other);
  }

  @Override
  public Declarations read(FileTree tree, String directory, SnapshotReader.Memory memory)
      throws IOException {
    throw new IOException("Not written yet; limits " + limits);
  }
}
