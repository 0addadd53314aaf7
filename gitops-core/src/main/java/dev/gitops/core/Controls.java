// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core;

import dev.gitops.core.model.Command;
import dev.gitops.core.model.ReconcileEvent;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.model.Selection;
import dev.gitops.core.model.Tree;
import dev.gitops.core.spi.Review;
import dev.gitops.core.spi.StateStore;
import dev.gitops.core.spi.StateStore.Stored;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What people have told the reconciler, and what holds until they say otherwise: suspension, pin,
 * approvals, confirmations, releases. Commands are taken from the inbox once: the effect and the
 * fact that it was carried out are one commit.
 */
final class Controls {
  /** The control that says which revision is desired instead of the head. */
  static final String PIN = "pin";

  private static final Duration REMEMBER_DELETIONS = Duration.ofDays(30);
  private static final int MAX_DELETIONS = 10_000;
  private static final int MAX_NAMED = 3;

  private final Settings settings;
  private final Ledger ledger;
  private final StateStore.Inbox inbox;
  private final Patience patience;
  private final List<Selection> adopting = new ArrayList<>();

  Controls(Settings settings, Ledger ledger, StateStore.Inbox inbox, Patience patience) {
    this.settings = settings;
    this.ledger = ledger;
    this.inbox = inbox;
    this.patience = patience;
  }

  /**
   * Carries out what has arrived. Adoptions take effect in the plan that follows; the rest at once.
   */
  List<ReconcileEvent.CommandHandled> carryOut(Writer writer, Sourcing sourcing)
      throws IOException, InterruptedException {
    adopting.clear();
    List<ReconcileEvent.CommandHandled> handled = new ArrayList<>();
    Set<String> present = new TreeSet<>();
    for (Stored message : inbox.read()) {
      present.add(message.key());
      if (ledger.control("done/" + message.key()) == null) {
        Command command;
        try {
          command = CommandRecord.read(message.value());
        } catch (IOException e) {
          handled.add(refused(message, e));
          inbox.remove(message.key());
          continue;
        }
        Ledger.Batch batch = ledger.batch();
        String result = carryOut(command, sourcing, batch);
        batch.control("done/" + message.key(), Tree.of(result));
        batch.commit(writer);
        handled.add(
            new ReconcileEvent.CommandHandled(
                settings.name(), settings.timing().now(), command, result));
      }
      inbox.remove(message.key());
    }
    Ledger.Batch batch = ledger.batch();
    ledger.controls("done/").keySet().stream()
        .filter(id -> !present.contains(id))
        .forEach(id -> batch.control("done/" + id, null));
    batch.commit(writer);
    return handled;
  }

  private ReconcileEvent.CommandHandled refused(Stored message, IOException why) {
    Instant now = settings.timing().now();
    Command unknown =
        new Command(
            message.key(), Command.Verb.RETRY, Selection.all(), Set.of(), Map.of(), "", now, "");
    return new ReconcileEvent.CommandHandled(
        settings.name(), now, unknown, "refused: " + why.getMessage());
  }

  private String carryOut(Command command, Sourcing sourcing, Ledger.Batch batch)
      throws InterruptedException {
    Tree said =
        Tree.of(
            Map.of("by", command.by(), "at", command.at().toString(), "reason", command.reason()));
    String expires = command.arguments().getOrDefault("expires", "");
    return switch (command.verb()) {
      case ADOPT -> {
        Selection selection = canonical(command.selection());
        adopting.add(selection);
        ledger.controls("released/").keySet().stream()
            .filter(id -> mayMean(selection, ResourceId.parse(id)))
            .forEach(id -> batch.control("released/" + id, null));
        yield "adopting what exists of " + describe(command.selection());
      }
      case RELEASE -> release(canonical(command.selection()), said, batch);
      case RETRY -> {
        Selection selection = canonical(command.selection());
        patience.retry(id -> mayMean(selection, id));
        ledger
            .controls("hook/")
            .forEach(
                (id, record) -> {
                  if (record.at("/state").map(Tree::text).orElse("").equals("FAILED")
                      && mayMean(selection, ResourceId.parse(id))) {
                    Map<String, @Nullable Object> again = new LinkedHashMap<>(record.fields());
                    again.put("state", "RETRY");
                    batch.control("hook/" + id, Tree.of(again));
                  }
                });
        forgive(selection, batch);
        yield "trying again " + describe(command.selection());
      }
      case APPROVE -> {
        if (command.digests().isEmpty()) {
          yield "refused: an approval needs the digests of changes";
        }
        command
            .digests()
            .forEach(digest -> batch.control("approve/" + digest, with(said, "expires", expires)));
        yield "approved " + Words.count(command.digests().size(), "change");
      }
      case CONFIRM -> {
        if (command.digests().isEmpty()) {
          yield "refused: a confirmation needs the digests of changes, or a revision or target";
        }
        command.digests().forEach(digest -> batch.control("confirm/" + digest, said));
        yield "confirmed, for whatever these concern: " + named(command.digests());
      }
      case PIN -> pin(command, with(said, "expires", expires), sourcing, batch);
      case UNPIN -> {
        batch.control(PIN, null);
        yield "unpinned";
      }
      case SUSPEND -> {
        batch.control("suspend", said);
        yield "suspended";
      }
      case RESUME -> {
        batch.control("suspend", null);
        yield "resumed";
      }
    };
  }

  /** Whether it is selected, as far as can be said without its labels. */
  private static boolean mayMean(Selection selection, ResourceId id) {
    return selection.matches(id, selection.labels());
  }

  /** What went back because it failed is tried again. */
  private void forgive(Selection selection, Ledger.Batch batch) {
    for (Tree record : ledger.controls(Fallback.PREFIX).values()) {
      Fallback fallback = Fallback.read(record);
      boolean selected =
          fallback.members().keySet().stream().anyMatch(id -> mayMean(selection, id));
      if (selected) {
        batch.control(fallback.key(), null);
      }
    }
  }

  private static String named(Set<String> digests) {
    return digests.size() > MAX_NAMED
        ? Words.count(digests.size(), "digest")
        : String.join(", ", new TreeSet<>(digests));
  }

  private String release(Selection selection, Tree said, Ledger.Batch batch) {
    int count = 0;
    for (Owned owned : List.copyOf(ledger.inventory())) {
      if (!owned.released() && selection.matches(owned.id(), owned.labels())) {
        batch.release(owned);
        batch.control("released/" + owned.id(), said);
        count++;
      }
    }
    return "released " + Words.count(count, "resource");
  }

  /** What is not a revision now is refused; a branch is pinned to where it stands. */
  private static String pin(Command command, Tree said, Sourcing sourcing, Ledger.Batch batch)
      throws InterruptedException {
    String asked = command.arguments().getOrDefault("revision", "");
    if (asked.isEmpty()) {
      return "refused: a pin needs a revision";
    }
    try {
      String revision = sourcing.resolve(asked);
      batch.control(PIN, with(with(said, "asked", asked), "revision", revision));
      return "pinned to " + revision + (revision.equals(asked) ? "" : " (" + asked + ")");
    } catch (Sourcing.UnreadableException e) {
      return "refused: " + e.getMessage();
    }
  }

  private static Tree with(Tree record, String name, String value) {
    Map<String, @Nullable Object> fields = new LinkedHashMap<>(record.fields());
    fields.put(name, value);
    return Tree.of(fields);
  }

  private Selection canonical(Selection selection) {
    Set<ResourceId> ids = new TreeSet<>();
    selection.ids().forEach(id -> ids.add(settings.canonical(id)));
    return new Selection(ids, selection.kinds(), selection.scopes(), selection.labels());
  }

  private static String describe(Selection selection) {
    return selection.isAll()
        ? "everything"
        : selection.ids().isEmpty() ? selection.toString() : selection.ids().toString();
  }

  /** Whether a resource with these labels is to be adopted in this cycle. */
  boolean adopts(ResourceId id, Map<String, String> labels) {
    return !adopting.isEmpty()
        && adopting.stream().anyMatch(selection -> selection.matches(id, labels));
  }

  /** Why nothing is to be written; empty when not suspended. */
  Optional<String> suspended() {
    return Optional.ofNullable(ledger.control("suspend")).map(tree -> "suspended by " + says(tree));
  }

  /** The revision that is desired instead of the head; empty when there is no pin in force. */
  Optional<String> pinned() {
    Tree pin = ledger.control(PIN);
    return pin == null || expired(pin) ? Optional.empty() : pin.at("/revision").map(Tree::text);
  }

  /** The pin in words; empty when there is none in force. */
  Optional<String> pinNote() {
    Tree pin = ledger.control(PIN);
    return pinned()
        .map(
            revision -> {
              String asked =
                  pin == null ? revision : pin.at("/asked").map(Tree::text).orElse(revision);
              String also = asked.equals(revision) ? "" : " (" + asked + ")";
              return "Pinned to " + revision + also + " by " + says(pin);
            });
  }

  /**
   * The pin, to be remembered with the revision that it meant when it could be read at last; empty
   * when there is none, or that is what it says.
   */
  Optional<Tree> unresolvedPin(String revision) {
    Tree pin = ledger.control(PIN);
    String pinned = pinned().orElse(revision);
    return pin == null || pinned.equals(revision)
        ? Optional.empty()
        : Optional.of(with(with(pin, "asked", pinned), "revision", revision));
  }

  private static String says(@Nullable Tree record) {
    if (record == null) {
      return "";
    }
    String until =
        record
            .at("/expires")
            .map(Tree::text)
            .filter(text -> !text.isEmpty())
            .map(text -> ", until " + text)
            .orElse("");
    return record.at("/by").map(Tree::text).orElse("")
        + " at "
        + record.at("/at").map(Tree::text).orElse("")
        + until
        + ": "
        + record.at("/reason").map(Tree::text).orElse("");
  }

  private boolean expired(Tree record) {
    return record
        .at("/expires")
        .map(Tree::text)
        .filter(text -> !text.isEmpty())
        .map(text -> !Instant.parse(text).isAfter(settings.timing().now()))
        .orElse(false);
  }

  /** Who released it, when and why; empty when nobody did. */
  static Optional<String> released(Ledger ledger, ResourceId id) {
    return Optional.ofNullable(ledger.control("released/" + id))
        .map(tree -> "was released by " + says(tree));
  }

  /** What gates need to know. */
  Review.Facts facts() {
    Set<String> approved = new TreeSet<>();
    ledger
        .controls("approve/")
        .forEach(
            (digest, record) -> {
              if (!expired(record)) {
                approved.add(digest);
              }
            });
    return new Review.Facts(
        settings.timing().now(),
        ledger.inventory().size(),
        deletions(),
        approved,
        new TreeSet<>(ledger.controls("confirm/").keySet()));
  }

  private List<Instant> deletions() {
    Tree record = ledger.control("deletions");
    return record == null
        ? List.of()
        : record.items().stream().map(text -> Instant.parse((String) text)).toList();
  }

  /** So many more deletions and replacements are about to be tried. */
  void countDeletions(int more, Ledger.Batch batch) {
    if (more == 0) {
      return;
    }
    Instant now = settings.timing().now();
    List<Instant> all = new ArrayList<>(deletions());
    all.addAll(Collections.nCopies(more, now));
    all.removeIf(at -> at.isBefore(now.minus(REMEMBER_DELETIONS)));
    List<Instant> kept = all.subList(Math.max(0, all.size() - MAX_DELETIONS), all.size());
    batch.control("deletions", Tree.of(kept.stream().map(Instant::toString).toList()));
  }

  /** An approval or confirmation has served its purpose. */
  void consume(String digest, Ledger.Batch batch) {
    for (String table : List.of("approve/", "confirm/")) {
      if (ledger.control(table + digest) != null) {
        batch.control(table + digest, null);
      }
    }
  }
}
