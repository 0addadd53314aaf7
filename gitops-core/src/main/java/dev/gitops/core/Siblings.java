// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core;

import dev.gitops.core.Owned.State;
import dev.gitops.core.model.Block.Reason;
import dev.gitops.core.model.Change.Action;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.model.Tree;
import dev.gitops.core.spi.StateStore;
import dev.gitops.core.spi.StateStore.Stored;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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

  private record Sibling(String revision, Set<String> claims) {}

  private StateStore.Inbox members() throws IOException {
    return settings.store().inbox("@group-" + group);
  }

  private StateStore.Inbox presents(String member) throws IOException {
    return settings.store().inbox("@presents-" + member);
  }

  /** Takes over what siblings have handed to us. */
  void receive(Writer writer) throws IOException {
    StateStore.Inbox inbox = presents(settings.name());
    for (Stored message : inbox.read()) {
      Tree present = parse(message);
      ResourceId id = ResourceId.parse(present.at("/id").map(Tree::text).orElse(""));
      Owned before = ledger.owned(id);
      if (before == null || before.released() || before.state() == State.MATCHED) {
        Owned given = OwnedRecord.read(id, present.at("/owned").orElse(Tree.EMPTY));
        // Digests are made with each reconciler's own key, so what was last applied is not known
        // here.
        ledger
            .batch()
            .own(given.withDigest("").withDoomed(null))
            .control("released/" + id, null)
            .commit(writer);
      }
      inbox.remove(message.key());
    }
  }

  /**
   * Tells the siblings which revision we are at, and what we declare that exists and is not ours to
   * delete.
   */
  void publish(Desired desired, Readings readings) throws IOException {
    List<String> claims = new ArrayList<>();
    for (Declared<?> declared : desired.resources().values()) {
      Owned owned = ledger.owned(declared.id());
      if (owned == null || owned.released() || owned.state() == State.MATCHED) {
        if (readings.found(declared.route(), declared.id()) != null) {
          claims.add(claim(declared.id(), readings.identity(declared.route())));
        }
      }
    }
    Tree now =
        Tree.of(
            Map.of(
                "name",
                settings.name(),
                "revision",
                desired.snapshot().revision().id(),
                "claims",
                claims));
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
        others.put(
            name(member), new Sibling(member.at("/revision").map(Tree::text).orElse(""), claims));
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
                if (!other.revision().equals(revision)) {
                  String message =
                      "it may have moved to " + name + ", which is not at this revision yet";
                  String unblock = "let " + name + " run, or confirm " + item.change().digest();
                  item.block(patience.block(item.id, Reason.WAITING, message, unblock));
                }
              });
        }
      }
    }
  }

  private @Nullable String claimant(Item<?> item, Readings readings) {
    String claim = claim(item.id, readings.identity(item.route));
    for (Map.Entry<String, Sibling> other : others.entrySet()) {
      if (other.getValue().claims().contains(claim)) {
        return other.getKey();
      }
    }
    return null;
  }

  /**
   * Gives away what siblings claim: first they are told, then we forget it; told twice does no
   * harm.
   */
  Set<ResourceId> handOver(Writer writer) throws IOException {
    for (Map.Entry<ResourceId, String> entry : leaving.entrySet()) {
      Owned owned = java.util.Objects.requireNonNull(ledger.owned(entry.getKey()));
      Map<String, @Nullable Object> present = new LinkedHashMap<>();
      present.put("id", owned.id().toString());
      present.put("from", settings.name());
      present.put("owned", JSON.readValue(OwnedRecord.write(owned), Object.class));
      String key = ledger.sealer().digest(settings.name(), owned.id());
      presents(entry.getValue()).append(key, Tree.of(present).toString());
      ledger.batch().disown(owned.id()).commit(writer);
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
