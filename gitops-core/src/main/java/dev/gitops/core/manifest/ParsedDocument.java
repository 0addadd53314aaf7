// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.manifest;

import dev.gitops.core.model.Document;
import dev.gitops.core.model.Metadata;
import dev.gitops.core.model.Origin;
import dev.gitops.core.model.Pointer;
import dev.gitops.core.model.Problem;
import dev.gitops.core.model.Resource;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.model.Tree;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiPredicate;
import org.jspecify.annotations.Nullable;

/**
 * One document of a file, parsed but not yet understood, and the collector of what a {@link
 * DocumentShape} makes of it. For one thread.
 */
public final class ParsedDocument {
  private final Node root;
  private final Tree tree;
  private final Positions positions;
  private final String file;
  private final boolean named;
  private final BiPredicate<ResourceId, String> mayDeclare;

  private final List<Declared> declared = new ArrayList<>();
  private final List<Wrong> wrong = new ArrayList<>();
  private final List<Problem> unsure = new ArrayList<>();
  private final List<Node.Flaw> flaws;

  private record Declared(ResourceId id, Metadata metadata, String pointer) {}

  private record Wrong(ResourceId id, Origin origin, String message) {}

  ParsedDocument(String file, Node.Parsed parsed, BiPredicate<ResourceId, String> mayDeclare) {
    this.file = file;
    this.root = parsed.root();
    this.tree = Tree.of(root.plain());
    this.positions = Positions.of(file, tree, root);
    this.named = parsed.named();
    this.flaws = parsed.flaws();
    this.mayDeclare = mayDeclare;
  }

  /** The document; parts that can't be understood, which are reported already, are left out. */
  public Tree tree() {
    return tree;
  }

  /** Where the value at a JSON Pointer stands: its key, for a member of an object. */
  public Origin locate(String pointer) {
    return positions.apply(pointer);
  }

  /**
   * Says that the document declares a resource; may be said more than once.
   *
   * @param pointer to the part that is its spec; if there is no such part, the spec is empty
   */
  public void declare(ResourceId id, Metadata metadata, String pointer) {
    declared.add(new Declared(id, metadata, pointer));
  }

  /** Says what is wrong with a resource whose id can be read: only that one becomes invalid. */
  public void wrong(ResourceId id, String pointer, String message) {
    wrong.add(new Wrong(id, locate(pointer), message));
  }

  /**
   * Says what is wrong where that makes it uncertain which resource is declared: nothing of this
   * document is applied, and while it stands nothing is deleted that was declared in this file or
   * whose name occurs in it.
   */
  public void unsure(String pointer, String message) {
    Node node = find(pointer);
    if (node == null || node.value() != Node.FLAWED) {
      unsure.add(Problem.hides(locate(pointer), message, mayDeclare));
    }
  }

  /** The documents, unless something is wrong with them, and everything that is. */
  Declarations result() {
    List<Problem> problems = new ArrayList<>();
    ResourceId only = declared.size() == 1 ? declared.get(0).id() : null;
    for (Node.Flaw flaw : flaws) {
      Origin origin = new Origin(file, flaw.line(), flaw.column());
      problems.add(
          named && only != null
              ? Problem.invalid(only, origin, flaw.message())
              : Problem.hides(origin, flaw.message(), mayDeclare));
    }
    problems.addAll(unsure);
    Set<ResourceId> invalid = new HashSet<>();
    for (Wrong one : wrong) {
      invalid.add(one.id());
      problems.add(Problem.invalid(one.id(), one.origin(), one.message()));
    }
    if (!flaws.isEmpty() || !unsure.isEmpty()) {
      return new Declarations(List.of(), problems);
    }
    List<Document> documents = new ArrayList<>();
    for (Declared one : declared) {
      if (!invalid.contains(one.id())) {
        documents.add(document(one));
      }
    }
    return new Declarations(documents, problems);
  }

  private Document document(Declared one) {
    Tree spec = tree.at(one.pointer()).filter(t -> t.value() != null).orElse(Tree.EMPTY);
    Node node = find(one.pointer());
    Origin start = locate(one.pointer());
    // An empty spec stands where its parent does.
    Node place = node == null ? new Node(null, start.line(), start.column(), 0) : node;
    Resource<Tree> resource = new Resource<>(one.id(), spec, one.metadata(), origin(one.pointer()));
    return new Document(resource, Positions.of(file, spec, place));
  }

  private Origin origin(String pointer) {
    return locate(start(pointer));
  }

  /** The ids that were declared, and the pointer to where each starts. */
  List<Map.Entry<ResourceId, String>> starts() {
    return declared.stream().map(one -> Map.entry(one.id(), start(one.pointer()))).toList();
  }

  /** Whether nothing is wrong with it. */
  boolean isSound() {
    return flaws.isEmpty() && unsure.isEmpty() && wrong.isEmpty();
  }

  /** Where a declaration starts: the document, or the item of a list of declarations. */
  private String start(String pointer) {
    String start = "";
    String path = "";
    for (String token : Pointer.tokens(pointer)) {
      Node parent = find(path);
      path = Pointer.child(path, token);
      start = parent != null && parent.value() instanceof List<?> ? path : start;
    }
    return start;
  }

  private @Nullable Node find(String pointer) {
    Node node = root;
    for (String token : Pointer.tokens(pointer)) {
      Node parent = node;
      node = parent.members().get(token);
      for (int i = 0; node == null && i < parent.items().size(); i++) {
        node = token.equals(Integer.toString(i)) ? parent.items().get(i) : null;
      }
      if (node == null) {
        return null;
      }
    }
    return node;
  }
}
