// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.manifest;

import dev.gitops.core.model.Revision;
import dev.gitops.core.model.Snapshot;
import dev.gitops.core.spi.StateSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Declarations in a directory: for trying things out, for tests, and for files that something else
 * delivers. Reads only. Thread-safe: one fetch at a time.
 *
 * <p>Its revision, {@code dir-} and a hash, names the content of all manifests. A snapshot is
 * consistent: everything is looked at twice, and a directory that changes meanwhile is read again,
 * a few times, and then refused. A directory has no history, so that pins and rollbacks need a Git
 * source.
 *
 * <p>Like Git's, its index trusts a file's size, time and key: a tool that rewrites a file to the
 * same size and sets back its time goes unnoticed.
 */
public final class DirectoryStateSource implements StateSource {
  private static final int ATTEMPTS = 4;

  private final Path root;
  private final String path;
  private final DocumentFormat format;
  private final SnapshotReader reader;
  private @Nullable Snapshot last;
  private @Nullable DirectoryTree lastTree;

  private DirectoryStateSource(Builder builder) {
    this.root = builder.root;
    this.path = builder.path;
    this.format = builder.format;
    this.reader = new SnapshotReader(format);
  }

  /** A source that reads all manifests below this directory, unless the builder says otherwise. */
  public static Builder of(Path root) {
    return new Builder(root);
  }

  /**
   * Reads the directory as it is now.
   *
   * @param revision null, or the id of the current content
   * @throws NoSuchFileException if the directory, or the path in it, does not exist
   * @throws IOException if something in it can't be read, or it keeps changing
   * @throws IllegalArgumentException if the current content is not that of {@code revision}
   */
  @Override
  public synchronized Snapshot fetch(@Nullable String revision) throws IOException {
    Snapshot current = current();
    String id = current.revision().id();
    if (revision != null && !revision.equals(id)) {
      throw new IllegalArgumentException(
          "The directory %s is at %s and has no history, so '%s' can't be read; for pins and rollbacks use a Git source"
              .formatted(root, id, ManifestText.cut(revision)));
    }
    return current;
  }

  private Snapshot current() throws IOException {
    for (int attempt = 1; ; attempt++) {
      try {
        return consistent();
      } catch (NoSuchFileException | NotDirectoryException | DirectoryTree.ChangedException e) {
        // What is listed but gone a moment later has changed, too; but a place that is missing
        // will not appear by looking again.
        if (!Files.exists(root.resolve(path))) {
          throw new NoSuchFileException(
              root.resolve(path).toString(), null, "there is no such directory to read");
        } else if (attempt == ATTEMPTS || !Files.isDirectory(root.resolve(path))) {
          throw e;
        }
      }
    }
  }

  private Snapshot consistent() throws IOException {
    Path real = root.toRealPath();
    DirectoryTree seen = lastTree;
    if (last != null && seen != null && seen.isAt(real) && unchanged(seen)) {
      return last;
    }
    DirectoryTree tree = new DirectoryTree(real, seen);
    Snapshot read = reader.read(tree, path, Revision.of("unknown"));
    DirectoryTree again = tree.again();
    if (!again.fingerprint().equals(tree.fingerprint())) {
      throw new DirectoryTree.ChangedException(root.toString());
    }
    Revision revision = Revision.of("dir-" + tree.fingerprint().substring(0, 40));
    Snapshot snapshot = new Snapshot(revision, read.documents(), read.problems());
    last = snapshot;
    lastTree = again;
    return snapshot;
  }

  private boolean unchanged(DirectoryTree seen) throws IOException {
    try {
      DirectoryTree again = seen.again();
      if (again.fingerprint().equals(seen.fingerprint())) {
        lastTree = again;
        return true;
      }
      return false;
    } catch (NoSuchFileException | NotDirectoryException | DirectoryTree.ChangedException e) {
      // Something that was there is gone: so it has changed, and reading says how.
      return false;
    }
  }

  /** The absolute directory, the path in it, and the format. */
  @Override
  public String identity() {
    return "directory " + root.toUri() + " path=" + path + " format=" + format.identity();
  }

  /** Says which directory, which part of it, and how it is read; for one thread. */
  public static final class Builder {
    private final Path root;
    private String path = "";
    private DocumentFormat format = ManifestReader.create();

    private Builder(Path root) {
      this.root = root.toAbsolutePath().normalize();
    }

    /**
     * Declarations lie in this part of the directory only; links from there into the rest are
     * followed.
     *
     * @throws IllegalArgumentException for a path that leaves the directory
     */
    public Builder path(String part) {
      this.path = SnapshotReader.normal(part);
      return this;
    }

    /** How files become documents; {@link ManifestReader#create()} unless said. */
    public Builder format(DocumentFormat other) {
      this.format = other;
      return this;
    }

    /** Plain manifests within other limits: short for {@link #format}. */
    public Builder limits(Limits limits) {
      return format(ManifestReader.create().limits(limits));
    }

    /** The source; reads nothing yet. */
    public DirectoryStateSource build() {
      return new DirectoryStateSource(this);
    }
  }
}
