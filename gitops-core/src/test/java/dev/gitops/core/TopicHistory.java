// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gitops.core.contract.Fault;
import dev.gitops.core.contract.Faults.Operation;
import dev.gitops.core.contract.MemoryTarget;
import dev.gitops.core.model.Block.Reason;
import dev.gitops.core.model.Change;
import dev.gitops.core.model.Kind;
import dev.gitops.core.model.Metadata;
import dev.gitops.core.model.Metadata.OnChange;
import dev.gitops.core.model.Metadata.OnRemoval;
import dev.gitops.core.model.Phase;
import dev.gitops.core.model.Plan;
import dev.gitops.core.model.Report;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.store.MemoryStateStore;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;

/**
 * What histories about topics have in common: a source, a store, a target that can be made to fail.
 */
abstract class TopicHistory {
  record Topic(@Nullable Long partitions, @Nullable String owner) {}

  final Git git = new Git();
  final MemoryStateStore store = new MemoryStateStore();
  Fault fault = Fault.NONE;
  Function<String, Fault> faults = name -> fault;
  @Nullable Operation faulty;
  @Nullable String faultyName;
  MemoryTarget<Topic> target = target();
  Reconciler reconciler = builder().build();

  MemoryTarget<Topic> target() {
    return MemoryTarget.<Topic>options()
        .faults(
            call -> {
              String name = call.id() == null ? "" : call.id().name();
              boolean hit =
                  call.operation() == faulty && (faultyName == null || name.equals(faultyName));
              return hit ? faults.apply(name) : Fault.NONE;
            })
        .build();
  }

  /** How creations go, by name. */
  void creationsGo(Function<String, Fault> byName) {
    faulty = Operation.CREATE;
    faults = byName;
  }

  ReconcilerBuilder builder() {
    return Reconciler.builder("topics", git)
        .route(Kind.of("Topic", Topic.class), target)
        .store(store)
        .timeout(Duration.ofSeconds(20))
        .retry(Duration.ofMillis(1), Duration.ofMillis(2))
        .allowDeletes(10);
  }

  void restart(ReconcilerBuilder builder) {
    reconciler.close();
    reconciler = builder.build();
  }

  @AfterEach
  void close() {
    reconciler.close();
  }

  @Nullable Topic live(String name) {
    return target.log().live(ResourceId.of("Topic", name)).map(entry -> entry.value()).orElse(null);
  }

  static Change only(Plan plan) {
    assertThat(plan.changes()).hasSize(1);
    return plan.changes().get(0);
  }

  static Reason blocked(Report report) {
    assertThat(report.remaining()).hasSize(1);
    return report.remaining().get(0).block().reason();
  }

  static Metadata with(OnRemoval onRemoval, OnChange onChange, String... dependsOn) {
    return new Metadata(
        Map.of(),
        List.of(dependsOn).stream().map(ResourceId::parse).toList(),
        0,
        Phase.SYNC,
        onRemoval,
        onChange,
        null);
  }

  static Metadata dependingOn(String... ids) {
    return with(OnRemoval.DELETE, OnChange.UPDATE, ids);
  }

  List<String> order() {
    return target.log().entries().stream().map(entry -> entry.id().name()).toList();
  }

  static void uninterruptibly(CountDownLatch latch) {
    while (true) {
      try {
        latch.await();
        return;
      } catch (InterruptedException e) {
        // this call does not react
      }
    }
  }
}
