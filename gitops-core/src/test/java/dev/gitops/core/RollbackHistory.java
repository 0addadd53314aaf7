// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gitops.core.model.Health;
import dev.gitops.core.model.Kind;
import dev.gitops.core.model.ReconcileEvent;
import dev.gitops.core.model.Report;
import dev.gitops.core.model.Report.Status;
import dev.gitops.core.spi.HealthCheck;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;

/** What histories have in common in which what is declared anew fails. */
abstract class RollbackHistory extends TopicHistory {
  static final Duration DEADLINE = Duration.ofMinutes(5);
  static final long SICK = 13;

  final ManualTiming timing = new ManualTiming();
  final List<ReconcileEvent.WentBack> wentBack = new ArrayList<>();

  /** Whether nobody can tell how anything is. */
  boolean untold;

  /** Resources with these numbers of partitions never get healthy. */
  final Set<Long> sick = new HashSet<>(Set.of(SICK));

  @BeforeEach
  void withRollback() {
    restart(rollingBack());
  }

  ReconcilerBuilder plain() {
    return Reconciler.builder("topics", git)
        .route(
            Kind.of("Topic", Topic.class),
            new Delegating<>(target) {
              @Override
              public HealthCheck<Topic> health(Kind<Topic> kind) {
                return live ->
                    untold
                        ? new Health(Health.Status.UNKNOWN, "no answer")
                        : sick.contains(live.value().partitions())
                            ? Health.progressing("starting")
                            : Health.HEALTHY;
              }
            })
        .store(store)
        .timing(timing)
        .executor(timing.meanwhile::add)
        .progressDeadline(DEADLINE)
        .allowDeletes(10)
        .listener(
            event -> {
              if (event instanceof ReconcileEvent.WentBack back) {
                wentBack.add(back);
              }
            });
  }

  ReconcilerBuilder rollingBack() {
    return plain().rollBackWhenUnhealthy();
  }

  void declare(String name, long partitions, String... dependsOn) {
    git.declare("Topic/" + name, Map.of("partitions", partitions), dependingOn(dependsOn));
  }

  Long partitions(String name) {
    Topic topic = live(name);
    return topic == null ? null : topic.partitions();
  }

  /** The deadline passes; whatever went back in consequence has gone back. */
  Report afterTheDeadline() {
    reconciler.reconcile();
    timing.pass(DEADLINE.plusSeconds(1));
    reconciler.reconcile();
    return reconciler.reconcile();
  }

  void good(String name, long partitions, String... dependsOn) {
    declare(name, partitions, dependsOn);
    assertThat(reconciler.reconcile().status()).isEqualTo(Status.CONVERGED);
  }

  static String problems(Report report) {
    return report.plan().problems().toString();
  }
}
