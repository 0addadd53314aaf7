// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core;

import dev.gitops.core.model.Document;
import dev.gitops.core.model.Origin;
import dev.gitops.core.model.Problem;
import dev.gitops.core.model.Resource;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.model.Snapshot;
import dev.gitops.core.model.Tree;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The snapshots of all parts as one. Knows the one before it, of which it takes over what is
 * unchanged, and what it needs to know of overlays that can't be read completely any more.
 */
final class MergedSnapshot {
  private final Map<String, Snapshot> of;
  private final Snapshot whole;
  private final Map<String, Map<Document, Document>> placed = new HashMap<>();
  private final Map<ResourceId, List<Origin>> overridden = new HashMap<>();

  /** Where an overlay declared what, when it was last read without a problem, and since then. */
  private final Map<String, Map<ResourceId, String>> files = new HashMap<>();

  private final List<Document> documents = new ArrayList<>();
  private final List<Problem> problems = new ArrayList<>();

  /**
   * Merges.
   *
   * @param parts in their order
   * @param overlays which of them replace what those before them declare
   */
  MergedSnapshot(
      Map<String, Snapshot> parts, Set<String> overlays, @Nullable MergedSnapshot before) {
    this.of = new LinkedHashMap<>(parts);
    parts.forEach(
        (name, snapshot) -> {
          Map<Document, Document> known =
              before == null ? Map.of() : before.placed.getOrDefault(name, Map.of());
          if (overlays.contains(name)) {
            override(name, snapshot, before == null ? null : before.files.get(name));
          }
          snapshot.documents().forEach(document -> documents.add(place(name, document, known)));
          snapshot.problems().forEach(problem -> problems.add(place(name, problem)));
        });
    String extent =
        parts.values().stream().allMatch(snapshot -> snapshot.extent().isEmpty())
            ? ""
            : parts.entrySet().stream()
                .map(part -> part.getKey() + "=" + part.getValue().extent())
                .collect(Collectors.joining("+"));
    this.whole = new Snapshot(MergedRevision.of(parts), documents, problems, extent);
  }

  boolean isOf(Map<String, Snapshot> parts) {
    return of.equals(parts);
  }

  Snapshot snapshot() {
    return whole;
  }

  /** What is not used, because an overlay declares it, too; the last overridden first. */
  List<Origin> overridden(ResourceId id) {
    return overridden.getOrDefault(id, List.of());
  }

  /** Takes out of what the parts before declare whatever the overlay declares, or may declare. */
  private void override(
      String name, Snapshot overlay, @Nullable Map<ResourceId, String> filesBefore) {
    Map<ResourceId, String> declared = new HashMap<>();
    for (Document document : overlay.documents()) {
      Resource<Tree> resource = document.resource();
      declared.put(resource.id(), resource.origin().file());
    }
    boolean whole = overlay.problems().isEmpty();
    Map<ResourceId, String> known = new HashMap<>();
    if (!whole && filesBefore != null) {
      known.putAll(filesBefore);
    }
    known.putAll(declared);
    if (whole || filesBefore != null) {
      files.put(name, known);
    }
    List<Document> below = List.copyOf(documents);
    documents.clear();
    for (Document document : below) {
      ResourceId id = document.resource().id();
      if (declared.containsKey(id)) {
        List<Origin> origins = new ArrayList<>(List.of(document.resource().origin()));
        origins.addAll(overridden(id));
        overridden.put(id, List.copyOf(origins));
        continue;
      }
      Problem hiding =
          overlay.problems().stream()
              .filter(problem -> mayOverride(problem, id, filesBefore == null ? null : known))
              .findFirst()
              .orElse(null);
      if (hiding == null) {
        documents.add(document);
      } else if (!id.equals(hiding.id())) {
        problems.add(
            Problem.invalid(
                id,
                document.resource().origin(),
                "%s may be overridden in %s behind a problem, so it stays as it is: %s"
                    .formatted(id, name, place(name, hiding))));
      }
    }
  }

  /**
   * Whether a resource may stand behind a problem of an overlay.
   *
   * @param known the files of what it is known to have declared; null if it was never read whole,
   *     and then anything may stand there: a text that is cut off does not name it
   */
  private static boolean mayOverride(
      Problem problem, ResourceId id, @Nullable Map<ResourceId, String> known) {
    if (problem.hides().test(id, "") || id.equals(problem.id())) {
      return true;
    }
    if (known == null) {
      return problem.id() == null;
    }
    String file = known.get(id);
    return file != null && problem.hides().test(id, file);
  }

  private Document place(String name, Document document, Map<Document, Document> before) {
    Document known = before.get(document);
    if (known == null) {
      Resource<Tree> plain = document.resource();
      Origin origin = place(name, plain.origin());
      known =
          new Document(
              new Resource<>(plain.id(), plain.spec(), plain.metadata(), origin),
              pointer -> place(name, document.locate(pointer)));
    }
    placed.computeIfAbsent(name, key -> new HashMap<>()).put(document, known);
    return known;
  }

  private static Problem place(String name, Problem problem) {
    String prefix = name + ":";
    return new Problem(
        place(name, problem.origin()),
        problem.message(),
        problem.id(),
        (id, file) ->
            problem
                .hides()
                .test(id, file.startsWith(prefix) ? file.substring(prefix.length()) : file));
  }

  private static Origin place(String name, Origin origin) {
    String file = origin.file().isEmpty() ? name : name + ":" + origin.file();
    return new Origin(file, origin.line(), origin.column());
  }
}
