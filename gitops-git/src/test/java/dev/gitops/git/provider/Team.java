// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git.provider;

import dev.gitops.git.RealGit;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** People who work on a repository with the git command. */
final class Team {
  final RealGit git;
  final Path work;

  Team(Path directory) {
    git = new RealGit(directory);
    work = directory.resolve("work");
    git.in(directory, "clone", "-q", git.remote.toString(), "work");
  }

  String git(String... arguments) {
    return git.in(work, arguments);
  }

  String head() {
    return git("rev-parse", "HEAD");
  }

  /** Commits one file; null for its content deletes it. */
  String commit(String file, String content) throws IOException {
    if (content == null) {
      Files.delete(work.resolve(file));
    } else {
      Path path = work.resolve(file);
      Files.createDirectories(path.getParent());
      Files.writeString(path, content);
    }
    git("add", "-A");
    git("commit", "-q", "-m", "Change " + file);
    return head();
  }

  /** Commits on a branch of its own that starts at main; then main is checked out again. */
  String propose(String branch, String file, String content) throws IOException {
    git("checkout", "-q", "-B", branch, "main");
    String head = commit(file, content);
    git("checkout", "-q", "main");
    return head;
  }

  String merge(String branch) {
    git("merge", "-q", "--no-ff", "-m", "Merge " + branch, branch);
    return head();
  }

  String squash(String branch) {
    git("merge", "-q", "--squash", branch);
    git("commit", "-q", "-m", "Squash " + branch);
    return head();
  }

  void push() {
    git("push", "-q", "--force", "origin", "main:main");
  }
}
