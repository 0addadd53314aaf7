// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core;

import dev.gitops.core.model.BindingException;
import dev.gitops.core.model.Document;
import dev.gitops.core.model.Metadata;
import dev.gitops.core.model.Phase;
import dev.gitops.core.model.Problem;
import dev.gitops.core.model.Resource;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.model.Sealer;
import dev.gitops.core.model.Snapshot;
import dev.gitops.core.model.Tree;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Binds snapshots to the embedder's types and checks them; does again only what has changed since
 * the last one.
 */
final class Declarations {
  private final Settings settings;
  private final Sealer sealer;
  private @Nullable Desired last;

  /** What came of the last snapshot's documents, in their order. */
  private List<Bound> bound = List.of();

  Declarations(Settings settings, Sealer sealer) {
    this.settings = settings;
    this.sealer = sealer;
  }

  /** What came of a document: a declaration, or what is wrong with it. */
  sealed interface Bound permits Declared, Unbound {}

  /** A document that could not be bound; without problems where its kind is disregarded. */
  record Unbound(List<Problem> problems, @Nullable ResourceId id) implements Bound {}

  /** The snapshot, bound; the same instance as long as the snapshot is the same. */
  Desired bind(Snapshot snapshot) {
    if (last != null && last.snapshot().equals(snapshot)) {
      return last;
    }
    Map<Document, Bound> known = known();
    List<Bound> now = new ArrayList<>(snapshot.documents().size());
    Map<ResourceId, Declared<?>> resources = new LinkedHashMap<>();
    Map<ResourceId, Problem> invalid = new HashMap<>();
    List<Problem> problems = new ArrayList<>(snapshot.problems());
    for (Document document : snapshot.documents()) {
      Bound result = known.get(document);
      result = result == null ? bind(document) : result;
      now.add(result);
      if (result instanceof Declared<?> declared) {
        Declared<?> other = resources.putIfAbsent(declared.id(), declared);
        if (other != null) {
          reportTwice(declared, other, invalid, problems);
        }
      } else if (result instanceof Unbound unbound) {
        problems.addAll(unbound.problems());
        if (!unbound.problems().isEmpty() && unbound.id() != null) {
          invalid.put(unbound.id(), unbound.problems().get(0));
        }
      }
    }
    for (Problem problem : snapshot.problems()) {
      if (problem.id() != null) {
        invalid.put(settings.canonical(problem.id()), problem);
      }
    }
    checkDependencies(resources, invalid, problems);
    invalid.keySet().forEach(resources::remove);
    bound = now;
    Desired desired = new Desired(snapshot, resources, invalid, List.copyOf(problems));
    last = desired;
    return desired;
  }

  private Map<Document, Bound> known() {
    Map<Document, Bound> known = new HashMap<>();
    if (last != null) {
      List<Document> documents = last.snapshot().documents();
      for (int i = 0; i < documents.size(); i++) {
        known.put(documents.get(i), bound.get(i));
      }
    }
    return known;
  }

  private Bound bind(Document document) {
    Resource<Tree> raw = document.resource();
    Route<?> route = settings.route(raw.id().kind());
    if (route != null) {
      return bind(document, route);
    }
    if (settings.ignoredKinds().contains(raw.id().kind())) {
      return new Unbound(List.of(), null);
    }
    String message =
        "Unknown kind '"
            + raw.id().kind()
            + "' of "
            + raw.id()
            + ": known are "
            + String.join(", ", new TreeMap<>(settings.routes()).keySet())
            + "; correct it, add a route, or ignore the kind explicitly";
    Predicate<ResourceId> sameName =
        other ->
            other.name().equalsIgnoreCase(raw.id().name())
                && other.scope().equalsIgnoreCase(raw.id().scope());
    Problem problem = Problem.hides(raw.origin(), message, (id, file) -> sameName.test(id));
    return new Unbound(List.of(problem), null);
  }

  private <T> Bound bind(Document document, Route<T> route) {
    Resource<Tree> raw = document.resource();
    if (route.kind().isScoped() && raw.id().scope().isEmpty()) {
      return invalid(document, raw.id(), route.kind() + " needs metadata.scope");
    }
    ResourceId id;
    try {
      id = route.canonical(raw.id());
    } catch (RuntimeException e) {
      return invalid(document, raw.id(), ownCode(route, "canonical", e));
    }
    try {
      T spec = route.kind().bind(raw.spec());
      Metadata canonical = canonical(raw.metadata());
      Resource<T> resource = new Resource<>(id, spec, canonical, raw.origin());
      List<ResourceId> implied;
      try {
        implied = implied(route, resource);
      } catch (RuntimeException e) {
        return invalid(document, id, ownCode(route, "impliedDependencies", e));
      }
      return new Declared<>(document, route, resource, implied, digest(document));
    } catch (BindingException e) {
      List<Problem> problems =
          e.violations().stream()
              .map(v -> Problem.invalid(id, document.locate(v.pointer()), id + ": " + v.message()))
              .toList();
      return new Unbound(problems, id);
    } catch (RuntimeException e) {
      return invalid(document, id, e.toString());
    }
  }

  private <T> List<ResourceId> implied(Route<T> route, Resource<T> resource) {
    return route.target().impliedDependencies(resource).stream()
        .map(settings::canonical)
        .distinct()
        .toList();
  }

  private static Unbound invalid(Document document, ResourceId id, String what) {
    Problem problem = Problem.invalid(id, document.resource().origin(), id + ": " + what);
    return new Unbound(List.of(problem), id);
  }

  /** The author of a manifest must see that it is not the manifest. */
  private static String ownCode(Route<?> route, String method, RuntimeException e) {
    return route.target().getClass().getName() + "." + method + " threw " + e;
  }

  private Metadata canonical(Metadata meta) {
    List<ResourceId> explicit =
        meta.dependsOn().stream().map(settings::canonical).distinct().toList();
    return explicit.equals(meta.dependsOn())
        ? meta
        : new Metadata(
            meta.labels(),
            explicit,
            meta.wave(),
            meta.phase(),
            meta.onRemoval(),
            meta.onChange(),
            meta.timeout());
  }

  /** Names everything that a document declares. */
  String digest(Document document) {
    Resource<Tree> raw = document.resource();
    ResourceId id = settings.canonical(raw.id());
    return sealer.digest("declaration", id, raw.spec(), canonical(raw.metadata()).toString());
  }

  private static void reportTwice(
      Declared<?> one,
      Declared<?> other,
      Map<ResourceId, Problem> invalid,
      List<Problem> problems) {
    for (Declared<?>[] pair : new Declared<?>[][] {{one, other}, {other, one}}) {
      ResourceId id = pair[0].id();
      Problem problem =
          Problem.invalid(
              id,
              pair[0].resource().origin(),
              id
                  + " is declared more than once, also at "
                  + pair[1].resource().origin()
                  + ": remove one of them");
      invalid.put(id, problem);
      problems.add(problem);
    }
  }

  private void checkDependencies(
      Map<ResourceId, Declared<?>> resources,
      Map<ResourceId, Problem> invalid,
      List<Problem> problems) {
    List<Problem> unreadable = List.copyOf(problems);
    for (Declared<?> declared : resources.values()) {
      for (ResourceId dependency : declared.resource().dependsOn()) {
        Declared<?> other = resources.get(dependency);
        boolean known = other != null || invalid.containsKey(dependency);
        if (!known
            && unreadable.stream().noneMatch(problem -> problem.hides().test(dependency, ""))) {
          report(
              declared,
              "depends on " + dependency + ", which is declared nowhere",
              invalid,
              problems);
        } else if (other != null
            && other.resource().metadata().wave() > declared.resource().metadata().wave()) {
          report(
              declared,
              "depends on " + dependency + ", which is in a later wave",
              invalid,
              problems);
        } else if (other != null && other.resource().metadata().phase() != Phase.SYNC) {
          report(
              declared,
              "depends on " + dependency + ", which is a hook: use a phase",
              invalid,
              problems);
        }
      }
      for (ResourceId needed : declared.implied()) {
        Declared<?> other = resources.get(needed);
        if (other != null
            && other.resource().metadata().phase() == Phase.SYNC
            && other.resource().metadata().wave() > declared.resource().metadata().wave()) {
          report(declared, "needs " + needed + ", which is in a later wave", invalid, problems);
        }
      }
    }
    for (List<ResourceId> cycle : new Cycles(resources).find()) {
      String path = String.join(" -> ", cycle.stream().map(ResourceId::toString).toList());
      for (ResourceId id : new TreeSet<>(cycle)) {
        Declared<?> declared = resources.get(id);
        if (declared != null) {
          report(declared, "depends on itself: " + path, invalid, problems);
        }
      }
    }
  }

  private static void report(
      Declared<?> declared, String what, Map<ResourceId, Problem> invalid, List<Problem> problems) {
    Problem problem =
        Problem.invalid(declared.id(), declared.resource().origin(), declared.id() + " " + what);
    invalid.put(declared.id(), problem);
    problems.add(problem);
  }
}
