// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core;

import dev.gitops.core.model.Change;
import dev.gitops.core.model.Change.Cause;
import dev.gitops.core.model.Document;
import dev.gitops.core.model.Origin;
import dev.gitops.core.model.Problem;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.model.Snapshot;
import dev.gitops.core.model.Tree;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Puts earlier declarations, which were good, in the place of those that failed. What failed is
 * remembered by its digest, so that it stays away whatever else is committed, until one of the
 * component's resources is declared otherwise or a person says to try again.
 */
final class Rollback {
  private final Settings settings;
  private final Ledger ledger;
  private final Sourcing sourcing;
  private final Declarations declarations;
  private final Map<String, Snapshot> fetched = new HashMap<>();
  private List<Fallback> inForce = List.of();
  private List<String> outdated = List.of();
  private @Nullable Snapshot head;
  private @Nullable Snapshot combined;

  Rollback(Settings settings, Ledger ledger, Sourcing sourcing) {
    this.settings = settings;
    this.ledger = ledger;
    this.sourcing = sourcing;
    this.declarations = new Declarations(settings, ledger.sealer());
  }

  /** What is desired instead of the head: the head itself where nothing of it has failed. */
  @SuppressWarnings("ReferenceEquality") // cheap; an equal head is merely combined once more
  Snapshot instead(Snapshot newHead) throws InterruptedException {
    List<Fallback> before = inForce;
    List<Fallback> all =
        ledger.controls(Fallback.PREFIX).values().stream().map(Fallback::read).toList();
    inForce = List.of();
    outdated = List.of();
    if (all.isEmpty()) {
      fetched.clear();
      head = newHead;
      combined = null;
      return newHead;
    }
    Map<ResourceId, String> digests = digests(newHead, members(all));
    inForce = all.stream().filter(fallback -> still(fallback, digests, newHead)).toList();
    outdated =
        all.stream().filter(fallback -> !inForce.contains(fallback)).map(Fallback::key).toList();
    Snapshot known = combined;
    if (known == null || head != newHead || !inForce.equals(before)) {
      known = combine(newHead);
      boolean whole = known.problems().size() == newHead.problems().size();
      combined = whole ? known : null; // else the good ones may be readable next time
    }
    head = newHead;
    return known;
  }

  private static Set<ResourceId> members(Collection<Fallback> fallbacks) {
    Set<ResourceId> members = new HashSet<>();
    fallbacks.forEach(fallback -> members.addAll(fallback.members().keySet()));
    return members;
  }

  private Map<ResourceId, String> digests(Snapshot snapshot, Set<ResourceId> ids) {
    Map<ResourceId, String> digests = new HashMap<>();
    for (Document document : snapshot.documents()) {
      ResourceId id = settings.canonical(document.resource().id());
      if (ids.contains(id)) {
        digests.put(id, declarations.digest(document));
      }
    }
    return digests;
  }

  /** Whether everything that failed is declared as it was; what can't be read is taken for that. */
  private boolean still(Fallback fallback, Map<ResourceId, String> digests, Snapshot newHead) {
    for (Map.Entry<ResourceId, String> member : fallback.members().entrySet()) {
      ResourceId id = member.getKey();
      String now = digests.getOrDefault(id, "");
      Owned owned = ledger.owned(id);
      String file = owned == null ? "" : owned.file();
      boolean hidden =
          now.isEmpty()
              && newHead.problems().stream().anyMatch(problem -> problem.hides().test(id, file));
      if (!hidden && !now.equals(member.getValue())) {
        return false;
      }
    }
    return true;
  }

  private Snapshot combine(Snapshot newHead) throws InterruptedException {
    Set<ResourceId> replaced = members(inForce);
    List<Document> documents = new ArrayList<>();
    for (Document document : newHead.documents()) {
      if (!replaced.contains(settings.canonical(document.resource().id()))) {
        documents.add(document);
      }
    }
    List<Problem> problems = new ArrayList<>(newHead.problems());
    for (Fallback fallback : inForce) {
      try {
        for (Document document : fetch(fallback.to()).documents()) {
          if (fallback.members().containsKey(settings.canonical(document.resource().id()))) {
            documents.add(document);
          }
        }
      } catch (Sourcing.UnreadableException e) {
        String message =
            fallback + "; revision " + fallback.to() + " can't be read now: " + e.getMessage();
        fallback
            .members()
            .keySet()
            .forEach(id -> problems.add(Problem.invalid(id, Origin.NONE, message)));
      }
    }
    return new Snapshot(newHead.revision(), documents, problems, newHead.extent());
  }

  private Snapshot fetch(String revision)
      throws InterruptedException, Sourcing.UnreadableException {
    Snapshot known = fetched.get(revision);
    if (known == null) {
      known = sourcing.revision(revision);
      fetched.put(revision, known);
    }
    return known;
  }

  /** What a reader of the plan must know: what went back, why, and what ends it. */
  List<Problem> problems() {
    return inForce.stream()
        .map(
            fallback ->
                Problem.hides(
                    Origin.NONE,
                    fallback
                        + " (since "
                        + fallback.since()
                        + "; declare one of them anew, or retry)",
                    (id, file) -> false))
        .toList();
  }

  /** What has been declared anew, by control key. */
  List<String> outdated() {
    return outdated;
  }

  /** Says of each change that comes from going back that it does. */
  void explain(Draft draft) {
    Set<ResourceId> ids = members(inForce);
    for (Item<?> item : ids.isEmpty() ? List.<Item<?>>of() : draft.items.values()) {
      Change change = item.change();
      boolean ours = change.cause() == Cause.DECLARED || change.cause() == Cause.NEW;
      if (ids.contains(item.id) && (ours || change.cause() == Cause.REMOVED)) {
        item.change(change.withCause(Cause.ROLLED_BACK));
      }
    }
  }

  /**
   * A component's way back.
   *
   * @param component everything at the head that hangs together
   * @param good of each resource that was good, its declaration's digest then
   * @param to the revision to go back to
   * @return null when the revision does not have all of what was good
   */
  @Nullable Fallback to(
      String to, Desired now, Set<ResourceId> component, Map<ResourceId, String> good, String why)
      throws InterruptedException, Sourcing.UnreadableException {
    Snapshot latest = head;
    Desired then = declarations.bind(fetch(to));
    Set<ResourceId> all = latest == null ? Set.of() : withRemoved(component, then, now);
    for (ResourceId id : all) {
      Declared<?> declared = then.resources().get(id);
      String wanted = good.getOrDefault(id, "");
      boolean same = declared == null ? wanted.isEmpty() : wanted.equals(declared.digest());
      if (!same || then.mayHide(id, "") != null) {
        return null;
      }
    }
    if (latest == null || all.stream().noneMatch(then.resources()::containsKey)) {
      return null;
    }
    Map<ResourceId, String> digests = digests(latest, all);
    Map<ResourceId, String> members = new TreeMap<>();
    all.forEach(id -> members.put(id, digests.getOrDefault(id, "")));
    String since = settings.timing().now().toString();
    return new Fallback(latest.revision().id(), to, since, why, members);
  }

  /** With what hung together with it then and is not declared at all now. */
  private static Set<ResourceId> withRemoved(Set<ResourceId> component, Desired then, Desired now) {
    Map<ResourceId, Set<ResourceId>> neighbours = Components.neighbours(then);
    Set<ResourceId> all = new TreeSet<>(component);
    Deque<ResourceId> open = new ArrayDeque<>(component);
    while (!open.isEmpty()) {
      for (ResourceId id : neighbours.getOrDefault(open.remove(), Set.of())) {
        boolean declared = now.resources().containsKey(id) || now.invalid().containsKey(id);
        if (!declared && all.add(id)) {
          open.add(id);
        }
      }
    }
    return all;
  }

  /** Remembers it, in place of whatever it overlaps with. */
  void remember(Fallback fallback, Ledger.Batch batch) {
    for (Tree record : ledger.controls(Fallback.PREFIX).values()) {
      Fallback other = Fallback.read(record);
      boolean overlaps =
          other.members().keySet().stream().anyMatch(fallback.members()::containsKey);
      if (overlaps && !other.key().equals(fallback.key())) {
        batch.control(other.key(), null);
      }
    }
    batch.control(fallback.key(), fallback.write());
  }
}
