// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core;

import dev.gitops.core.model.Report;
import dev.gitops.core.model.Report.Status;
import dev.gitops.core.spi.StateStore;
import dev.gitops.core.store.FileStateStore;
import dev.gitops.core.store.MemoryStateStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
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

/** What the loop does most of the time: a whole cycle that finds nothing to do. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 9, time = 1)
@Fork(
    value = 1,
    jvmArgsAppend = {"-Xms3g", "-Xmx3g"})
public class SteadyStateBenchmark {
  @Param({"10000", "100000"})
  int resources;

  @Param({"memory", "file"})
  String store;

  private Path directory;
  private Reconciler reconciler;

  @Setup(Level.Trial)
  public void converge() throws IOException {
    directory = Files.createTempDirectory("gitops-benchmark");
    StateStore states =
        store.equals("file") ? FileStateStore.at(directory) : new MemoryStateStore();
    reconciler = new Fleet(resources, 0, true).reconciler(states);
    Report report = cycle();
    if (report.status() != Status.CONVERGED || report.outcomes().size() != resources) {
      throw new IllegalStateException("The fleet was not taken over: " + report.status());
    }
  }

  @TearDown(Level.Trial)
  public void close() throws IOException {
    reconciler.close();
    List<Path> files;
    try (Stream<Path> all = Files.walk(directory)) {
      files = all.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path file : files) {
      Files.delete(file);
    }
  }

  @Benchmark
  public Report cycle() {
    return reconciler.reconcile();
  }
}
