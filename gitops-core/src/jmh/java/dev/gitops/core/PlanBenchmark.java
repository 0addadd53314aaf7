// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core;

import dev.gitops.core.model.Document;
import dev.gitops.core.model.Observed;
import dev.gitops.core.model.Plan;
import dev.gitops.core.model.Report.Status;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.store.MemoryStateStore;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
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
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A plan of owned resources, nothing of which changed in Git, of which so many have drifted. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 9, time = 1)
@Fork(
    value = 1,
    jvmArgsAppend = {"-Xms3g", "-Xmx3g"})
public class PlanBenchmark {
  @Param({"1000", "10000", "100000"})
  int resources;

  @Param({"0", "1", "100"})
  int changed;

  /** What a read answers: the same object each time, or a new one (whose making is in the time). */
  @Param({"standing", "new"})
  String answer;

  private final Map<ResourceId, Fleet.Topic> declared = new LinkedHashMap<>();
  private final JsonMapper mapper = JsonMapper.builder().build();
  private Fleet fleet;
  private Reconciler reconciler;

  @Setup(Level.Trial)
  public void own() throws Exception {
    MemoryStateStore store = new MemoryStateStore();
    try (Reconciler first = new Fleet(resources, 0, true).reconciler(store)) {
      require(first.reconcile().status() == Status.CONVERGED);
    }
    fleet = new Fleet(resources, changed, true);
    if (answer.equals("standing")) {
      fleet.standing();
    }
    for (Document document : fleet.snapshot().documents()) {
      declared.put(document.resource().id(), Fleet.KIND.bind(document.resource().spec()));
    }
    reconciler = fleet.reconciler(store);
    require(plan().changes().size() == resources / 100 * changed);
    require(jacksonTrees().size() == resources / 100 * changed);
  }

  private static void require(boolean condition) {
    if (!condition) {
      throw new IllegalStateException("The benchmark does not measure what it says");
    }
  }

  @TearDown(Level.Trial)
  public void close() {
    reconciler.close();
  }

  @Benchmark
  public Plan plan() {
    return reconciler.plan();
  }

  /** What one would write without the library: both sides as Jackson trees, then equals. */
  @Benchmark
  public List<ResourceId> jacksonTrees() {
    Map<ResourceId, Observed<Fleet.Topic>> live = fleet.live().found();
    List<ResourceId> different = new ArrayList<>();
    declared.forEach(
        (id, topic) -> {
          JsonNode wanted = mapper.valueToTree(topic);
          Observed<Fleet.Topic> found = live.get(id);
          if (found == null || !wanted.equals(mapper.valueToTree(found.value()))) {
            different.add(id);
          }
        });
    return different;
  }

  /** The least that anything can do: look each up, and ask whether the values are equal. */
  @Benchmark
  public List<ResourceId> plainEquals() {
    Map<ResourceId, Observed<Fleet.Topic>> live = fleet.live().found();
    List<ResourceId> different = new ArrayList<>();
    declared.forEach(
        (id, topic) -> {
          Observed<Fleet.Topic> found = live.get(id);
          if (found == null || !topic.equals(found.value())) {
            different.add(id);
          }
        });
    return different;
  }
}
