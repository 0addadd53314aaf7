// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The git command is the oracle: the same result, or conflicts in the same files. */
class RevertLikeGitTest {
  private static final long SEED = Long.getLong("revert.seed", 20_261_125);
  private static final int COMMITS = 40;

  @TempDir Path directory;

  @Test
  void everyCommitOfARandomHistoryIsRevertedAsGitDoesIt() throws IOException {
    RealGit git = new RealGit(directory);
    Colleague ann = new Colleague(git, directory.resolve("ann"));
    Random random = new Random(SEED);
    Map<String, List<String>> files = new TreeMap<>();
    List<String> commits = new ArrayList<>();
    for (int i = 0; i < COMMITS; i++) {
      change(random, files, ann, i);
      commits.add(ann.commit("Change " + i));
    }
    ann.git("push", "-q", "origin", "main");
    ann.git("config", "merge.renames", "false");
    int conflicts = 0;
    try (GitWriter repo =
        GitWriter.of(git.remote.toString())
            .branch("main")
            .author("Ann <ann@example.com>")
            .cache(directory.resolve("cache"))
            .build()) {
      for (String commit : commits) {
        String expected = asGitDoesIt(ann, commit);
        String actual;
        try {
          Pushed pushed = repo.on("undo-" + commit).revert(commit);
          actual = git.git("rev-parse", pushed.head() + "^{tree}");
        } catch (GitConflictException e) {
          actual = e.conflicts().stream().map(c -> c.path()).collect(Collectors.joining("\n"));
          conflicts++;
        }
        assertThat(actual).as("seed %d, commit %s", SEED, commit).isEqualTo(expected);
      }
    }
    assertThat(conflicts).isBetween(5, COMMITS - 5);
  }

  private static void change(
      Random random, Map<String, List<String>> files, Colleague ann, int number) {
    for (int n = random.nextInt(2); n >= 0; n--) {
      String name = "dir" + random.nextInt(2) + "/file" + random.nextInt(4);
      List<String> lines = files.get(name);
      if (lines == null) {
        lines = new ArrayList<>(IntStream.range(0, 60).mapToObj(i -> name + " " + i).toList());
        files.put(name, lines);
      } else if (random.nextInt(12) == 0) {
        files.remove(name);
        ann.delete(name);
        continue;
      }
      int at = random.nextInt(lines.size());
      switch (random.nextInt(3)) {
        case 0 -> lines.remove(at);
        case 1 -> lines.add(at, "new " + number);
        default -> lines.set(at, "set " + number);
      }
      ann.write(name, String.join("\n", lines) + "\n");
    }
  }

  private static String asGitDoesIt(Colleague ann, String commit) {
    try {
      ann.git("revert", "--no-commit", commit);
      return ann.git("write-tree");
    } catch (IllegalStateException e) {
      return ann.git("diff", "--name-only", "--diff-filter=U");
    } finally {
      ann.git("reset", "-q", "--hard", "main");
    }
  }
}
