// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gitops.core.contract.Fault;
import dev.gitops.core.contract.Faults.Operation;
import dev.gitops.core.model.Activity;
import dev.gitops.core.model.Activity.Stage;
import dev.gitops.core.model.ReconcileEvent;
import dev.gitops.core.model.Report.Status;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;

/** What a reconciler says that it does, asked from the threads that do it. */
class ActivityTest extends TopicHistory {
  private final List<Activity> seen = new CopyOnWriteArrayList<>();

  private void lookDuring(Operation operation) {
    faulty = operation;
    faults =
        name -> {
          seen.add(reconciler.activity());
          return Fault.NONE;
        };
  }

  @Test
  void beforeAndAfterACycleItIsIdle() {
    assertThat(reconciler.activity().stage()).isEqualTo(Stage.IDLE);
    reconciler.reconcile();
    assertThat(reconciler.activity().stage()).isEqualTo(Stage.IDLE);
    assertThat(reconciler.activity().of()).isZero();
  }

  @Test
  void whileATargetIsReadItLooksAlsoForAPlan() {
    lookDuring(Operation.READ);
    git.declare("Topic/a", Map.of("partitions", 1));
    reconciler.plan();
    assertThat(seen).extracting(Activity::stage).containsOnly(Stage.LOOKING);
    seen.clear();
    reconciler.reconcile();
    assertThat(seen.get(0).stage()).isEqualTo(Stage.LOOKING);
  }

  @Test
  void whileItWritesItSaysHowFarItIs() {
    lookDuring(Operation.CREATE);
    git.declare("Topic/a", Map.of("partitions", 1));
    git.declare("Topic/b", Map.of("partitions", 1), dependingOn("Topic/a"));
    restart(
        builder()
            .listener(
                event -> {
                  if (event instanceof ReconcileEvent.CycleEnded) {
                    seen.add(reconciler.activity());
                  }
                }));
    assertThat(reconciler.reconcile().status()).isEqualTo(Status.CONVERGED);
    assertThat(seen).extracting(Activity::stage).containsOnly(Stage.APPLYING);
    assertThat(seen).extracting(Activity::of).containsOnly(2);
    assertThat(seen).extracting(Activity::done).containsExactly(0, 1, 2);
  }

  @Test
  void afterACycleThatBrokeOffItIsIdle() {
    git.down = true;
    reconciler.reconcile();
    assertThat(reconciler.activity().stage()).isEqualTo(Stage.IDLE);
    reconciler.close();
    assertThatThrownBy(reconciler::plan).isInstanceOf(IllegalStateException.class);
    assertThat(reconciler.activity().stage()).isEqualTo(Stage.IDLE);
  }
}
