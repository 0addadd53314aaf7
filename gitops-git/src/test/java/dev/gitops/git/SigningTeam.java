// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * People who commit to one repository with the git command and sign with the real gpg and
 * ssh-keygen, whose keys live in a directory of the test.
 */
final class SigningTeam implements AutoCloseable {
  private static final long TOOL_SECONDS = 60;

  final Path repository;
  private final Path home;
  private final RealGit git;
  private int commits;

  /** How somebody signs: the options of git, and {@code -S} where it is wanted. */
  record Signer(List<String> options, boolean signs) {
    static final Signer NOBODY = new Signer(List.of(), false);
  }

  SigningTeam(Path directory) throws IOException {
    home = directory;
    repository = directory.resolve("work");
    git = new RealGit(directory);
    Files.createDirectories(directory.resolve(".gnupg"));
    Files.setPosixFilePermissions(
        directory.resolve(".gnupg"), PosixFilePermissions.fromString("rwx------"));
    git.in(directory, "init", "-q", "-b", "main", repository.toString());
  }

  String git(String... arguments) {
    return git.in(repository, arguments);
  }

  /** Commits one file; returns the commit's id. */
  String commit(Signer signer, String file, String content) {
    try {
      Path path = repository.resolve(file);
      Files.createDirectories(path.getParent());
      Files.writeString(path, content);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    git("add", "-A");
    return commitIndex(signer, "Change " + ++commits);
  }

  String commitIndex(Signer signer, String message) {
    List<String> command = new ArrayList<>(signer.options());
    command.addAll(List.of("commit", "-q", "--allow-empty", "-m", message));
    if (signer.signs()) {
      command.add("-S");
    }
    git(command.toArray(String[]::new));
    return head();
  }

  /** Runs a git command that signs, such as a merge. */
  String signed(Signer signer, String... arguments) {
    List<String> command = new ArrayList<>(signer.options());
    command.addAll(List.of(arguments));
    git(command.toArray(String[]::new));
    return head();
  }

  String head() {
    return git("rev-parse", "HEAD");
  }

  byte[] raw(String object) {
    return git.run(repository, new byte[0], "cat-file", "commit", object);
  }

  /** Puts an object into the repository as it is, and the branch at it. */
  String plant(byte[] commit) {
    String id = write("commit", commit);
    git("update-ref", "refs/heads/main", id);
    return id;
  }

  String write(String type, byte[] object) {
    byte[] id =
        git.run(repository, object, "hash-object", "-t", type, "-w", "--literally", "--stdin");
    return new String(id, StandardCharsets.US_ASCII).strip();
  }

  /** A new SSH key; the private one lies in a file of this name. */
  Signer sshKey(String name, String type, int bits) {
    Path key = home.resolve(name);
    List<String> command =
        new ArrayList<>(
            List.of("ssh-keygen", "-q", "-t", type, "-N", "", "-C", name, "-f", key.toString()));
    if (bits > 0) {
      command.addAll(List.of("-b", String.valueOf(bits)));
    }
    tool("", command.toArray(String[]::new));
    return new Signer(List.of("-c", "gpg.format=ssh", "-c", "user.signingkey=" + key), true);
  }

  /** A line for the file of allowed signers. */
  String allowed(String name, String principal, String options) {
    try {
      String key = Files.readString(home.resolve(name + ".pub")).strip();
      return principal + " " + options + (options.isEmpty() ? "" : " ") + key + "\n";
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Somebody who signs with this OpenPGP key, through gpg with some options more. */
  Signer gpg(String fingerprint, String... options) {
    Path program = home.resolve("gpg-" + ++commits + ".sh");
    try {
      Files.writeString(program, "#!/bin/sh\nexec gpg " + String.join(" ", options) + " \"$@\"\n");
      Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwx------"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return new Signer(
        List.of("-c", "gpg.program=" + program, "-c", "user.signingkey=" + fingerprint + "!"),
        true);
  }

  /** A new OpenPGP key; returns the fingerprint. */
  String gpgKey(String user, String algorithm, String usage, String expires, String... options) {
    List<String> arguments = new ArrayList<>(List.of(options));
    arguments.addAll(List.of("--quick-gen-key", user, algorithm, usage, expires));
    runGpg("", arguments.toArray(String[]::new));
    return fingerprints(user).get(0);
  }

  /** The fingerprints of a user's primary key and subkeys. */
  List<String> fingerprints(String user) {
    return runGpg("", "--with-colons", "--list-keys", user)
        .lines()
        .filter(line -> line.startsWith("fpr:"))
        .map(line -> line.split(":", -1)[9])
        .toList();
  }

  String export(String... fingerprints) {
    List<String> arguments = new ArrayList<>(List.of("--armor", "--export"));
    arguments.addAll(List.of(fingerprints));
    return runGpg("", arguments.toArray(String[]::new));
  }

  String runGpg(String input, String... arguments) {
    List<String> command =
        new ArrayList<>(List.of("gpg", "--batch", "--quiet", "--yes", "--passphrase", ""));
    command.addAll(List.of("--pinentry-mode", "loopback"));
    command.addAll(List.of(arguments));
    return tool(input, command.toArray(String[]::new));
  }

  String tool(String input, String... command) {
    try {
      Path errors = Files.createTempFile(home, "tool", ".err");
      ProcessBuilder builder =
          new ProcessBuilder(command).directory(home.toFile()).redirectError(errors.toFile());
      builder.environment().putAll(RealGit.environment(home));
      builder.environment().remove("GNUPGHOME");
      Process process = builder.start();
      try (var to = process.getOutputStream()) {
        to.write(input.getBytes(StandardCharsets.UTF_8));
      }
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (!process.waitFor(TOOL_SECONDS, TimeUnit.SECONDS) || process.exitValue() != 0) {
        throw new IllegalStateException(List.of(command) + ": " + Files.readString(errors));
      }
      return output;
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  Path path(String name) {
    return home.resolve(name);
  }

  /** Ends gpg's agent, which would outlive the directory. */
  @Override
  public void close() {
    tool("", "gpgconf", "--kill", "all");
  }
}
