// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core;

import dev.gitops.core.Owned.State;
import dev.gitops.core.model.Block.Reason;
import dev.gitops.core.model.Change.Action;
import dev.gitops.core.model.Observed;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.model.Tree;
import dev.gitops.core.spi.StateStore;
import dev.gitops.core.spi.StateStore.Stored;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * Hands resources over between the reconcilers of a group, which share a store and a source: when a
 * declaration moves from one to the other, the resource is not deleted. Each publishes, for the
 * revision that it is at, what it declares and does not own; none deletes anything at a revision
 * before all the others are at that revision, too. What a sibling claims is given to it with all
 * that is known of it. They talk through inboxes of the store, which any process can reach, so that
 * it also works across processes.
 */
final class Siblings {
  private static final String LEAVING = "leaving/";
  private static final int MOST_CLAIMS = 50_000; // they are one record of the store
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final Settings settings;
  private final Ledger ledger;
  private final String group;
  private final Map<String, Sibling> others = new TreeMap<>();
  private final Map<ResourceId, String> leaving = new TreeMap<>();
  private Tree published = Tree.EMPTY;

  Siblings(Settings settings, Ledger ledger, String group) {
    this.settings = settings;
    this.ledger = ledger;
    this.group = group;
  }

  /**
   * What another reconciler has told.
   *
   * @param complete whether its claims are all that it declares and does not own
   */
  private record Sibling(String revision, Set<String> claims, boolean complete) {}

  private StateStore.Inbox members() throws IOException {
    return settings.store().inbox("@group-" + group);
  }

  private StateStore.Inbox presents(String member) throws IOException {
    return settings.store().inbox("@presents-" + member);
  }

  /** Takes over what siblings have handed to us. */
  void receive(Writer writer) throws IOException {
    leaving.clear();
    StateStore.Inbox inbox = presents(settings.name());
    for (Stored message : inbox.read()) {
      Tree present = parse(message);
      ResourceId id = ResourceId.parse(present.at("/id").map(Tree::text).orElse(""));
      Owned before = ledger.owned(id);
      if (before == null || before.released() || before.state() == State.MATCHED) {
        Owned given = OwnedRecord.read(id, present.at("/owned").orElse(Tree.EMPTY));
        ledger.batch().own(given.elsewhere()).control("released/" + id, null).commit(writer);
      }
      inbox.remove(message.key());
    }
  }

  /**
   * Tells the siblings which revision we are at, and what we declare, rightly or not, that is not
   * certainly ours to delete. Whether it exists does not matter: it may be created before we look
   * again, also by a sibling.
   */
  void publish(Desired desired, Readings readings) throws IOException {
    List<String> claims = new ArrayList<>();
    for (ResourceId id : desired.resources().keySet()) {
      claim(id, readings, claims);
    }
    for (ResourceId id : desired.invalid().keySet()) {
      claim(id, readings, claims);
    }
    boolean complete = desired.snapshot().problems().isEmpty() && claims.size() <= MOST_CLAIMS;
    Tree now =
        Tree.of(
            Map.of(
                "name",
                settings.name(),
                "revision",
                desired.snapshot().revision().id(),
                "complete",
                complete,
                "claims",
                claims.size() <= MOST_CLAIMS ? claims : List.of()));
    if (!now.equals(published)) {
      StateStore.Inbox inbox = members();
      String key = settings.name() + "-" + ledger.sealer().digest(now);
      inbox.append(key, now.toString());
      for (Stored message : inbox.read()) {
        if (!message.key().equals(key) && name(parse(message)).equals(settings.name())) {
          inbox.remove(message.key());
        }
      }
      published = now;
    }
  }

  private void claim(ResourceId id, Readings readings, List<String> claims) {
    Route<?> route = settings.route(id.kind());
    if (route != null && !certainlyOurs(route, id, readings)) {
      claims.add(claim(id, readings.identity(route)));
    }
  }

  /** Whether what is there is what we know to be ours, and not what a sibling created since. */
  private boolean certainlyOurs(Route<?> route, ResourceId id, Readings readings) {
    Owned owned = ledger.owned(id);
    Observed<?> live = readings.found(route, id);
    return owned != null
        && live != null
        && owned.state() == State.CREATED // what we adopted, a sibling may have created
        && owned.doomed() == null
        && owned.handle() != null
        && owned.handle().equals(live.handle());
  }

  private static String claim(ResourceId id, String target) {
    return target + " " + id;
  }

  private static String name(Tree member) {
    return member.at("/name").map(Tree::text).orElse("");
  }

  /**
   * Holds deletions until all siblings are at this revision, and those of what one of them claims
   * for good.
   */
  void check(
      Desired desired,
      Readings readings,
      Draft draft,
      Patience patience,
      Predicate<String> confirmed)
      throws IOException {
    others.clear();
    leaving.clear();
    for (Stored message : members().read()) {
      Tree member = parse(message);
      if (!name(member).equals(settings.name())) {
        Set<String> claims = new TreeSet<>();
        member
            .at("/claims")
            .ifPresent(list -> list.items().forEach(claim -> claims.add(String.valueOf(claim))));
        String at = member.at("/revision").map(Tree::text).orElse("");
        boolean complete = member.at("/complete").equals(Optional.of(Tree.of(true)));
        others.put(name(member), new Sibling(at, claims, complete));
      }
    }
    String revision = desired.snapshot().revision().id();
    for (Item<?> item : draft.items.values()) {
      if (item.deletes() && item.ready() && item.change().action() == Action.DELETE) {
        String claimant = claimant(item, readings);
        if (claimant != null) {
          item.block(
              patience.block(item.id, Reason.WAITING, "it is handed over to " + claimant, ""));
          leaving.put(item.id, claimant);
        } else if (!confirmed.test(item.change().digest())) {
          others.forEach(
              (name, other) -> {
                if (!other.revision().equals(revision) || !other.complete()) {
                  String message =
                      "it may have moved to "
                          + name
                          + (other.revision().equals(revision)
                              ? ", which can't tell all that it declares"
                              : ", which is not at this revision yet");
                  String unblock = "let " + name + " run, or confirm " + item.change().digest();
                  item.block(patience.block(item.id, Reason.WAITING, message, unblock));
                }
              });
        }
      }
    }
  }

  private @Nullable String claimant(Item<?> item, Readings readings) {
    Tree before = ledger.control(LEAVING + item.id);
    if (before != null) {
      return before.text(); // told already, though this process may not have seen that
    }
    String claim = claim(item.id, readings.identity(item.route));
    String anywhere = claim(item.id, ""); // it could not read its target
    for (Map.Entry<String, Sibling> other : others.entrySet()) {
      Set<String> claims = other.getValue().claims();
      if (claims.contains(claim) || claims.contains(anywhere)) {
        return other.getKey();
      }
    }
    return null;
  }

  /**
   * Gives away what siblings claim: that we do is remembered, then they are told, then we forget
   * it; told twice does no harm. What a sibling was told of is never deleted by us, even if the
   * process ends in between, unless it is declared here again.
   */
  Set<ResourceId> handOver(Desired desired, Writer writer) throws IOException {
    Ledger.Batch before = ledger.batch();
    leaving.forEach((id, claimant) -> before.control(LEAVING + id, Tree.of(claimant)));
    for (String id : ledger.controls(LEAVING).keySet()) {
      if (desired.resources().containsKey(ResourceId.parse(id))) {
        before.control(LEAVING + id, null);
      }
    }
    before.commit(writer);
    for (Map.Entry<ResourceId, String> entry : leaving.entrySet()) {
      ResourceId id = entry.getKey();
      Owned owned = java.util.Objects.requireNonNull(ledger.owned(id));
      Map<String, @Nullable Object> present = new LinkedHashMap<>();
      present.put("id", id.toString());
      present.put("from", settings.name());
      present.put("owned", JSON.readValue(OwnedRecord.write(owned), Object.class));
      String key = ledger.sealer().digest(settings.name(), id);
      presents(entry.getValue()).append(key, Tree.of(present).toString());
      ledger.batch().disown(id).control(LEAVING + id, null).commit(writer);
    }
    return leaving.keySet();
  }

  private static Tree parse(Stored message) throws IOException {
    try {
      return Tree.of(JSON.readValue(message.value(), Object.class));
    } catch (JacksonException e) {
      throw new IOException("A sibling's message " + message.key() + " is damaged", e);
    }
  }
}
