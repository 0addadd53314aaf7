// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.store;

import dev.gitops.core.spi.StateStore.Session;
import dev.gitops.core.spi.StateStore.Write;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
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

/** The file store with many records of 300 characters; prints what the index and files take. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(value = 1, jvmArgs = "-Xmx1g")
@Warmup(iterations = 2, time = 2)
@Measurement(iterations = 3, time = 2)
public class FileStateStoreBenchmark {
  private static final int COMMIT = 10_000;

  /** How many records there are. */
  @Param("1000000")
  public int records;

  private final Random random = new Random(1);
  private Path directory;
  private Path journal;
  private Session session;

  /** Fills a store, then opens it again. */
  @Setup(Level.Trial)
  public void fill() throws IOException {
    directory = Files.createTempDirectory("store");
    journal = directory.resolve("n/journal-000001.log");
    long started = System.nanoTime();
    try (Session filling = FileStateStore.at(directory).open("n")) {
      for (int from = 0; from < records; from += COMMIT) {
        List<Write> writes = new ArrayList<>();
        for (int i = from; i < Math.min(from + COMMIT, records); i++) {
          writes.add(Write.put("owned", key(i), Write.ABSENT, value(i)));
        }
        filling.commit(writes);
      }
    }
    say("fill, ms", (System.nanoTime() - started) / 1_000_000);
    long before = used();
    started = System.nanoTime();
    session = FileStateStore.at(directory).open("n");
    say("open, ms", (System.nanoTime() - started) / 1_000_000);
    say("memory, bytes a record", (used() - before) / records);
    say("file, bytes a record", Files.size(journal) / records);
    long size = Files.size(journal);
    changeOne();
    say("changing one writes, bytes", Files.size(journal) - size);
    long[] seen = new long[1];
    started = System.nanoTime();
    session.scan("owned", stored -> seen[0]++);
    say("scan of " + seen[0] + ", ms", (System.nanoTime() - started) / 1_000_000);
  }

  private static void say(String what, long number) {
    System.out.println("# " + what + ": " + number);
  }

  private static long used() {
    System.gc();
    System.gc();
    return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
  }

  private static String key(int i) {
    return "Topic/shop/topic-" + i;
  }

  private static String value(int i) {
    return "{\"state\":\"CREATED\",\"n\":" + i + ",\"pad\":\"" + "x".repeat(260) + "\"}";
  }

  /** Deletes the store. */
  @TearDown(Level.Trial)
  public void delete() throws IOException {
    session.close();
    try (Stream<Path> all = Files.walk(directory)) {
      for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }

  /** One commit of one record, with its fsync. */
  @Benchmark
  public long changeOne() throws IOException {
    int i = random.nextInt(records);
    return session.commit(List.of(Write.put("owned", key(i), Write.ANY, value(i))));
  }

  /** One record, from disk or the operating system's memory. */
  @Benchmark
  public Object readOne() throws IOException {
    return session.read("owned", key(random.nextInt(records)));
  }
}
