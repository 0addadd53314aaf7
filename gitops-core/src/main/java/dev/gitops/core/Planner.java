// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core;

import dev.gitops.core.Owned.State;
import dev.gitops.core.model.Block.Reason;
import dev.gitops.core.model.Change.Action;
import dev.gitops.core.model.Change.Cause;
import dev.gitops.core.model.FieldChange;
import dev.gitops.core.model.Live;
import dev.gitops.core.model.Metadata.OnChange;
import dev.gitops.core.model.Observed;
import dev.gitops.core.model.Problem;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.model.Selection;
import dev.gitops.core.model.Tree;
import dev.gitops.core.spi.Target;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BiPredicate;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Compares what is declared, what is live and what is owned, one resource after the other. Reads
 * only; what must be remembered stands in the draft. Every branch ends in exactly one of:
 * unchanged, an item, or an entry to forget.
 */
final class Planner {
  private final Circumstances now;
  private final Ledger ledger;
  private final Evidence evidence;
  private final Findings findings;
  private final Undeclared undeclared;
  private List<Declared<?>> open = new ArrayList<>();

  /**
   * Everything that one look at the world depends on.
   *
   * @param adopting what a person has told to adopt
   * @param noDeletes why nothing undeclared may be deleted; null when the snapshot is trusted to be
   *     complete
   * @param inDoubt ids on which an operation may still take effect
   */
  record Circumstances(
      Settings settings,
      Ledger ledger,
      Patience patience,
      Readings readings,
      Comparisons comparisons,
      Desired desired,
      Selection selection,
      BiPredicate<ResourceId, Map<String, String>> adopting,
      @Nullable String noDeletes,
      Predicate<ResourceId> inDoubt) {}

  Planner(Circumstances now) {
    this.now = now;
    this.ledger = now.ledger();
    this.evidence = new Evidence(now.settings(), ledger);
    this.findings = new Findings(now);
    this.undeclared = new Undeclared(now, evidence, findings);
  }

  /** Plans everything declared, and what is owned and no longer declared. */
  Draft plan(Baseline baseline) throws IOException {
    for (Map.Entry<Target<?>, Baseline.Group> group : baseline.groups().entrySet()) {
      Live<?> answer = now.readings().answer(group.getKey());
      int passedOver = group.getValue().judge(answer, this::inOrder); // which counts others itself
      findings.draft.unchanged += passedOver;
    }
    for (ResourceId id : now.desired().invalid().keySet()) {
      invalid(id);
    }
    for (Owned owned : baseline.others()) {
      undeclared.plan(owned);
    }
    undeclared.holdWhatIsNeeded(baseline.others());
    return findings.draft;
  }

  /** Plans only these, after they were written. */
  Draft plan(Iterable<Item<?>> written) throws IOException {
    for (Item<?> item : written) {
      Owned owned = ledger.owned(item.id);
      if (item.declared != null) {
        declared(item.declared);
      } else if (owned != null) {
        undeclared.plan(owned);
      }
    }
    return findings.draft;
  }

  /**
   * Comes back to what could not be compared at once, as soon as that has been; whether nothing is
   * left to come back to.
   */
  boolean settled() throws IOException {
    now.comparisons().start();
    while (!open.isEmpty() && now.comparisons().complete()) {
      List<Declared<?>> again = open;
      open = new ArrayList<>();
      for (Declared<?> declared : again) {
        declared(declared);
      }
      now.comparisons().start();
    }
    return open.isEmpty();
  }

  /** The item of a hook, which is not in the draft yet. */
  <T> Item<T> hook(Declared<T> declared, @Nullable Observed<T> live) {
    return findings.hook(declared, live);
  }

  Draft draft() {
    return findings.draft;
  }

  /** Looks at one; whether it is in order, and stays so as long as the baseline says. */
  @SuppressWarnings("unchecked") // the answer of a target is of the target's own type
  private <T> boolean inOrder(
      Declared<T> declared, @Nullable Owned recorded, @Nullable Live<?> answer) throws IOException {
    Live<T> live = (Live<T>) answer;
    Observed<T> found = live == null ? null : live.found().get(declared.id());
    if (recorded != null && found != null && asApplied(declared, recorded, found)) {
      return findings.settled(declared.route(), declared.id(), found);
    }
    Draft draft = findings.draft;
    int unchanged = draft.unchanged;
    int records = draft.records.size();
    declared(declared, recorded, found);
    return draft.unchanged > unchanged
        && draft.records.size() == records
        && !draft.unhealthy.containsKey(declared.id());
  }

  /** Whether nothing has happened to it since it was applied. */
  private <T> boolean asApplied(Declared<T> declared, Owned owned, Observed<T> live) {
    return owned.digest().equals(declared.digest())
        && owned.state().mayUpdate()
        && owned.doomed() == null
        && !Evidence.another(owned, live)
        && live.value().equals(declared.resource().spec())
        && !(owned.state() != State.ADOPTED && adopts(declared));
  }

  private void declared(Declared<?> declared) throws IOException {
    Live<?> answer = now.readings().answer(declared.route().target());
    inOrder(declared, ledger.owned(declared.id()), answer);
  }

  private <T> void declared(
      Declared<T> declared, @Nullable Owned recorded, @Nullable Observed<T> live)
      throws IOException {
    ResourceId id = declared.id();
    Route<T> route = declared.route();
    Owned owned = recorded == null || recorded.released() ? null : recorded;
    Exception unknown = live == null ? now.readings().unknown(route, id) : null;
    if (unknown != null) {
      findings.blocked(
          route,
          declared,
          owned,
          null,
          Reason.UNKNOWN,
          "could not be read: " + findings.message(unknown),
          "");
    } else if (now.inDoubt().test(id)) {
      String unblock = "it is read again when that call has ended";
      findings.blocked(
          route,
          declared,
          owned,
          live,
          Reason.IN_DOUBT,
          "an earlier call may still take effect",
          unblock);
    } else if (live == null) {
      absent(route, declared, owned);
    } else if (owned == null) {
      unowned(route, declared, live, null);
    } else if (Evidence.another(owned, live) && findings.unsettled(route, owned)) {
      findings.predecessor(route, declared, owned, live);
    } else if (Evidence.another(owned, live)) {
      unowned(route, declared, live, owned);
    } else if (!owned.state().mayUpdate() || owned.doomed() != null) {
      uncertain(route, declared, owned, live);
    } else {
      State state = adopts(declared) ? State.ADOPTED : owned.state();
      compare(route, declared, owned.withState(state), live);
    }
  }

  private boolean adopts(Declared<?> declared) {
    return now.adopting().test(declared.id(), declared.resource().labels());
  }

  private <T> void absent(Route<T> route, Declared<T> declared, @Nullable Owned owned)
      throws IOException {
    boolean ours =
        owned != null
            && owned.state().mayUpdate()
            && owned.doomed() == null
            && !owned.digest().isEmpty();
    if (owned != null && findings.unsettled(route, owned)) {
      String message = "was written a moment ago and can't be seen yet";
      findings.blocked(
          route, declared, owned, null, Reason.IN_DOUBT, message, "it is read again shortly");
      return;
    }
    List<FieldChange> fields = route.kind().declared(declared.resource().spec());
    Cause cause =
        owned == null || !ours
            ? Cause.NEW
            : evidence.asApplied(declared, owned) ? Cause.DRIFT : Cause.DECLARED;
    findings.item(route, declared, owned, null, fields, Action.CREATE, cause);
  }

  /** Exists and is not ours, whatever was there before. */
  private <T> void unowned(
      Route<T> route, Declared<T> declared, Observed<T> live, @Nullable Owned predecessor)
      throws IOException {
    ResourceId id = declared.id();
    if (adopts(declared)) {
      compare(route, declared, Owned.of(declared, State.ADOPTED).withHandle(live.handle()), live);
      return;
    }
    List<FieldChange> fields = diff(route, declared, null, live);
    if (fields == null) {
      return;
    }
    if (fields.isEmpty() && Controls.released(ledger, id).isEmpty()) {
      Owned matched =
          Owned.of(declared, State.MATCHED).withHandle(live.handle()).withDigest(declared.digest());
      findings.item(route, declared, matched, live, fields, Action.RECORD, Cause.TAKEN_OVER);
    } else {
      Item<T> item =
          findings.item(
              route, declared, predecessor, live, fields, Action.UPDATE, Cause.TAKEN_OVER);
      String message = findings.foreign(id, live, predecessor != null);
      item.block(
          now.patience()
              .block(
                  id,
                  Reason.CONFLICT,
                  message,
                  "adopt it, or remove it there, or remove its declaration"));
    }
    findings.judge(route, id, live);
  }

  /** We meant to create or delete it, and don't know what came of that. */
  private <T> void uncertain(Route<T> route, Declared<T> declared, Owned owned, Observed<T> live)
      throws IOException {
    if (owned.doomed() != null && findings.unsettled(route, owned)) {
      String message = "was deleted a moment ago and can still be seen";
      findings.blocked(
          route, declared, owned, live, Reason.IN_DOUBT, message, "it is read again shortly");
      return;
    }
    State resolved = resolve(route, declared, owned, live);
    if (resolved == State.AMBIGUOUS) {
      findings.ambiguous(route, declared, owned, live);
    } else if (resolved != null) {
      compare(
          route,
          declared,
          owned.withState(resolved).withDoomed(null).withHandle(live.handle()),
          live);
    }
  }

  private <T> @Nullable State resolve(
      Route<T> route, Declared<T> declared, Owned owned, Observed<T> live) throws IOException {
    if (adopts(declared)) {
      return State.ADOPTED;
    }
    if (evidence.survivor(route, owned, live)) {
      return owned.state();
    }
    if (evidence.marked(live)) {
      return State.CREATED;
    }
    List<FieldChange> fields = diff(route, declared, null, live);
    if (fields == null) {
      return null;
    }
    Tree intended = ledger.applied(owned.id()).orElse(null);
    boolean asIntended =
        fields.isEmpty()
            || (owned.doomed() == null
                && intended != null
                && evidence.asIntended(route, intended, live));
    return asIntended ? State.PRESUMED : State.AMBIGUOUS;
  }

  /** Ours to update: differs or not. */
  private <T> void compare(Route<T> route, Declared<T> declared, Owned owned, Observed<T> live)
      throws IOException {
    Tree applied = null;
    if (owned.digest().equals(declared.digest())) {
      applied = route.kind().comparable(declared.resource().spec());
    } else if (!owned.digest().isEmpty()) {
      applied = evidence.applied(route, declared, live);
    }
    List<FieldChange> fields = diff(route, declared, applied, live);
    if (fields == null) {
      return;
    }
    boolean leave = declared.resource().metadata().onChange() == OnChange.IGNORE;
    if (fields.isEmpty() || leave) {
      Owned now = owned.declaredAs(declared).withDigest(declared.digest());
      if (now.handle() == null && live.handle() != null && !leave) {
        now = now.withHandle(live.handle());
      }
      if (!now.equals(ledger.owned(owned.id()))) {
        findings.draft.records.add(now);
      }
      findings.settled(route, declared.id(), live);
    } else if (owned.at() != null
        && owned.digest().equals(declared.digest())
        && findings.unsettled(route, owned)) {
      String message = "was written a moment ago and still shows the state before";
      findings.blocked(
          route, declared, owned, live, Reason.IN_DOUBT, message, "it is read again shortly");
    } else {
      if (owned.state() != stateOf(ledger.owned(owned.id()))) {
        findings.draft.records.add(owned);
      }
      boolean drift = fields.stream().allMatch(field -> field.cause() == FieldChange.Cause.DRIFT);
      Cause cause =
          owned.digest().isEmpty() ? Cause.TAKEN_OVER : drift ? Cause.DRIFT : Cause.DECLARED;
      boolean replace =
          declared.resource().metadata().onChange() == OnChange.REPLACE
              && now.patience().terminal(declared.id(), declared.digest())
              && owned.state().mayDelete();
      findings.item(
          route, declared, owned, live, fields, replace ? Action.REPLACE : Action.UPDATE, cause);
      findings.judge(route, declared.id(), live);
    }
  }

  private static @Nullable State stateOf(@Nullable Owned owned) {
    return owned == null ? null : owned.state();
  }

  private void invalid(ResourceId id) {
    Route<?> route = now.settings().route(id.kind());
    Problem problem = now.desired().invalid().get(id);
    if (route != null && problem != null) {
      invalid(route, id, problem);
    }
  }

  private <T> void invalid(Route<T> route, ResourceId id, Problem problem) {
    Item<T> item =
        findings.add(
            new Item<>(
                route,
                id,
                null,
                ledger.owned(id),
                null,
                List.of(),
                findings.change(
                    route, id, Action.NONE, Cause.DECLARED, List.of(), "", problem.origin())));
    item.block(
        now.patience().block(id, Reason.INVALID, problem.message(), "correct the declaration"));
  }

  /** What differs; null when that is not known, or not yet. */
  private <T> @Nullable List<FieldChange> diff(
      Route<T> route, Declared<T> declared, @Nullable Tree applied, Observed<T> live) {
    try {
      List<FieldChange> fields = now.comparisons().of(route, declared, applied, live);
      if (fields == null) {
        open.add(declared);
      }
      return fields;
    } catch (Exception e) {
      Owned owned = ledger.owned(declared.id());
      findings.blocked(
          route,
          declared,
          owned,
          live,
          Reason.UNKNOWN,
          "could not be compared: " + findings.message(e),
          "");
      return null;
    }
  }
}
