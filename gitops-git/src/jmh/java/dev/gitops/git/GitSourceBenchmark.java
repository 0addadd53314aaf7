// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import dev.gitops.core.model.Snapshot;
import dev.gitops.core.spi.Timing;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.eclipse.jgit.lib.Repository;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/**
 * A source of many small files, and in the same run what one would otherwise do: clone with a work
 * tree and parse its files, and {@code git fetch}.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(1)
@Warmup(iterations = 3)
@Measurement(iterations = 7)
public class GitSourceBenchmark {
  /** How many files there are. */
  @Param({"10000", "100000"})
  public int files;

  private Path directory;
  private BigRepository repository;
  private Path clone;
  private GitStateSource warm;
  private int runs;

  /** Makes the remote. */
  @Setup(Level.Trial)
  public void create() throws IOException {
    JGitIsolation.enable();
    directory = BigRepository.temporary();
    repository = new BigRepository(directory, files);
  }

  /** Before each run: a commit for those that fetch one. */
  @Setup(Level.Iteration)
  public void change() throws IOException {
    if (warm != null || clone != null) {
      repository.change();
    }
  }

  /** Deletes it all. */
  @TearDown(Level.Trial)
  public void delete() throws IOException {
    if (warm != null) {
      warm.close();
    }
    CloneDirectory.delete(directory);
  }

  private GitStateSource source() {
    return GitStateSource.of(repository.remote().toUri().toString())
        .branch("main")
        .cache(directory.resolve("cache" + runs++))
        .build();
  }

  /** Clones, reads and decodes everything. */
  @Benchmark
  public int coldLoad() throws Exception {
    try (GitStateSource source = source()) {
      return checked(source.fetch(null));
    }
  }

  private int checked(Snapshot snapshot) {
    if (snapshot.documents().size() != files || !snapshot.problems().isEmpty()) {
      throw new IllegalStateException("Only " + snapshot.documents().size());
    }
    return files;
  }

  /** {@code git clone}, and parsing the files of the work tree, without positions or binding. */
  @Benchmark
  public int cloneAndParse() throws IOException {
    Path work = directory.resolve("work" + runs++);
    BigRepository.git(
        directory, "clone", "-q", repository.remote().toUri().toString(), work.toString());
    int parsed = 0;
    LoadSettings settings = LoadSettings.builder().build();
    try (Stream<Path> all = Files.walk(work.resolve("topics"))) {
      for (Path file : all.filter(Files::isRegularFile).toList()) {
        parsed += new Load(settings).loadFromString(Files.readString(file)) == null ? 0 : 1;
      }
    }
    return parsed;
  }

  /** A fetch when one file has changed, by a source that has read everything before. */
  @State(Scope.Benchmark)
  public static class Warm {
    private GitStateSource source;

    /** Reads everything once. */
    @Setup(Level.Trial)
    public void load(GitSourceBenchmark benchmark) throws Exception {
      source = benchmark.source();
      source.fetch(null);
      benchmark.warm = source;
    }
  }

  /** A clone that the git command has made. */
  @State(Scope.Benchmark)
  public static class Cloned {
    /** Clones it once. */
    @Setup(Level.Trial)
    public void load(GitSourceBenchmark benchmark) {
      benchmark.clone = benchmark.directory.resolve("bare.git");
      BigRepository.git(
          benchmark.directory,
          "clone",
          "-q",
          "--bare",
          benchmark.repository.remote().toUri().toString(),
          benchmark.clone.toString());
    }
  }

  /** Fetches a commit that changes one file, and reads it. */
  @Benchmark
  @Warmup(iterations = 20)
  @Measurement(iterations = 21)
  public int oneFileCommit(Warm warm) throws Exception {
    return checked(warm.source.fetch(null));
  }

  /** {@code git fetch} of such a commit alone. */
  @Benchmark
  @Warmup(iterations = 20)
  @Measurement(iterations = 21)
  public void gitFetch(Cloned cloned) {
    BigRepository.git(clone, "fetch", "-q", "origin", "+refs/heads/main:refs/heads/main");
  }

  /** Asks the remote, which has nothing new. */
  @Benchmark
  @Warmup(iterations = 20)
  @Measurement(iterations = 21)
  public int noChange(Polled polled) throws Exception {
    return checked(polled.source.fetch(null));
  }

  /** The answer of the remote alone, to the same library. */
  @Benchmark
  @Warmup(iterations = 20)
  @Measurement(iterations = 21)
  public int remoteAnswer(Polled polled) throws IOException {
    return polled.ask();
  }

  /** A source whose remote stands still. */
  @State(Scope.Benchmark)
  public static class Polled {
    private GitStateSource source;
    private Repository clone;
    private Remote remote;

    /** Reads everything once. */
    @Setup(Level.Trial)
    public void load(GitSourceBenchmark benchmark) throws Exception {
      source = benchmark.source();
      source.fetch(null);
      GitUrl url = GitUrl.parse(benchmark.repository.remote().toUri().toString());
      Route route =
          Route.to(
              url,
              GitAccess.anonymous(),
              GitTransport.defaults(),
              Duration.ofMinutes(1),
              Timing.system());
      Path cache = benchmark.directory.resolve("cache" + (benchmark.runs - 1));
      clone = new CloneDirectory(cache, url, route.access().identity()).open();
      remote = new Remote(route);
    }

    private int ask() throws IOException {
      return remote.connect(
          clone, Selector.branch("main").toFetch(), null, connection -> connection.refs().size());
    }

    /** Closes what is open. */
    @TearDown(Level.Trial)
    public void close() {
      clone.close();
      source.close();
    }
  }
}
