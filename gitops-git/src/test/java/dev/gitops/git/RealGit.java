// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/**
 * A bare remote and the team that pushes to it, with the git command, which knows nothing of the
 * configuration of the machine.
 */
public final class RealGit {
  private static final long GIT_SECONDS = 600;

  public final Path remote;
  private final Path author;
  private final Path home;
  private final Set<String> branches = new HashSet<>();
  private int commits;

  static {
    // The machine that runs the tests keeps its own configuration to itself.
    JGitIsolation.enable();
  }

  /** An empty remote below this directory. */
  public RealGit(Path directory) {
    home = directory;
    remote = directory.resolve("remote.git");
    author = directory.resolve("author.git");
    in(directory, "init", "-q", "--bare", "-b", "main", remote.toString());
    in(directory, "init", "-q", "--bare", "-b", "main", author.toString());
  }

  /** Runs git in the remote; its output without the last line break. */
  String git(String... arguments) {
    return in(remote, arguments);
  }

  /** The environment of every git command here. */
  static Map<String, String> environment(Path home) {
    Map<String, String> environment = new TreeMap<>();
    environment.put("HOME", home.toString());
    environment.put("GIT_CONFIG_GLOBAL", "/dev/null");
    environment.put("GIT_CONFIG_SYSTEM", "/dev/null");
    environment.put("GIT_CONFIG_NOSYSTEM", "1");
    environment.put("GIT_TERMINAL_PROMPT", "0");
    environment.put("GIT_AUTHOR_NAME", "Ann Author");
    environment.put("GIT_AUTHOR_EMAIL", "ann@example.com");
    environment.put("GIT_COMMITTER_NAME", "Carl Committer");
    environment.put("GIT_COMMITTER_EMAIL", "carl@example.com");
    return environment;
  }

  /** Runs git in a directory; its output without the last line break. */
  public String in(Path directory, String... arguments) {
    return new String(run(directory, new byte[0], arguments), StandardCharsets.UTF_8)
        .stripTrailing();
  }

  byte[] run(Path directory, byte[] input, String... arguments) {
    List<String> command = new ArrayList<>(List.of("git"));
    command.addAll(List.of(arguments));
    try {
      Path errors = Files.createTempFile(home, "git", ".err");
      ProcessBuilder builder =
          new ProcessBuilder(command).directory(directory.toFile()).redirectError(errors.toFile());
      builder.environment().putAll(environment(home));
      Process process = builder.start();
      Thread feeder =
          new Thread(
              () -> {
                try (OutputStream to = process.getOutputStream();
                    InputStream from = new ByteArrayInputStream(input)) {
                  from.transferTo(to);
                } catch (IOException e) {
                  // Git says on its own behalf why it did not want to read on.
                }
              });
      feeder.start();
      byte[] output = process.getInputStream().readAllBytes();
      feeder.join();
      if (!process.waitFor(GIT_SECONDS, TimeUnit.SECONDS) || process.exitValue() != 0) {
        throw new IllegalStateException(command + ": " + Files.readString(errors));
      }
      Files.delete(errors);
      return output;
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** One entry of a commit. */
  record File(String mode, String content) {
    static File text(String text) {
      return new File("100644", text);
    }

    static File link(String target) {
      return new File("120000", target);
    }
  }

  /** Pushes a commit of exactly these files onto a branch; returns its id. */
  String commit(String branch, Map<String, String> files) {
    Map<String, File> all = new TreeMap<>();
    files.forEach((path, text) -> all.put(path, File.text(text)));
    return commitFiles(branch, "Change " + (commits + 1), all);
  }

  String commitFiles(String branch, String message, Map<String, File> files) {
    return commit(branch, message, files, branches.contains(branch));
  }

  /** Puts a branch at a commit without history. */
  String forcePush(String branch, Map<String, String> files) {
    Map<String, File> all = new TreeMap<>();
    files.forEach((path, text) -> all.put(path, File.text(text)));
    return commit(branch, "Rewrite", all, false);
  }

  /** Pushes a commit onto a branch that was moved in the remote. */
  String commitOnto(String branch, Map<String, String> files) {
    String ref = "refs/heads/" + branch;
    in(author, "fetch", "-q", "--force", remote.toUri().toString(), ref + ":" + ref);
    branches.add(branch);
    return commit(branch, files);
  }

  private void push(String branch) {
    String ref = "refs/heads/" + branch;
    in(author, "push", "-q", "--force", remote.toUri().toString(), ref + ":" + ref);
  }

  /** fast-import writes what a work tree could not hold, and any number of files at once. */
  private String commit(String branch, String message, Map<String, File> files, boolean onTop) {
    ByteArrayOutputStream stream = new ByteArrayOutputStream();
    commits++;
    String head =
        "commit refs/heads/%s\nmark :1\nauthor Ann Author <ann@example.com> %d +0100\n"
            .formatted(branch, 1_700_000_000L + commits);
    head +=
        "committer Carl Committer <carl@example.com> %d +0000\n"
            .formatted(1_700_000_100L + commits);
    byte[] text = message.getBytes(StandardCharsets.UTF_8);
    stream.writeBytes(head.getBytes(StandardCharsets.UTF_8));
    stream.writeBytes(("data " + text.length + "\n").getBytes(StandardCharsets.UTF_8));
    stream.writeBytes(text);
    stream.writeBytes("\n".getBytes(StandardCharsets.UTF_8));
    if (onTop) {
      stream.writeBytes(("from refs/heads/" + branch + "^0\n").getBytes(StandardCharsets.UTF_8));
    }
    stream.writeBytes("deleteall\n".getBytes(StandardCharsets.UTF_8));
    files.forEach(
        (path, file) -> {
          byte[] content = file.content().getBytes(StandardCharsets.UTF_8);
          boolean link = file.mode().equals("160000");
          String what = link ? file.content() : "inline";
          stream.writeBytes(
              "M %s %s %s\n".formatted(file.mode(), what, path).getBytes(StandardCharsets.UTF_8));
          if (!link) {
            stream.writeBytes(("data " + content.length + "\n").getBytes(StandardCharsets.UTF_8));
            stream.writeBytes(content);
            stream.writeBytes("\n".getBytes(StandardCharsets.UTF_8));
          }
        });
    stream.writeBytes("get-mark :1\n".getBytes(StandardCharsets.UTF_8));
    byte[] id = run(author, stream.toByteArray(), "fast-import", "--quiet", "--force");
    branches.add(branch);
    push(branch);
    return new String(id, StandardCharsets.US_ASCII).strip();
  }

  /** A commit of one tree object, put right into the remote: no client would push it. */
  void commitRawTree(String branch, byte[] tree) {
    byte[] id = run(remote, tree, "hash-object", "-t", "tree", "-w", "--literally", "--stdin");
    String commit =
        git("commit-tree", "-m", "Raw", new String(id, StandardCharsets.US_ASCII).strip());
    git("update-ref", "refs/heads/" + branch, commit);
  }

  /** A declaration. */
  public static String topic(String name, int partitions) {
    return "kind: Topic\nmetadata:\n  name: %s\nspec:\n  partitions: %d\n"
        .formatted(name, partitions);
  }
}
