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
import dev.gitops.core.model.Observed;
import dev.gitops.core.model.Origin;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.model.Selection;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a planner finds, put into words: items with their changes, masked and digested, and health.
 */
final class Findings {
  final Draft draft = new Draft();
  private final Settings settings;
  private final Ledger ledger;
  private final Patience patience;
  private final Readings readings;
  private final Selection selection;

  Findings(Planner.Circumstances now) {
    this.settings = now.settings();
    this.ledger = now.ledger();
    this.patience = now.patience();
    this.readings = now.readings();
    this.selection = now.selection();
  }

  /** Nothing is to be done; whether it is healthy, too. */
  <T> boolean settled(Route<T> route, ResourceId id, Observed<T> live) {
    draft.unchanged++;
    return judge(route, id, live);
  }

  <T> boolean judge(Route<T> route, ResourceId id, Observed<T> live) {
    Health health;
    try {
      health = route.health().judge(live);
    } catch (RuntimeException e) {
      health = new Health(Health.Status.UNKNOWN, "could not be judged: " + message(e));
    }
    health = patience.judged(id, health);
    boolean healthy = health.status() == Health.Status.HEALTHY;
    if (!healthy) {
      draft.unhealthy.put(id, health);
    }
    return healthy;
  }

  <T> boolean unsettled(Route<T> route, Owned owned) {
    Duration settle = route.target().settle();
    if (settle.isZero() || owned.at() == null) {
      return false;
    }
    Duration since = patience.sinceWritten(owned.id());
    if (since != null) {
      return since.compareTo(settle) < 0; // the wall clock may have been set since
    }
    Instant now = settings.timing().now();
    return now.isBefore(owned.at().plus(settle)) && now.isAfter(owned.at().minus(settle));
  }

  /** It is not what we wrote a moment ago: what was there before, or what somebody made since. */
  <T> void predecessor(
      Route<T> route, @Nullable Declared<T> declared, Owned owned, Observed<T> live) {
    String message = "was written a moment ago and still shows what was there before";
    blocked(route, declared, owned, live, Reason.IN_DOUBT, message, "it is read again shortly");
  }

  <T> void blocked(
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

  <T> Item<T> item(
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
    if (action != Action.RECORD && action != Action.NONE) {
      if (wait != null && action != Action.REPLACE) {
        item.block(wait);
      }
      Block conflict = patience.conflict(id, item.attempt());
      if (conflict != null) {
        item.block(conflict);
      }
    }
    return item;
  }

  <T> Item<T> hook(Declared<T> declared, @Nullable Observed<T> live) {
    Route<T> route = declared.route();
    ResourceId id = declared.id();
    List<FieldChange> fields = route.kind().declared(declared.resource().spec());
    Origin origin = declared.resource().origin();
    Change run = change(route, id, Action.RUN, Cause.HOOK, fields, declared.digest(), origin);
    Item<T> item = new Item<>(route, id, declared, null, live, fields, run);
    Block wait = patience.block(id, declared.digest(), false);
    if (wait != null) {
      item.block(wait);
    }
    return item;
  }

  <T> Item<T> add(Item<T> item) {
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

  <T> Change change(
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

  /** Why what exists is not ours to change. */
  String foreign(ResourceId id, Observed<?> live, boolean anotherThanOurs) {
    String owner = live.ownerMark() == null ? "" : ", marked as belonging to " + live.ownerMark();
    return (anotherThanOurs
            ? "was deleted and created again by somebody else"
            : Controls.released(ledger, id)
                .orElse("exists already and is not managed by " + settings.name()))
        + owner;
  }

  String message(Throwable thrown) {
    return settings.message(thrown);
  }

  /** We can't tell whether it is ours, so nothing is done to it. */
  <T> void ambiguous(
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
}
