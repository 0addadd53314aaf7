// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.simulation;

import dev.gitops.core.model.Document;
import dev.gitops.core.model.Metadata;
import dev.gitops.core.model.Origin;
import dev.gitops.core.model.Problem;
import dev.gitops.core.model.Resource;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.model.Revision;
import dev.gitops.core.model.Snapshot;
import dev.gitops.core.model.Tree;
import dev.gitops.core.spi.HeldRevisionException;
import dev.gitops.core.spi.StateSource;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** A repository that people commit to, and that breaks, goes away, is rewritten and moved. */
final class SimSource {
  boolean down;

  /** The next fetch shows the revision before. */
  boolean regress;

  /** Rules hold the head back. */
  boolean held;

  /** Files that can't be read at present. */
  final Set<String> broken = new TreeSet<>();

  private final List<Commit> commits = new ArrayList<>();
  private int identity;

  SimSource() {
    commits.add(new Commit("r0", new TreeMap<>()));
  }

  private record Commit(String id, Map<ResourceId, Document> documents) {}

  StateSource of(Process process, Oracle oracle) {
    return new View(process, oracle);
  }

  /** What is declared at the head, for changing it by {@link #commit}. */
  Map<ResourceId, Document> head() {
    return new TreeMap<>(commits.get(commits.size() - 1).documents);
  }

  /** What is declared at a revision. */
  Map<ResourceId, Document> at(String revision) {
    return commits.stream()
        .filter(commit -> commit.id.equals(revision))
        .findFirst()
        .map(Commit::documents)
        .orElse(Map.of());
  }

  /** In whose path something is declared at a revision, whether or not it can be read. */
  Set<Integer> declares(String revision, ResourceId canonical, UnaryOperator<ResourceId> spelling) {
    Set<Integer> members = new TreeSet<>();
    at(revision)
        .forEach(
            (id, document) -> {
              if (spelling.apply(id).equals(canonical)) {
                members.add(member(document));
              }
            });
    return members;
  }

  void commit(Map<ResourceId, Document> documents) {
    commits.add(new Commit("r" + commits.size(), documents));
  }

  String revision(int back) {
    return commits.get(Math.max(0, commits.size() - 1 - back)).id;
  }

  /** Which repository a process is configured for. */
  int repository() {
    return identity;
  }

  /** The URL or path changes. */
  void reconfigure() {
    identity++;
  }

  static Document document(ResourceId id, Tree spec, Metadata metadata, int member) {
    return Document.of(new Resource<>(id, spec, metadata, Origin.file(file(id, member))));
  }

  /** Where a resource is declared, in the path of one of the reconcilers. */
  static String file(ResourceId id, int member) {
    return member + "/" + id.name().toLowerCase(Locale.ROOT) + ".yaml";
  }

  /** In whose path it is declared. */
  static int member(Document document) {
    return document.resource().origin().file().charAt(0) - '0';
  }

  private Snapshot snapshot(@Nullable String revision, int member) throws IOException {
    int index = commits.size() - 1;
    if (revision != null) {
      while (index >= 0 && !commits.get(index).id.equals(revision)) {
        index--;
      }
      if (index < 0) {
        throw new IOException("No revision " + revision);
      }
    } else if (regress) {
      regress = false;
      index = Math.max(0, index - 1);
    }
    Commit commit = commits.get(index);
    List<Document> documents = new ArrayList<>();
    commit.documents.forEach(
        (id, document) -> {
          if (member(document) == member && !broken.contains(document.resource().origin().file())) {
            documents.add(document);
          }
        });
    List<Problem> problems = new ArrayList<>();
    for (String file : broken) {
      if (!file.isEmpty() && file.charAt(0) - '0' != member) {
        continue;
      }
      problems.add(
          file.isEmpty()
              ? Problem.hidesAnything(Origin.NONE, "A directory can't be read")
              : Problem.hides(
                  Origin.file(file),
                  "Not YAML",
                  (id, known) -> known.isEmpty() || known.equals(file)));
    }
    return new Snapshot(Revision.of(commit.id), documents, problems);
  }

  private final class View implements StateSource {
    private final Process process;
    private final Oracle oracle;

    View(Process process, Oracle oracle) {
      this.process = process;
      this.oracle = oracle;
    }

    @Override
    public Snapshot fetch(@Nullable String revision) throws Exception {
      return fetch(revision, null);
    }

    @Override
    public Snapshot fetch(@Nullable String revision, @Nullable String accepted) throws Exception {
      process.hook();
      process.fetched = null;
      if (down) {
        throw new IOException("The repository can't be reached");
      }
      String head = revision(0);
      if (held && revision == null && !head.equals(accepted)) {
        process.held = true;
        throw new HeldRevisionException(Revision.of(head), "Nobody signed it", "confirm it");
      }
      if (revision == null || accepted == null) {
        process.held = false; // else it goes on from what it had accepted
      }
      Snapshot snapshot = snapshot(revision, process.member);
      process.fetched = snapshot;
      process.verified = snapshot;
      process.sourceIdentity = identity();
      oracle.fetched(process, snapshot);
      return snapshot;
    }

    @Override
    public String identity() {
      return "repository " + process.repository + " path=" + process.member;
    }
  }
}
