// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core;

import dev.gitops.core.model.Document;
import dev.gitops.core.model.Report;
import dev.gitops.core.model.Report.Status;
import dev.gitops.core.spi.StateStore;
import dev.gitops.core.store.FileStateStore;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * How much memory a reconciler holds between two cycles, beyond what its source (documents) and its
 * target hold and beyond the embedder's own objects (the bound specs): the live heap with it minus
 * the live heap without it, per resource. Run it with {@code -XX:+UseSerialGC}, which collects
 * everything that can be.
 */
public final class Footprint {
  private Footprint() {}

  /** Measures; the argument is the number of resources, 100,000 unless given. */
  public static void main(String... args) throws Exception {
    int resources = args.length == 0 ? 100_000 : Integer.parseInt(args[0]);
    Path directory = Files.createTempDirectory("gitops-footprint");
    Fleet fleet = new Fleet(resources, 0, false);
    StateStore store = FileStateStore.at(directory);
    try (Reconciler warm =
        new Fleet(10, 0, true).reconciler(FileStateStore.at(directory.resolve("warm")))) {
      warm.reconcile();
    }
    long before = liveBytes();
    List<Object> specs = new ArrayList<>(resources);
    for (Document document : fleet.snapshot().documents()) {
      Fleet.Topic spec = Fleet.KIND.bind(document.resource().spec());
      if (!spec.equals(fleet.live().found().get(document.resource().id()).value())) {
        throw new IllegalStateException("Not equal: " + spec);
      }
      specs.add(spec);
    }
    // Maps that were compared keep views of themselves, whoever compared them: hence the equals.
    long embedders = liveBytes() - before - 4L * resources;
    System.out.printf("%-44s %6d%n", "bound specs (the embedder's type)", embedders / specs.size());
    specs.clear();
    specs = List.of();
    long start = System.nanoTime();
    measure("engine, after it created everything", fleet, store, resources, before, embedders);
    System.out.printf("%-44s %6.1f s%n", "  first sync", (System.nanoTime() - start) / 1e9);
    start = System.nanoTime();
    measure("engine, after a restart", fleet, store, resources, before, embedders);
    System.out.printf("%-44s %6.1f s%n", "  restart", (System.nanoTime() - start) / 1e9);
    long bytes;
    try (Stream<Path> files = Files.walk(directory)) {
      bytes = files.filter(Files::isRegularFile).mapToLong(f -> f.toFile().length()).sum();
    }
    System.out.printf("%-44s %6d%n", "store, on disk", bytes / resources);
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  private static void measure(
      String what, Fleet fleet, StateStore store, int resources, long before, long embedders) {
    try (Reconciler reconciler = fleet.reconciler(store)) {
      converge(reconciler);
      reconciler.reconcile(); // the last report is kept, and is small when nothing was done
      long bytes = liveBytes() - before - embedders;
      System.out.printf("%-44s %6d%n", what, bytes / resources);
    }
  }

  /** In a method of its own, whose frame would else hold on to the report. */
  private static void converge(Reconciler reconciler) {
    Report report = reconciler.reconcile();
    if (report.status() != Status.CONVERGED || report.plan().problems().size() > 0) {
      throw new IllegalStateException("Not converged: " + report.status());
    }
  }

  /** The least of several, since not every collection moves everything together. */
  private static long liveBytes() {
    long least = Long.MAX_VALUE;
    for (int i = 0; i < 8; i++) {
      System.gc();
      least = Math.min(least, ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed());
    }
    return least;
  }
}
