// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gitops.core.contract.MemoryTarget;
import dev.gitops.core.model.Kind;
import dev.gitops.core.model.Plan;
import dev.gitops.core.model.ResourceId;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Whose mistake it is, the manifest's or the target's, is said. */
class DeclarationsTest {
  record Flag(int share) {
    Flag {
      if (share > 100) {
        throw new IllegalArgumentException("share " + share + " is above 100");
      }
    }
  }

  private final Git git = new Git();

  @Test
  void aKindThatNeedsAScopeRefusesWhatHasNone() throws Exception {
    git.declare("Flag/x", Map.of("share", 1)).declare("Flag/shop/y", Map.of("share", 1));
    MemoryTarget<Flag> target = MemoryTarget.<Flag>options().build();
    Plan plan = plan(Kind.of("Flag", Flag.class).scoped(), target);
    assertThat(messages(plan)).containsExactly("Flag/x: Flag needs metadata.scope");
    assertThat(plan.ready()).extracting(c -> c.id().toString()).containsExactly("Flag/shop/y");
  }

  @Test
  void whatATargetsOwnCodeThrowsNamesTheTargetAndTheResource() throws Exception {
    git.declare("Flag/x", Map.of("share", 1)).declare("Flag/shop/y", Map.of("share", 1));
    MemoryTarget<Flag> target =
        MemoryTarget.<Flag>options()
            .implying(flag -> List.of(ResourceId.of("Project", flag.id().scope())))
            .build();
    Plan plan = plan(Kind.of("Flag", Flag.class), target);
    assertThat(messages(plan))
        .hasSize(1)
        .allSatisfy(
            message ->
                assertThat(message)
                    .startsWith(
                        "Flag/x: "
                            + MemoryTarget.class.getName()
                            + ".impliedDependencies threw java.lang.IllegalArgumentException: "));
    assertThat(plan.ready()).extracting(c -> c.id().toString()).containsExactly("Flag/shop/y");
  }

  @Test
  void aFieldIsNamedOnce() throws Exception {
    git.declare("Flag/x", Map.of("share", "all")).declare("Flag/y", Map.of("share", 101));
    Plan plan = plan(Kind.of("Flag", Flag.class), MemoryTarget.<Flag>options().build());
    assertThat(messages(plan))
        .containsExactlyInAnyOrder(
            "Flag/x: share must be a whole number from -2147483648 to 2147483647, not the text"
                + " \"all\"",
            "Flag/y: The spec: share 101 is above 100");
  }

  private Plan plan(Kind<Flag> kind, MemoryTarget<Flag> target) throws Exception {
    try (Reconciler flags =
        Reconciler.builder("flags", git).route(kind, target).ephemeral().build()) {
      return flags.plan();
    }
  }

  private static List<String> messages(Plan plan) {
    return plan.problems().stream().map(p -> p.message()).toList();
  }
}
