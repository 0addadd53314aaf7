// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import org.eclipse.jgit.lib.ObjectId;
import org.eclipse.jgit.lib.Repository;
import org.eclipse.jgit.storage.file.FileRepositoryBuilder;
import org.jspecify.annotations.Nullable;

/** A repository that somebody else keeps up to date; nothing is ever written into it. */
final class LocalRepository implements Store {
  private final Path path;
  private final Reach reach;
  private @Nullable Repository open;

  LocalRepository(Path path, Reach reach) {
    this.path = path;
    this.reach = reach;
  }

  @Override
  public Found find(Selector wanted, @Nullable ObjectId accepted) throws IOException {
    if (open == null) {
      open = open();
    }
    try {
      return new Commits(open, path.toString(), reach)
          .find(wanted, accepted, "Commit or fetch it there first");
    } catch (IOException e) {
      // It may have been replaced by another at the same place.
      close();
      throw e;
    }
  }

  private Repository open() throws IOException {
    FileRepositoryBuilder builder = new FileRepositoryBuilder();
    File parent = path.toFile().getParentFile();
    if (parent != null) {
      builder.addCeilingDirectory(parent);
    }
    builder.findGitDir(path.toFile());
    if (builder.getGitDir() == null) {
      throw new IOException(
          "There is no Git repository in "
              + path
              + ". Give the directory of a bare repository, or the one that holds .git");
    }
    return builder.setMustExist(true).build();
  }

  @Override
  public Repository repository() {
    if (open == null) {
      throw new IllegalStateException("Nothing was found yet");
    }
    return open;
  }

  @Override
  public boolean complete(ObjectId found, @Nullable ObjectId other) throws IOException {
    return repository().getObjectDatabase().getShallowCommits().isEmpty();
  }

  @Override
  public void repair(ObjectId commit, IOException found) throws IOException {
    close();
    throw new IOException(
        "The repository in "
            + path
            + " is damaged or incomplete at commit "
            + commit.name()
            + ": "
            + found.getMessage()
            + ". Run git fsck there",
        found);
  }

  @Override
  public void close() {
    if (open != null) {
      open.close();
      open = null;
    }
  }
}
