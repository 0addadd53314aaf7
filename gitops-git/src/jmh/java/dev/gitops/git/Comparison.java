// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import dev.gitops.core.model.ResourceId;
import dev.gitops.core.model.Snapshot;
import dev.gitops.core.spi.Timing;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.stream.Stream;
import org.eclipse.jgit.lib.Repository;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/**
 * A source of many small files against what one would otherwise do with the git command, by turns
 * in one run; prints medians in milliseconds and their ratio. With {@code heap} as argument only
 * loads 100,000 files and reads a commit, to be run in a small heap.
 */
public final class Comparison {
  private final Path directory = BigRepository.temporary();
  private int runs;

  private Comparison() {}

  /** Runs all of them, or those whose names are given. */
  public static void main(String[] arguments) throws Exception {
    JGitIsolation.enable();
    String wanted = String.join(" ", arguments);
    Comparison comparison = new Comparison();
    try {
      if (wanted.equals("heap")) {
        comparison.heap();
        return;
      }
      if (wanted.isEmpty() || wanted.contains("10000")) {
        comparison.source(10_000, 7);
      }
      if (wanted.isEmpty() || wanted.contains("100k")) {
        comparison.source(100_000, 3);
      }
      if (wanted.isEmpty() || wanted.contains("history")) {
        comparison.history();
      }
    } finally {
      CloneDirectory.delete(comparison.directory);
    }
  }

  /** Something to measure. */
  @FunctionalInterface
  private interface Work {
    void run() throws Exception;
  }

  private static void compare(String name, int warmup, int rounds, Work[] before, Work... works)
      throws Exception {
    long[][] nanos = new long[works.length][rounds];
    for (int round = -warmup; round < rounds; round++) {
      for (Work one : before) {
        one.run();
      }
      for (int i = 0; i < works.length; i++) {
        long start = System.nanoTime();
        works[i].run();
        if (round >= 0) {
          nanos[i][round] = System.nanoTime() - start;
        }
      }
    }
    StringBuilder line = new StringBuilder(name);
    double first = 0;
    for (long[] all : nanos) {
      Arrays.sort(all);
      double millis = all[rounds / 2] / 1e6;
      line.append(" | %.1f".formatted(millis));
      first = first == 0 ? millis : first;
      line.append(millis == first ? "" : " (ratio %.2f)".formatted(first / millis));
    }
    System.out.println(line);
  }

  private GitStateSource open(BigRepository repository) {
    return GitStateSource.of(repository.remote().toUri().toString())
        .branch("main")
        .cache(directory.resolve("cache" + runs++))
        .build();
  }

  private static void check(Snapshot snapshot, int files) {
    if (snapshot.documents().size() != files || !snapshot.problems().isEmpty()) {
      throw new IllegalStateException("Only " + snapshot.documents().size());
    }
  }

  private void source(int files, int rounds) throws Exception {
    Path place = Files.createDirectory(directory.resolve("files" + files));
    BigRepository repository = new BigRepository(place, files, 100);
    String url = repository.remote().toUri().toString();
    compare(
        "cold load of " + files + ": ours | git clone + parse",
        2,
        rounds,
        new Work[] {},
        () -> {
          try (GitStateSource source = open(repository)) {
            check(source.fetch(null), files);
          }
        },
        () -> cloneAndParse(url));
    try (GitStateSource source = open(repository)) {
      check(source.fetch(null), files);
      Path cache = directory.resolve("cache" + (runs - 1));
      GitUrl parsed = GitUrl.parse(url);
      Route route =
          Route.to(
              parsed,
              GitAccess.anonymous(),
              GitTransport.defaults(),
              Duration.ofMinutes(1),
              Timing.system());
      try (Repository clone = new CloneDirectory(cache, parsed, route.access().identity()).open()) {
        Remote remote = new Remote(route);
        compare(
            "poll of " + files + ": ours | the remote's answer alone | git ls-remote",
            30,
            51,
            new Work[] {},
            () -> check(source.fetch(null), files),
            () ->
                remote.connect(
                    clone, Selector.branch("main").toFetch(), null, open -> open.refs().size()),
            () -> BigRepository.git(place, "ls-remote", url, "refs/heads/main"));
      }
      Path bare = place.resolve("bare.git");
      BigRepository.git(place, "clone", "-q", "--bare", url, bare.toString());
      compare(
          "one-file commit in " + files + ": ours | git fetch",
          20,
          31,
          new Work[] {repository::change},
          () -> check(source.fetch(null), files),
          () ->
              BigRepository.git(bare, "fetch", "-q", "origin", "+refs/heads/main:refs/heads/main"));
    }
  }

  /** Without positions or binding: less work than ours. */
  private void cloneAndParse(String url) throws IOException {
    Path work = directory.resolve("work" + runs++);
    BigRepository.git(directory, "clone", "-q", url, work.toString());
    LoadSettings settings = LoadSettings.builder().build();
    int parsed = 0;
    try (Stream<Path> all = Files.walk(work.resolve("topics"))) {
      for (Path file : all.filter(Files::isRegularFile).toList()) {
        parsed += new Load(settings).loadFromString(Files.readString(file)) == null ? 0 : 1;
      }
    }
    if (parsed == 0) {
      throw new IllegalStateException("Nothing there");
    }
  }

  private void history() throws Exception {
    Path place = Files.createDirectory(directory.resolve("history"));
    BigRepository repository = new BigRepository(place, 1_000, 1_000);
    repository.changes(10_000);
    try (GitStateSource source = GitStateSource.local(repository.remote()).branch("main").build()) {
      compare(
          "history in 10,000 commits: ours | git log -p",
          3,
          7,
          new Work[] {},
          () -> {
            int entries = source.history().of(ResourceId.of("Topic", "topic-500")).size();
            if (entries != 11) {
              throw new IllegalStateException("Not 11 but " + entries);
            }
          },
          () ->
              BigRepository.git(
                  repository.remote(), "log", "-p", "main", "--", repository.path(500)));
    }
  }

  private void heap() throws Exception {
    int files = 100_000;
    BigRepository repository = new BigRepository(directory, files, 100);
    try (GitStateSource source = open(repository)) {
      check(source.fetch(null), files);
      repository.change();
      Snapshot snapshot = source.fetch(null);
      check(snapshot, files);
      System.gc();
      Runtime runtime = Runtime.getRuntime();
      System.out.printf(
          "%d documents within %d MB, of which %d MB are live%n",
          snapshot.documents().size(),
          runtime.maxMemory() >> 20,
          (runtime.totalMemory() - runtime.freeMemory()) >> 20);
    }
  }
}
