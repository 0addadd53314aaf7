// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core;

import dev.gitops.core.model.Block;
import dev.gitops.core.model.Block.Reason;
import dev.gitops.core.model.Change;
import dev.gitops.core.model.Change.Action;
import dev.gitops.core.model.Change.Cause;
import dev.gitops.core.model.FieldChange;
import dev.gitops.core.model.Origin;
import dev.gitops.core.model.Plan;
import dev.gitops.core.model.Pointer;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.model.Tree;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What of the plan for a proposal may be shown to whoever made the proposal. A stranger can declare
 * any id and any field; what is live behind them is shown only where the state in force declares
 * the same, so that declaring is no way of reading.
 *
 * <p>Whether something exists at all, and whether a field newly declared for a known resource
 * already has the declared value, can still be told.
 */
final class Disclosure {
  private static final Tree WITHHELD = Tree.of("(not shown)");
  private static final String NOTE =
      "Live values are shown only where the state in force declares them, too";

  private final Plan plan;
  private final Desired proposed;
  private final Desired inForce;

  private Disclosure(Plan plan, Desired proposed, Desired inForce) {
    this.plan = plan;
    this.proposed = proposed;
    this.inForce = inForce;
  }

  /**
   * The plan, cut down.
   *
   * @param plan of {@code proposed}
   * @param inForce what is declared now
   */
  static Plan limit(Plan plan, Desired proposed, Desired inForce) {
    return new Disclosure(plan, proposed, inForce).limit();
  }

  private Plan limit() {
    List<Change> changes = new ArrayList<>();
    Set<ResourceId> seen = new HashSet<>();
    for (Change change : plan.changes()) {
      seen.add(change.id());
      changes.add(limited(change));
    }
    int unchanged = plan.unchanged();
    for (Declared<?> declared : proposed.resources().values()) {
      if (!seen.contains(declared.id()) && !inForce.resources().containsKey(declared.id())) {
        // Otherwise its absence would say that live is exactly as the stranger guessed.
        changes.add(withheld(declared.id(), declared.resource().origin()));
        unchanged--;
      }
    }
    return new Plan(
        plan.reconciler(),
        plan.run(),
        plan.revision(),
        Map.of(),
        plan.at(),
        changes,
        plan.problems(),
        Math.max(0, unchanged),
        List.of(NOTE));
  }

  private Change limited(Change change) {
    Declared<?> known = inForce.resources().get(change.id());
    Block block = change.block();
    if (known == null) {
      boolean saysNothing =
          change.action() == Action.CREATE
              || change.action() == Action.RUN
              || change.action() == Action.DELETE
              || (block != null && block.reason() == Reason.INVALID);
      return saysNothing ? change : withheld(change.id(), change.origin());
    }
    Tree spec = known.document().resource().spec();
    Change shown =
        new Change(
            change.id(),
            change.action(),
            change.cause(),
            change.fields().stream().map(field -> limited(field, spec)).toList(),
            change.digest(),
            block,
            change.warnings(),
            change.origin());
    if (block != null && block.reason() == Reason.UNKNOWN) {
      // The words of a target's failure are for those who run it.
      return shown.withBlock(new Block(Reason.UNKNOWN, "could not be read", block.since(), ""));
    }
    return shown;
  }

  private Change withheld(ResourceId id, Origin origin) {
    return new Change(
        id,
        Action.NONE,
        Cause.TAKEN_OVER,
        List.of(),
        "",
        new Block(
            Reason.UNKNOWN,
            "exists already or could not be read; nothing of it is shown, since the state in force"
                + " does not declare it",
            plan.at(),
            "let somebody who may read it plan this revision"),
        List.of(),
        origin);
  }

  private static FieldChange limited(FieldChange field, Tree spec) {
    Tree from = field.from();
    return from == null || declares(at(spec, field.pointer()), from)
        ? field
        : new FieldChange(field.pointer(), WITHHELD, field.to(), field.cause());
  }

  /** Whether every field of a live value is declared; a list is declared as a whole. */
  private static boolean declares(@Nullable Tree declared, Tree live) {
    if (declared == null) {
      return false;
    }
    if (!(live.value() instanceof Map)) {
      return true;
    }
    return live.fields().keySet().stream()
        .allMatch(
            name -> {
              String pointer = Pointer.child("", name);
              return declares(
                  declared.at(pointer).orElse(null), live.at(pointer).orElse(Tree.EMPTY));
            });
  }

  /** Like {@link Tree#at}, and through elements that are named by a key, as a plan has them. */
  private static @Nullable Tree at(Tree tree, String pointer) {
    Tree here = tree;
    for (String token : Pointer.tokens(pointer)) {
      Tree next = here.at(Pointer.child("", token)).orElse(null);
      here = next == null ? element(here, token) : next;
      if (here == null) {
        return null;
      }
    }
    return here;
  }

  private static @Nullable Tree element(Tree list, String token) {
    int equals = token.indexOf('=');
    String value = token.substring(equals + 1);
    for (Object item : equals < 0 ? List.of() : list.items()) {
      Tree element = Tree.of(item);
      Tree key =
          equals == 0
              ? element
              : element.at(Pointer.child("", token.substring(0, equals))).orElse(null);
      if (key != null && key.text().equals(value)) {
        return element;
      }
    }
    return null;
  }
}
