// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A bare remote with many small manifests, a hundred in each directory, made by the git command.
 */
final class BigRepository {
  private final Path directory;
  private final int files;
  private final int perDirectory;
  private int changes;
  private boolean started;

  BigRepository(Path directory, int files, int perDirectory) {
    this.directory = directory;
    this.files = files;
    this.perDirectory = perDirectory;
    git(directory, "init", "-q", "--bare", "-b", "main", remote().toString());
    importCommit(
        out -> {
          for (int i = 0; i < files; i++) {
            file(out, i, 1);
          }
        });
    git(remote(), "gc", "-q");
  }

  /** So many commits, each of one file, all of them in one process. */
  void changes(int commits) {
    importing(
        out -> {
          for (int i = 0; i < commits; i++) {
            changes++;
            head(out);
            file(out, i % files, changes + 1);
          }
        });
  }

  Path remote() {
    return directory.resolve("remote.git");
  }

  /** Commits a change of one file to the remote. */
  void change() {
    changes++;
    importCommit(out -> file(out, (changes * 7919) % files, changes + 1));
  }

  /** Writes what a commit changes. */
  @FunctionalInterface
  private interface Content {
    void write(OutputStream out) throws IOException;
  }

  private void importCommit(Content content) {
    importing(
        out -> {
          head(out);
          content.write(out);
        });
  }

  private void importing(Content content) {
    try {
      Process process =
          command(remote(), "fast-import", "--quiet", "--force")
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      try (OutputStream out = new BufferedOutputStream(process.getOutputStream(), 1 << 16)) {
        started = false;
        content.write(out);
      }
      check(process.waitFor(), "fast-import");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private void head(OutputStream out) throws IOException {
    String head =
        "commit refs/heads/main\ncommitter A <a@example.com> %d +0000\ndata 1\nx\n"
            .formatted(1_700_000_000L + changes);
    write(out, head + (changes == 0 || started ? "" : "from refs/heads/main^0\n"));
    started = true;
  }

  private void file(OutputStream out, int i, int partitions) throws IOException {
    String text =
        """
        kind: Topic
        metadata:
          name: topic-%d
          labels: {team: team-%d}
        spec:
          partitions: %d
          replication: 3
          config:
            retention.ms: "604800000"
            cleanup.policy: compact
        """
            .formatted(i, i % 50, partitions);
    write(out, "M 100644 inline " + path(i) + "\ndata " + text.length() + "\n" + text + "\n");
  }

  /** Where the topic of this number stands. */
  String path(int i) {
    return "topics/%04d/t%06d.yaml".formatted(i / perDirectory, i);
  }

  private static void write(OutputStream out, String text) throws IOException {
    out.write(text.getBytes(StandardCharsets.UTF_8));
  }

  private static ProcessBuilder command(Path in, String... arguments) {
    List<String> command = new ArrayList<>(List.of("git"));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).directory(in.toFile());
    builder.environment().put("GIT_CONFIG_GLOBAL", "/dev/null");
    builder.environment().put("GIT_CONFIG_NOSYSTEM", "1");
    return builder.redirectError(ProcessBuilder.Redirect.DISCARD);
  }

  static void git(Path in, String... arguments) {
    try {
      Process process =
          command(in, arguments).redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
      check(process.waitFor(), String.join(" ", arguments));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void check(int exit, String what) {
    if (exit != 0) {
      throw new IllegalStateException("git " + what + " ended with " + exit);
    }
  }

  static Path temporary() {
    try {
      return Files.createTempDirectory("gitops-bench");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
