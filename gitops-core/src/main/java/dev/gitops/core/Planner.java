// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core;

import dev.gitops.core.Owned.State;
import dev.gitops.core.model.Block;
import dev.gitops.core.model.Block.Reason;
import dev.gitops.core.model.Change;
import dev.gitops.core.model.Change.Action;
import dev.gitops.core.model.Change.Cause;
import dev.gitops.core.model.FieldChange;
import dev.gitops.core.model.Health;
import dev.gitops.core.model.Kind;
import dev.gitops.core.model.Metadata.OnChange;
import dev.gitops.core.model.Metadata.OnRemoval;
import dev.gitops.core.model.Observed;
import dev.gitops.core.model.Origin;
import dev.gitops.core.model.Phase;
import dev.gitops.core.model.Problem;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.model.Selection;
import dev.gitops.core.model.Tree;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
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
  private final Settings settings;
  private final Ledger ledger;
  private final Patience patience;
  private final Readings readings;
  private final Desired desired;
  private final Selection selection;
  private final BiPredicate<ResourceId, Map<String, String>> adopting;
  private final @Nullable String noDeletes;
  private final Predicate<ResourceId> inDoubt;
  private final Draft draft = new Draft();

  /**
   * A planner for one look at the world.
   *
   * @param adopting what a person has told to adopt
   * @param noDeletes why nothing undeclared may be deleted; null when the snapshot is trusted to be
   *     complete
   * @param inDoubt ids on which an operation may still take effect
   */
  Planner(
      Settings settings,
      Ledger ledger,
      Patience patience,
      Readings readings,
      Desired desired,
      Selection selection,
      BiPredicate<ResourceId, Map<String, String>> adopting,
      @Nullable String noDeletes,
      Predicate<ResourceId> inDoubt) {
    this.settings = settings;
    this.ledger = ledger;
    this.patience = patience;
    this.readings = readings;
    this.desired = desired;
    this.selection = selection;
    this.adopting = adopting;
    this.noDeletes = noDeletes;
    this.inDoubt = inDoubt;
  }

  /** Plans all of these declared resources, and what is owned and no longer declared. */
  Draft plan() throws IOException {
    for (Declared<?> declared : desired.resources().values()) {
      if (declared.resource().metadata().phase() == Phase.SYNC) {
        declared(declared);
      }
    }
    for (ResourceId id : desired.invalid().keySet()) {
      invalid(id);
    }
    List<Owned> undeclared = new ArrayList<>();
    for (Owned owned : ledger.inventory()) {
      if (!desired.resources().containsKey(owned.id())
          && !desired.invalid().containsKey(owned.id())) {
        undeclared.add(owned);
      }
    }
    undeclared.sort((a, b) -> a.id().compareTo(b.id()));
    for (Owned owned : undeclared) {
      undeclared(owned);
    }
    return draft;
  }

  /** Plans only these, after they were written. */
  Draft plan(Iterable<Item<?>> written) throws IOException {
    for (Item<?> item : written) {
      Owned owned = ledger.owned(item.id);
      if (item.declared != null) {
        declared(item.declared);
      } else if (owned != null) {
        undeclared(owned);
      }
    }
    return draft;
  }

  private <T> void declared(Declared<T> declared) throws IOException {
    ResourceId id = declared.id();
    Route<T> route = declared.route();
    Owned owned = ledger.owned(id);
    Observed<T> live = readings.found(route, id);
    if (owned != null
        && live != null
        && owned.digest().equals(declared.digest())
        && owned.state().mayUpdate()
        && owned.doomed() == null
        && (owned.handle() == null || live.handle() == null || owned.handle().equals(live.handle()))
        && live.value().equals(declared.resource().spec())
        && !(owned.state() != State.ADOPTED && adopts(declared))) {
      settled(route, id, live);
      return;
    }
    Exception unknown = live == null ? readings.unknown(route, id) : null;
    if (unknown != null) {
      blocked(
          route,
          declared,
          owned,
          null,
          Reason.UNKNOWN,
          "could not be read: " + message(unknown),
          "");
    } else if (inDoubt.test(id)) {
      String unblock = "it is read again when that call has ended";
      blocked(
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
    } else if (owned.handle() != null
        && live.handle() != null
        && !owned.handle().equals(live.handle())) {
      unowned(route, declared, live, owned);
    } else if (!owned.state().mayUpdate() || owned.doomed() != null) {
      uncertain(route, declared, owned, live);
    } else {
      State state = adopts(declared) ? State.ADOPTED : owned.state();
      compare(route, declared, owned.withState(state), live);
    }
  }

  private boolean adopts(Declared<?> declared) {
    return adopting.test(declared.id(), declared.resource().labels());
  }

  private <T> void settled(Route<T> route, ResourceId id, Observed<T> live) {
    draft.unchanged++;
    judge(route, id, live);
  }

  private <T> void judge(Route<T> route, ResourceId id, Observed<T> live) {
    Health health;
    try {
      health = route.health().judge(live);
    } catch (RuntimeException e) {
      health = new Health(Health.Status.UNKNOWN, "could not be judged: " + message(e));
    }
    health = patience.judged(id, health);
    if (health.status() != Health.Status.HEALTHY) {
      draft.unhealthy.put(id, health);
    }
  }

  private <T> void absent(Route<T> route, Declared<T> declared, @Nullable Owned owned) {
    boolean ours =
        owned != null
            && owned.state().mayUpdate()
            && owned.doomed() == null
            && !owned.digest().isEmpty();
    if (owned != null && unsettled(route, owned)) {
      String message = "was written a moment ago and can't be seen yet";
      blocked(route, declared, owned, null, Reason.IN_DOUBT, message, "it is read again shortly");
      return;
    }
    List<FieldChange> fields = route.kind().declared(declared.resource().spec());
    item(route, declared, owned, null, fields, Action.CREATE, ours ? Cause.DRIFT : Cause.NEW);
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
    if (fields.isEmpty() && ledger.control("released/" + id) == null) {
      Owned matched =
          Owned.of(declared, State.MATCHED).withHandle(live.handle()).withDigest(declared.digest());
      item(route, declared, matched, live, fields, Action.RECORD, Cause.TAKEN_OVER);
    } else {
      Item<T> item =
          item(route, declared, predecessor, live, fields, Action.UPDATE, Cause.TAKEN_OVER);
      String owner = live.ownerMark() == null ? "" : ", marked as belonging to " + live.ownerMark();
      String message =
          predecessor == null
              ? "exists already and is not managed by " + settings.name() + owner
              : "was deleted and created again by somebody else" + owner;
      item.block(
          patience.block(
              id,
              Reason.CONFLICT,
              message,
              "adopt it, or remove it there, or remove its declaration"));
    }
    judge(route, id, live);
  }

  /** We meant to create or delete it, and don't know what came of that. */
  private <T> void uncertain(Route<T> route, Declared<T> declared, Owned owned, Observed<T> live)
      throws IOException {
    State resolved = resolve(route, declared, owned, live);
    if (resolved == State.AMBIGUOUS) {
      ambiguous(route, declared, owned, live);
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
    boolean sameHandle = owned.handle() != null && owned.handle().equals(live.handle());
    if (owned.doomed() != null
        && (sameHandle || owned.doomed().equals(fingerprint(ledger, route, live)))) {
      return owned.state();
    }
    if (settings.name().equals(live.ownerMark())) {
      return State.CREATED;
    }
    List<FieldChange> fields = diff(route, declared, null, live);
    if (fields == null) {
      return null;
    }
    Tree intended = ledger.applied(owned.id()).orElse(null);
    boolean asIntended =
        fields.isEmpty()
            || (owned.doomed() == null && intended != null && asIntended(route, intended, live));
    return asIntended ? State.PRESUMED : State.AMBIGUOUS;
  }

  private <T> void ambiguous(
      Route<T> route, @Nullable Declared<T> declared, Owned owned, Observed<T> live) {
    if (owned.state() != State.AMBIGUOUS) {
      draft.records.add(owned.withState(State.AMBIGUOUS));
    }
    String message =
        "exists, and after an interruption it can't be told whether we or somebody else created it";
    blocked(
        route,
        declared,
        owned,
        live,
        Reason.AMBIGUOUS,
        message,
        "look at it, then adopt it or release it");
  }

  /** Ours to update: differs or not. */
  private <T> void compare(Route<T> route, Declared<T> declared, Owned owned, Observed<T> live)
      throws IOException {
    Tree applied = null;
    if (owned.digest().equals(declared.digest())) {
      applied = route.kind().tree(declared.resource().spec());
    } else if (!owned.digest().isEmpty()) {
      applied = applied(route, declared, live);
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
        draft.records.add(now);
      }
      settled(route, declared.id(), live);
    } else if (owned.at() != null
        && owned.digest().equals(declared.digest())
        && unsettled(route, owned)) {
      String message = "was written a moment ago and still shows the state before";
      blocked(route, declared, owned, live, Reason.IN_DOUBT, message, "it is read again shortly");
    } else {
      if (owned.state() != stateOf(ledger.owned(owned.id()))) {
        draft.records.add(owned);
      }
      boolean drift = fields.stream().allMatch(field -> field.cause() == FieldChange.Cause.DRIFT);
      Cause cause =
          owned.digest().isEmpty() ? Cause.TAKEN_OVER : drift ? Cause.DRIFT : Cause.DECLARED;
      boolean replace =
          declared.resource().metadata().onChange() == OnChange.REPLACE
              && patience.terminal(declared.id(), declared.digest())
              && owned.state().mayDelete();
      item(route, declared, owned, live, fields, replace ? Action.REPLACE : Action.UPDATE, cause);
      judge(route, declared.id(), live);
    }
  }

  private static @Nullable State stateOf(@Nullable Owned owned) {
    return owned == null ? null : owned.state();
  }

  private void invalid(ResourceId id) {
    Route<?> route = settings.route(id.kind());
    Problem problem = desired.invalid().get(id);
    if (route != null && problem != null) {
      invalid(route, id, problem);
    }
  }

  private <T> void invalid(Route<T> route, ResourceId id, Problem problem) {
    Item<T> item =
        add(
            new Item<>(
                route,
                id,
                null,
                ledger.owned(id),
                null,
                List.of(),
                change(route, id, Action.NONE, Cause.DECLARED, List.of(), "", problem.origin())));
    item.block(patience.block(id, Reason.INVALID, problem.message(), "correct the declaration"));
  }

  private void undeclared(Owned owned) throws IOException {
    Route<?> route = settings.route(owned.id().kind());
    if (route == null) {
      draft.notes.add(
          "Owned, but its kind has no route any more, so it is left alone: " + owned.id());
    } else {
      undeclared(route, owned);
    }
  }

  private <T> void undeclared(Route<T> route, Owned owned) {
    ResourceId id = owned.id();
    Observed<T> live = readings.found(route, id);
    Exception unknown = live == null ? readings.unknown(route, id) : null;
    Problem hiding = desired.mayHide(id, owned.file());
    boolean replaced =
        live != null
            && owned.handle() != null
            && live.handle() != null
            && !owned.handle().equals(live.handle());
    if (unknown != null) {
      blocked(
          route, null, owned, null, Reason.UNKNOWN, "could not be read: " + message(unknown), "");
    } else if (inDoubt.test(id)) {
      blocked(
          route, null, owned, live, Reason.IN_DOUBT, "an earlier call may still take effect", "");
    } else if (live == null) {
      if (unsettled(route, owned)) {
        blocked(
            route,
            null,
            owned,
            null,
            Reason.IN_DOUBT,
            "was written a moment ago and can't be seen yet",
            "");
      } else if (hiding == null && noDeletes == null) {
        draft.forgotten.add(id);
      }
    } else if (hiding != null) {
      Item<T> item = item(route, null, owned, live, List.of(), Action.DELETE, Cause.REMOVED);
      String message = "may be declared behind a problem: " + hiding;
      item.block(patience.block(id, Reason.UNKNOWN, message, "correct that problem"));
    } else if (replaced) {
      draft.forgotten.add(id);
    } else if (owned.onRemoval() == OnRemoval.KEEP && owned.state().mayUpdate()) {
      draft.notes.add("No longer declared, kept as told: " + id);
    } else if (owned.onRemoval() == OnRemoval.ORPHAN && owned.state().mayUpdate()) {
      item(route, null, owned, live, List.of(), Action.RECORD, Cause.REMOVED);
    } else if (adopting.test(id, owned.labels())) {
      delete(route, owned.withState(State.ADOPTED), live);
    } else if (owned.state() == State.MATCHED || owned.state() == State.PRESUMED) {
      item(route, null, owned, live, List.of(), Action.RECORD, Cause.REMOVED);
    } else {
      deletable(route, owned, live);
    }
  }

  private <T> void deletable(Route<T> route, Owned owned, Observed<T> live) {
    boolean marked = settings.name().equals(live.ownerMark());
    boolean sameHandle = owned.handle() != null && owned.handle().equals(live.handle());
    boolean untouched =
        owned.doomed() == null
            || sameHandle
            || marked
            || owned.doomed().equals(fingerprint(ledger, route, live));
    if (!owned.state().mayDelete() && marked) {
      delete(route, owned.withState(State.CREATED), live);
    } else if (!owned.state().mayDelete() || !untouched) {
      ambiguous(route, null, owned, live);
    } else {
      delete(route, owned, live);
    }
  }

  private <T> void delete(Route<T> route, Owned owned, Observed<T> live) {
    Item<T> item = item(route, null, owned, live, List.of(), Action.DELETE, Cause.REMOVED);
    if (noDeletes != null) {
      item.block(patience.block(owned.id(), Reason.UNKNOWN, noDeletes, ""));
    } else if (owned.doomed() != null && owned.at() != null && unsettled(route, owned)) {
      item.block(
          patience.block(
              owned.id(), Reason.IN_DOUBT, "was deleted a moment ago and can still be seen", ""));
    }
  }

  private <T> @Nullable List<FieldChange> diff(
      Route<T> route, Declared<T> declared, @Nullable Tree applied, Observed<T> live) {
    try {
      return route.differ().diff(applied, live, declared.resource());
    } catch (Exception e) {
      Owned owned = ledger.owned(declared.id());
      blocked(
          route, declared, owned, live, Reason.UNKNOWN, "could not be compared: " + message(e), "");
      return null;
    }
  }

  /**
   * What live looks like, for comparing it with itself later; keyed, so that it gives no secret
   * away.
   */
  static <T> String fingerprint(Ledger ledger, Route<T> route, Observed<T> live) {
    Tree value = route.kind().tree(live.value());
    return ledger.sealer().digest("live", live.id(), value, String.valueOf(live.version()));
  }

  private <T> boolean unsettled(Route<T> route, Owned owned) {
    Duration settle = route.target().settle();
    if (settle.isZero() || owned.at() == null) {
      return false;
    }
    Instant now = settings.timing().now();
    return now.isBefore(owned.at().plus(settle)) && now.isAfter(owned.at().minus(settle));
  }

  private <T> void blocked(
      Route<T> route,
      @Nullable Declared<T> declared,
      @Nullable Owned owned,
      @Nullable Observed<T> live,
      Reason reason,
      String message,
      String unblock) {
    Item<T> item =
        item(
            route,
            declared,
            owned,
            live,
            List.of(),
            Action.NONE,
            declared == null ? Cause.REMOVED : Cause.DECLARED);
    Block block = patience.block(item.id, reason, message, unblock);
    item.change(item.change().withBlock(block));
  }

  private <T> Item<T> item(
      Route<T> route,
      @Nullable Declared<T> declared,
      @Nullable Owned owned,
      @Nullable Observed<T> live,
      List<FieldChange> fields,
      Action action,
      Cause cause) {
    ResourceId id =
        declared != null
            ? declared.id()
            : owned != null ? owned.id() : live != null ? live.id() : null;
    if (id == null) {
      throw new IllegalArgumentException("nothing to plan");
    }
    Origin origin =
        declared != null
            ? declared.resource().origin()
            : Origin.file(owned == null ? "" : owned.file());
    String spec = declared == null ? "" : declared.digest();
    Item<T> item =
        add(
            new Item<>(
                route,
                id,
                declared,
                owned,
                live,
                fields,
                change(route, id, action, cause, fields, spec, origin)));
    Block wait = patience.block(id, spec, cause == Cause.DRIFT);
    if (wait != null
        && action != Action.REPLACE
        && action != Action.RECORD
        && action != Action.NONE) {
      item.block(wait);
    }
    return item;
  }

  private <T> Item<T> add(Item<T> item) {
    if (selection.matches(item.id, labels(item))) {
      draft.items.put(item.id, item);
    } else if (item.change().action() != Action.RECORD) {
      draft.unhealthy.putIfAbsent(
          item.id, Health.progressing("differs, and is not selected in this run"));
    }
    return item;
  }

  private static Map<String, String> labels(Item<?> item) {
    return item.declared != null
        ? item.declared.resource().labels()
        : item.owned != null ? item.owned.labels() : Map.of();
  }

  private <T> Change change(
      Route<T> route,
      ResourceId id,
      Action action,
      Cause cause,
      List<FieldChange> fields,
      String declaration,
      Origin origin) {
    List<FieldChange> masked =
        fields.stream().map(f -> ledger.sealer().mask(route.kind(), id, f)).toList();
    String digest =
        ledger
            .sealer()
            .digest(
                "change",
                settings.name(),
                readings.identity(route),
                id,
                action,
                fields,
                declaration);
    return new Change(id, action, cause, masked, digest, null, List.of(), origin);
  }

  private <T> @Nullable Tree applied(Route<T> route, Declared<T> declared, Observed<T> live)
      throws IOException {
    Tree stored = ledger.applied(declared.id()).orElse(null);
    Kind<T> kind = route.kind();
    return stored == null
        ? null
        : ledger
            .sealer()
            .unseal(
                kind,
                declared.id(),
                stored,
                kind.tree(live.value()),
                kind.tree(declared.resource().spec()));
  }

  private <T> boolean asIntended(Route<T> route, Tree intended, Observed<T> live) {
    Tree sealed = ledger.sealer().seal(route.kind(), live.id(), route.kind().tree(live.value()));
    return covers(sealed.value(), intended.value());
  }

  private static boolean covers(@Nullable Object live, @Nullable Object declared) {
    if (declared instanceof Map<?, ?> wanted) {
      return live instanceof Map<?, ?> there
          && wanted.entrySet().stream().allMatch(e -> covers(there.get(e.getKey()), e.getValue()));
    }
    return declared == null || declared.equals(live);
  }

  private String message(Throwable thrown) {
    return settings
        .secrets()
        .scrub(thrown.getMessage() == null ? thrown.toString() : thrown.getMessage());
  }
}
