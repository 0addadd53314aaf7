// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.manifest;

import dev.gitops.core.model.Origin;
import dev.gitops.core.model.Pointer;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.model.Tree;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A file of manifests in which single resources are changed, while every other character stays:
 * comments, order, indentation, quotes, line ends. Each change is read again before it is handed
 * out: what it was to change has changed, and nothing else. Immutable and thread-safe.
 *
 * <pre>{@code
 * byte[] after = ManifestFile.read("topics.yaml", before, ManifestReader.create())
 *     .set(ResourceId.parse("Topic/orders"), "/spec/partitions", 24)
 *     .content();
 * }</pre>
 */
public final class ManifestFile {
  private static final String MARK = "\ufeff";

  private final String path;
  private final ManifestReader reader;
  private final String byteOrderMark;
  private final String text;
  private final boolean json;
  private final List<Part> parts;

  /**
   * A part of the text that can be taken out and put in.
   *
   * @param documents what is in it: usually one, or none
   * @param broken why it could not be read to its end; null if it could
   */
  record Part(Stretch stretch, List<ParsedDocument> documents, @Nullable Problem broken) {}

  record Problem(int line, int column, String message) {}

  /** Where a resource is declared. */
  private record Place(Part part, int document, String pointer) {}

  private ManifestFile(String path, ManifestReader reader, String byteOrderMark, String text) {
    this.path = path;
    this.reader = reader;
    this.byteOrderMark = byteOrderMark;
    this.text = text;
    this.json = path.toLowerCase(Locale.ROOT).endsWith(".json");
    this.parts = new ArrayList<>();
    if (json) {
      parts.add(part(new Stretch(0, text.length(), 1)));
    } else {
      Stretch.split(
          text,
          stretch -> {
            parts.add(part(stretch));
            return parts.size() <= reader.limits().documents();
          });
    }
  }

  /**
   * Reads a file.
   *
   * @param path what messages call it; decides by its ending between YAML and JSON
   * @param reader how manifests are read; the same as the source's
   * @throws ManifestEditException when it is too large or not UTF-8; what else is wrong in it is
   *     said when a resource in question is to be changed
   */
  public static ManifestFile read(String path, byte[] content, ManifestReader reader)
      throws ManifestEditException {
    if (content.length > reader.limits().fileBytes()) {
      throw new ManifestEditException(
          Origin.file(path), "Larger than the limit of " + reader.limits().fileBytes() + " bytes");
    }
    try {
      String text = ManifestText.decode(content);
      String all = new String(content, StandardCharsets.UTF_8);
      return new ManifestFile(path, reader, all.startsWith(MARK) ? MARK : "", text);
    } catch (Node.BrokenException e) {
      throw new ManifestEditException(
          new Origin(path, e.line, 0), Objects.requireNonNullElse(e.getMessage(), ""));
    }
  }

  private Part part(Stretch stretch) {
    List<ParsedDocument> documents = new ArrayList<>();
    List<Problem> broken = new ArrayList<>();
    Node.Sink sink =
        new Node.Sink() {
          @Override
          public void document(Node.Parsed parsed) {
            ParsedDocument document = new ParsedDocument(path, parsed, (id, file) -> true);
            if (parsed.root().value() != null) {
              reader.shape().read(document);
            }
            documents.add(document);
          }

          @Override
          public void broken(int line, int column, String message) {
            broken.add(new Problem(line, column, message));
          }
        };
    if (json) {
      JsonText.parse(text, reader.limits(), sink);
    } else {
      YamlText.parse(stretch.of(text), stretch.line(), reader.limits(), sink);
    }
    return new Part(stretch, documents, broken.isEmpty() ? null : broken.get(0));
  }

  /** The file as it is to be written. */
  public byte[] content() {
    return (byteOrderMark + text).getBytes(StandardCharsets.UTF_8);
  }

  /** The ids of all resources in it, in their order, as far as they can be read. */
  public List<ResourceId> ids() {
    return parts.stream()
        .flatMap(part -> part.documents.stream())
        .flatMap(document -> document.starts().stream())
        .map(Map.Entry::getKey)
        .toList();
  }

  /** Whether everything in it can be read and understood. */
  public boolean isSound() {
    return parts.stream()
        .allMatch(
            part ->
                part.broken == null && part.documents.stream().allMatch(ParsedDocument::isSound));
  }

  /**
   * The file with another value in one field. A field that is not there is added behind its last
   * sibling, with the objects that lead to it; in a list, the index behind the last, or {@code -},
   * adds an item.
   *
   * @param pointer a JSON Pointer into the manifest: {@code /spec/partitions}
   * @param value what {@link Tree#of} takes
   * @throws ManifestEditException when the resource is not in this file, or the field stands behind
   *     an alias, a merge key, or an anchor that others refer to
   */
  public ManifestFile set(ResourceId id, String pointer, @Nullable Object value)
      throws ManifestEditException {
    Place place = find(id);
    List<String> path = Pointer.tokens(pointer);
    ParsedDocument document = place.part.documents.get(place.document);
    Object wanted = Tree.of(value).value();
    try {
      Tree tree = document.tree();
      List<String> whole = new ArrayList<>(Pointer.tokens(place.pointer));
      whole.addAll(path);
      Tree expected = Tree.of(FieldTree.with(tree.value(), whole, wanted));
      if (expected.equals(tree)) {
        return this;
      }
      Spot root = spots(place.part).get(place.document);
      Spot start = root;
      for (String token : Pointer.tokens(place.pointer)) {
        int index = start.indexOf(token);
        start = start.values().get(index < 0 ? Integer.parseInt(token) : index);
      }
      List<Tree> all = new ArrayList<>(trees());
      all.set(documents().indexOf(document), expected);
      return checked(FieldEdit.set(text, root, start, json, path, wanted), all, id);
    } catch (FieldEdit.AmbiguousException e) {
      throw new ManifestEditException(at(e.position), String.valueOf(e.getMessage()));
    } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
      throw new ManifestEditException(
          document.locate(place.pointer + pointer), Objects.requireNonNullElse(e.getMessage(), ""));
    }
  }

  /**
   * The file with a resource as another file declares it: its document takes the place of the one
   * here, with the comments inside of it, or goes behind all others.
   *
   * @throws ManifestEditException when it is not declared there, or on either side not in a
   *     document of its own, or one of the files is YAML and the other JSON
   */
  public ManifestFile with(ManifestFile other, ResourceId id) throws ManifestEditException {
    Place there = other.alone(id);
    if (json != other.json) {
      throw new ManifestEditException(
          Origin.file(path), "%s is YAML and the other JSON".formatted(json ? other.path : path));
    }
    DocumentText source = other.document(there);
    List<Tree> expected = new ArrayList<>(trees());
    Tree tree = there.part.documents.get(there.document).tree();
    if (ids().contains(id)) {
      Place here = alone(id);
      expected.set(documents().indexOf(here.part.documents.get(here.document)), tree);
      return checked(document(here).replacedBy(source), expected, id);
    }
    expected.add(tree);
    return checked(source.appendedTo(text), expected, id);
  }

  /**
   * The file without a resource's document.
   *
   * @throws ManifestEditException when it is not declared here, or not in a document of its own
   */
  public ManifestFile without(ResourceId id) throws ManifestEditException {
    Place place = alone(id);
    List<Tree> expected = new ArrayList<>(trees());
    expected.remove(documents().indexOf(place.part.documents.get(place.document)));
    return checked(document(place).removed(), expected, id);
  }

  /** Whether nothing is declared in it, not even wrongly. */
  public boolean isEmpty() {
    return isSound() && trees().stream().allMatch(tree -> tree.value() == null);
  }

  private DocumentText document(Place place) {
    Stretch stretch = place.part.stretch;
    if (!json) {
      return DocumentText.yaml(text, stretch, stretch.end() == text.length());
    }
    Spot spot = spots(place.part).get(place.document);
    return DocumentText.json(text, spot.start(), spot.end());
  }

  /** Where a resource is declared in a document that can be taken out. */
  private Place alone(ResourceId id) throws ManifestEditException {
    Place place = find(id);
    boolean shared =
        !place.pointer.isEmpty() || place.part.documents.get(place.document).starts().size() > 1;
    if (shared || (!json && place.part.stretch.of(text).startsWith("%"))) {
      throw new ManifestEditException(
          place.part.documents.get(place.document).locate(place.pointer),
          id + " shares its document with others, or with directives. Edit it by hand");
    }
    return place;
  }

  private List<Spot> spots(Part part) {
    return json ? Spots.json(text) : Spots.yaml(part.stretch.of(text), part.stretch.start());
  }

  private Origin at(int position) {
    String before = text.substring(0, position);
    int line = ManifestText.line(before, before.length());
    int start = Math.max(before.lastIndexOf('\n'), before.lastIndexOf('\r')) + 1;
    return new Origin(path, line + 1, before.codePointCount(start, position) + 1);
  }

  /** The file with this text, if it says what it should. */
  private ManifestFile checked(String after, List<Tree> expected, ResourceId id)
      throws ManifestEditException {
    ManifestFile file = new ManifestFile(path, reader, byteOrderMark, after);
    List<Tree> wanted = expected.stream().filter(tree -> tree.value() != null).toList();
    List<Tree> now = file.trees().stream().filter(tree -> tree.value() != null).toList();
    if (!now.equals(wanted) || file.brokenParts() != brokenParts()) {
      throw new ManifestEditException(
          find(id).part.documents.get(find(id).document).locate(""),
          id + " can't be changed without changing others with it. Edit it by hand");
    }
    return file;
  }

  private List<Tree> trees() {
    return documents().stream().map(ParsedDocument::tree).toList();
  }

  private List<ParsedDocument> documents() {
    return parts.stream().flatMap(part -> part.documents.stream()).toList();
  }

  private long brokenParts() {
    return parts.stream().filter(part -> part.broken != null).count();
  }

  private Place find(ResourceId id) throws ManifestEditException {
    List<Place> places = new ArrayList<>();
    for (Part part : parts) {
      for (int i = 0; i < part.documents.size(); i++) {
        for (Map.Entry<ResourceId, String> start : part.documents.get(i).starts()) {
          if (start.getKey().equals(id)) {
            places.add(new Place(part, i, start.getValue()));
          }
        }
      }
    }
    if (places.size() != 1) {
      throw new ManifestEditException(
          Origin.file(path),
          places.isEmpty()
              ? id + " is not declared in this file, or what is wrong in it hides that"
              : id + " is declared more than once in this file");
    }
    Place place = places.get(0);
    if (place.part.broken != null) {
      Problem broken = place.part.broken;
      throw new ManifestEditException(
          new Origin(path, broken.line, broken.column), broken.message + ". Mend it first");
    }
    return place;
  }
}
