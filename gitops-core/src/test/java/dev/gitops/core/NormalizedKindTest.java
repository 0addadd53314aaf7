// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gitops.core.contract.Fault;
import dev.gitops.core.contract.Faults;
import dev.gitops.core.contract.MemoryTarget;
import dev.gitops.core.model.Change;
import dev.gitops.core.model.Change.Cause;
import dev.gitops.core.model.Kind;
import dev.gitops.core.model.Report.Status;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.model.Tree;
import dev.gitops.core.store.MemoryStateStore;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Histories of a kind whose specs are normalised: what was last applied is compared in the same
 * form as what is live and what is declared.
 */
class NormalizedKindTest {
  record Volume(@Nullable String size, @Nullable Long bytes, @Nullable String owner) {}

  private static final ResourceId ID = ResourceId.of("Volume", "data");

  private final Git git = new Git();
  private final MemoryStateStore store = new MemoryStateStore();
  private boolean answersGetLost;
  private final MemoryTarget<Volume> target =
      MemoryTarget.<Volume>options()
          .normalizing(NormalizedKindTest::inBytes)
          .faults(call -> answersGetLost ? lost(call) : Fault.NONE)
          .build();
  private final Reconciler reconciler =
      Reconciler.builder("volumes", git)
          .route(
              Kind.of("Volume", Volume.class)
                  .secret("/owner")
                  .normalize(NormalizedKindTest::normal),
              target)
          .store(store)
          .build();

  /** Owners in lower case; a size counts as bytes. */
  private static Tree normal(Tree spec) {
    Map<String, @Nullable Object> fields = new LinkedHashMap<>(spec.fields());
    fields.computeIfPresent("owner", (name, owner) -> ((String) owner).toLowerCase(Locale.ROOT));
    if (fields.remove("size") instanceof String size) {
      fields.put("bytes", bytes(size));
    }
    return Tree.of(fields);
  }

  private static Volume inBytes(Volume volume) {
    return volume.size() == null ? volume : new Volume(null, bytes(volume.size()), volume.owner());
  }

  private static long bytes(String size) {
    return Long.parseLong(size.replace("Ki", "")) * 1024;
  }

  /** A creation takes effect, but neither its answer arrives nor that of any read after it. */
  private Fault lost(Faults.Call call) {
    IOException reset = new IOException("connection reset");
    boolean created = target.log().live(ID).isPresent();
    return switch (call.operation()) {
      case CREATE -> Fault.appliedBut(reset);
      case READ -> created ? Fault.failing(reset) : Fault.NONE;
      default -> Fault.NONE;
    };
  }

  @AfterEach
  void close() {
    reconciler.close();
  }

  private Change only() {
    List<Change> changes = reconciler.plan().changes();
    assertThat(changes).hasSize(1);
    return changes.get(0);
  }

  private @Nullable Volume live() {
    return target.log().live(ID).map(entry -> entry.value()).orElse(null);
  }

  @Test
  void aManualChangeOfANormalisedFieldIsDrift() {
    git.declare("Volume/data", Map.of("owner", "Ann"));
    assertThat(reconciler.reconcile().status()).isEqualTo(Status.CONVERGED);
    target.as("bob").put(ID, new Volume(null, null, "Bob"));
    assertThat(only().cause()).isEqualTo(Cause.DRIFT);
  }

  @Test
  void aManualChangeIsDriftAlsoWhenOnlyTheSpellingOfTheDeclarationChanged() {
    git.declare("Volume/data", Map.of("owner", "Ann"));
    reconciler.reconcile();
    target.as("bob").put(ID, new Volume(null, null, "Bob"));
    git.declare("Volume/data", Map.of("owner", "ANN"));
    assertThat(only().cause()).isEqualTo(Cause.DRIFT);
  }

  @Test
  void aFieldThatIsNoLongerDeclaredIsRemovedUnderItsNormalisedName() {
    git.declare("Volume/data", Map.of("size", "2Ki", "owner", "Ann"));
    reconciler.reconcile();
    assertThat(reconciler.reconcile().plan().inSync()).isTrue();
    git.declare("Volume/data", Map.of("owner", "Ann"));
    assertThat(only().fields()).extracting(field -> field.pointer()).containsExactly("/bytes");
    assertThat(reconciler.reconcile().status()).isEqualTo(Status.CONVERGED);
    assertThat(live()).isEqualTo(new Volume(null, null, "Ann"));
  }

  @Test
  void anInterruptedCreationIsRecognisedInItsNormalisedForm() {
    git.declare("Volume/data", Map.of("size", "2Ki"));
    answersGetLost = true;
    assertThat(reconciler.reconcile().status()).isEqualTo(Status.FAILED);
    answersGetLost = false;
    git.declare("Volume/data", Map.of("size", "3Ki"));
    assertThat(reconciler.reconcile().status()).isEqualTo(Status.CONVERGED);
    assertThat(live()).isEqualTo(new Volume(null, 3072L, null));
  }
}
