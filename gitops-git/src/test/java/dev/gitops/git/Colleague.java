// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Somebody with a work tree and the real git command, who pushes to the same remote. */
final class Colleague {
  private final RealGit git;
  final Path work;

  Colleague(RealGit git, Path work) {
    this.git = git;
    this.work = work;
    git.in(work.getParent(), "clone", "-q", git.remote.toUri().toString(), work.toString());
    git("checkout", "-q", "-B", "main");
    git("config", "core.autocrlf", "false");
  }

  String git(String... arguments) {
    return git.in(work, arguments);
  }

  Colleague write(String path, String content) {
    try {
      Path file = work.resolve(path);
      Files.createDirectories(file.getParent());
      Files.write(file, content.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    return this;
  }

  Colleague delete(String path) {
    git("rm", "-q", "-f", path);
    return this;
  }

  /** Commits all that was written; returns the id. */
  String commit(String message) {
    git("add", "-A");
    git("commit", "-q", "--allow-empty", "-m", message);
    return git("rev-parse", "HEAD");
  }

  String push(String message) {
    String id = commit(message);
    git("push", "-q", "origin", "HEAD:main");
    return id;
  }

  /** Takes over what is on the remote, and puts own commits on top. */
  Colleague pull() {
    git("pull", "-q", "--rebase", "origin", "main");
    return this;
  }
}
