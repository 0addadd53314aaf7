// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core;

import dev.gitops.core.model.Block;
import dev.gitops.core.model.Block.Reason;
import dev.gitops.core.model.Change.Action;
import dev.gitops.core.model.Metadata.OnRemoval;
import dev.gitops.core.model.Plan;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.model.Tree;
import dev.gitops.core.spi.Gate;
import dev.gitops.core.spi.Review;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Everything that may hold a draft's changes before anything is written: the engine's own reasons,
 * then the gates.
 */
final class Gates {
  private final Settings settings;
  private final Ledger ledger;
  private final Patience patience;
  private final Controls controls;

  Gates(Settings settings, Ledger ledger, Patience patience, Controls controls) {
    this.settings = settings;
    this.ledger = ledger;
    this.patience = patience;
    this.controls = controls;
  }

  /**
   * Holds the changes of targets that are not the ones written to before, and forgets what the
   * planner concluded about them.
   *
   * @return the identities to remember, by control key
   */
  Map<String, Tree> checkTargets(Draft draft, Readings readings) {
    Map<String, Tree> remember = new HashMap<>();
    for (Route<?> route : settings.routes().values()) {
      String key = "target/" + route.kind().name();
      Tree known = ledger.control(key);
      String now = readings.identity(route);
      if (known == null
          || now.isEmpty()
          || known.text().equals(now)
          || confirmed("target:" + now)) {
        if (!now.isEmpty() && (known == null || !known.text().equals(now))) {
          remember.put(key, Tree.of(now));
        }
        continue;
      }
      String message =
          "the target is "
              + now
              + ", but what we own of this kind is in "
              + known.text()
              + ": you are pointing at another system";
      String unblock = "point at the right one, or confirm target:" + now;
      draft.items.values().stream()
          .filter(item -> item.route.equals(route))
          .forEach(item -> item.block(patience.block(item.id, Reason.HELD, message, unblock)));
      draft.records.removeIf(owned -> route.equals(settings.route(owned.id().kind())));
      draft.forgotten.removeIf(id -> route.equals(settings.route(id.kind())));
    }
    return remember;
  }

  private boolean confirmed(String what) {
    return ledger.control("confirm/" + what) != null;
  }

  /**
   * Holds deletions when the source is not configured as it was when these resources were declared.
   *
   * @return the identity to remember: once everything that is owned is declared by the source as it
   *     is now, gone, or confirmed to go; null before
   */
  @Nullable Tree checkSource(Draft draft, Desired desired, String identity) {
    Tree known = ledger.control("source");
    if (known == null || known.text().equals(identity)) {
      return known == null ? Tree.of(identity) : null;
    }
    for (Item<?> item : draft.items.values()) {
      if (item.deletes()
          && item.change().action() != Action.NONE
          && !confirmed(item.change().digest())) {
        String message =
            changed(known.text(), identity) + ", so what is missing may only be out of sight";
        item.block(
            patience.block(item.id, Reason.HELD, message, "confirm " + item.change().digest()));
      }
    }
    boolean missing = ledger.inventory().stream().anyMatch(owned -> missing(owned, desired, draft));
    return missing ? null : Tree.of(identity);
  }

  private String changed(String before, String now) {
    String configured = settings.sourceIdentity();
    return before.startsWith(configured) && now.startsWith(configured)
        ? "which files of the source are ignored has changed"
        : "the source was " + before + " and is now " + now;
  }

  private boolean missing(Owned owned, Desired desired, Draft draft) {
    ResourceId id = owned.id();
    Item<?> item = draft.items.get(id);
    return !owned.released()
        && !desired.resources().containsKey(id)
        && !draft.forgotten.contains(id)
        && owned.onRemoval() != OnRemoval.KEEP
        && (item == null || !confirmed(item.change().digest()));
  }

  /** Holds everything that writes, for one reason. */
  void holdAll(Draft draft, Reason reason, String message, String unblock) {
    for (Item<?> item : draft.items.values()) {
      if (item.ready()) {
        item.block(patience.block(item.id, reason, message, unblock));
      }
    }
  }

  /** Asks all gates about what is still ready. */
  void ask(Draft draft, Supplier<Plan> plan) {
    if (draft.items.values().stream().noneMatch(Item::ready)) {
      return;
    }
    Optional<String> suspended = controls.suspended();
    if (suspended.isPresent()) {
      holdAll(draft, Reason.HELD, suspended.get(), "resume");
      return;
    }
    Plan proposal = plan.get();
    Review.Facts facts = controls.facts();
    List<Review.Verdict> verdicts = new ArrayList<>();
    for (Gate gate : settings.gates()) {
      Review review = new Review(proposal, facts);
      try {
        gate.review(review);
        verdicts.addAll(review.verdicts());
      } catch (Exception e) {
        String message =
            "the gate "
                + gate.getClass().getSimpleName()
                + " could not decide: "
                + settings.message(e);
        Review undecided = new Review(proposal, facts);
        undecided.changes().forEach(change -> undecided.hold(change, message, ""));
        verdicts.addAll(undecided.verdicts());
      }
    }
    apply(verdicts, draft);
  }

  /** The strongest verdict counts, whoever said it first; what is less becomes a remark. */
  private void apply(List<Review.Verdict> verdicts, Draft draft) {
    Map<ResourceId, Review.Verdict> strongest = new HashMap<>();
    for (Review.Verdict verdict : verdicts) {
      strongest.merge(
          verdict.change().id(),
          verdict,
          (one, other) -> other.severity().compareTo(one.severity()) > 0 ? other : one);
    }
    for (Review.Verdict verdict : verdicts) {
      Item<?> item = draft.items.get(verdict.change().id());
      Review.Verdict decisive = strongest.get(verdict.change().id());
      if (item == null || decisive == null) {
        continue;
      }
      if (verdict.severity() == Review.Severity.WARN) {
        warn(item, verdict.message());
      } else if (verdict.equals(decisive)) {
        block(item, verdict);
      } else if (decisive.severity() == Review.Severity.OBSERVE) {
        warn(item, "would be held: " + verdict.message());
      }
    }
  }

  private static void warn(Item<?> item, String message) {
    List<String> warnings = new ArrayList<>(item.change().warnings());
    warnings.add(message);
    item.change(item.change().withWarnings(warnings));
  }

  private void block(Item<?> item, Review.Verdict verdict) {
    if (item.ready() || verdict.severity() == Review.Severity.REFUSE) {
      Reason reason = reason(verdict.severity());
      Block block = patience.block(item.id, reason, verdict.message(), verdict.unblock());
      item.change(item.change().withBlock(block));
    }
  }

  private static Reason reason(Review.Severity severity) {
    return switch (severity) {
      case REFUSE -> Reason.REFUSED;
      case OBSERVE -> Reason.OBSERVED;
      case HOLD, WARN -> Reason.HELD;
    };
  }
}
