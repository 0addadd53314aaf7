// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.manifest;

import dev.gitops.core.manifest.Node.BrokenException;
import dev.gitops.core.manifest.Node.Flaw;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.common.Anchor;
import org.snakeyaml.engine.v2.events.AliasEvent;
import org.snakeyaml.engine.v2.events.CollectionStartEvent;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.events.NodeEvent;
import org.snakeyaml.engine.v2.events.ScalarEvent;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.ReaderException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.parser.ParserImpl;
import org.snakeyaml.engine.v2.scanner.StreamReader;

/**
 * Parses one stretch of YAML, between two document markers, from the parser's events: the library's
 * own composer has neither a bound on nesting nor one on cyclic aliases.
 *
 * <p>Aliases are expanded by sharing, and what they expand to is counted against the limits, so
 * that ten lines which stand for a billion values cost ten lines. A flaw that leaves the structure
 * readable (a duplicate key, an unknown tag) does not end the document, so that all of them are
 * reported at once.
 */
final class YamlText {
  private static final LoadSettings SETTINGS = settings(1 << 10);

  /** The engine moves what it has buffered for every piece that it adds to a long token. */
  private static final LoadSettings SETTINGS_FOR_LONG = settings(1 << 17);

  private final ParserImpl parser;
  private final int firstLine;
  private final Limits limits;
  private final Node.Sink sink;

  private final Map<Anchor, Anchored> anchors = new HashMap<>();
  private List<Flaw> flaws = new ArrayList<>();
  private @Nullable String topLevelKey;
  private boolean flawedOutsideSpec;
  private int aliases;
  private long nodes;
  private long characters;

  private record Anchored(@Nullable Node node, long nodes, long characters) {}

  private YamlText(String text, int firstLine, Limits limits, Node.Sink sink) {
    LoadSettings settings = text.length() < 1 << 15 ? SETTINGS : SETTINGS_FOR_LONG;
    this.parser = new ParserImpl(settings, new StreamReader(settings, text));
    this.firstLine = firstLine;
    this.limits = limits;
    this.sink = sink;
  }

  private static LoadSettings settings(int bufferSize) {
    return LoadSettings.builder()
        .setCodePointLimit(Integer.MAX_VALUE)
        .setBufferSize(bufferSize)
        .build();
  }

  /**
   * Hands the documents of this text to the sink, up to the first that is broken.
   *
   * @param firstLine the line of the file on which the text starts, counted from 1
   */
  static void parse(String text, int firstLine, Limits limits, Node.Sink sink) {
    try {
      new YamlText(text, firstLine, limits, sink).documents();
    } catch (BrokenException e) {
      sink.broken(e.line, e.column, String.valueOf(e.getMessage()));
    } catch (MarkedYamlEngineException e) {
      Optional<Mark> mark = e.getProblemMark().or(e::getContextMark);
      String context = e.getContext() == null ? "" : e.getContext() + ", ";
      sink.broken(
          mark.map(m -> m.getLine() + firstLine).orElse(firstLine),
          mark.map(m -> m.getColumn() + 1).orElse(1),
          "Not valid YAML: " + context + e.getProblem());
    } catch (ReaderException e) {
      sink.broken(
          firstLine + ManifestText.line(text, e.getPosition()),
          0,
          "The character U+%04X is not allowed in YAML; in double quotes write it as \\u%04X"
              .formatted(e.getCodePoint(), e.getCodePoint()));
    } catch (YamlEngineException | IndexOutOfBoundsException | IllegalArgumentException e) {
      sink.broken(firstLine, 0, "Not valid YAML");
    }
  }

  private void documents() {
    parser.next();
    while (parser.next().getEventId() == Event.ID.DocumentStart) {
      anchors.clear();
      flaws = new ArrayList<>();
      flawedOutsideSpec = false;
      aliases = 0;
      nodes = 0;
      characters = 0;
      Node root = value(parser.next(), null, 0);
      parser.next();
      boolean named = !flawedOutsideSpec && (aliases == 0 || flaws.isEmpty());
      sink.document(new Node.Parsed(root, flaws, named));
    }
  }

  /** Reads the value that starts with this event; it stands where {@code key} does, if given. */
  private Node value(Event event, @Nullable Event key, int depth) {
    Event place = key == null ? event : key;
    if (event instanceof AliasEvent alias) {
      return alias(alias, depth).at(line(place), column(place));
    }
    if (depth > limits.depth()) {
      throw broken(event, "Nested deeper than " + limits.depth() + " levels");
    }
    long nodesBefore = nodes;
    long charactersBefore = characters;
    Optional<Anchor> anchor = ((NodeEvent) event).getAnchor();
    anchor.ifPresent(name -> anchors.put(name, new Anchored(null, 0, 0)));
    count(event, 1, 0);
    Node node;
    if (event instanceof ScalarEvent scalar) {
      count(event, 0, scalar.getValue().length());
      node = new Node(scalar(scalar), line(place), column(place), 0);
    } else if (event.getEventId() == Event.ID.SequenceStart) {
      tag((CollectionStartEvent) event, "seq");
      node = sequence(place, depth);
    } else {
      tag((CollectionStartEvent) event, "map");
      node = mapping(place, depth);
    }
    anchor.ifPresent(
        name ->
            anchors.put(
                name, new Anchored(node, nodes - nodesBefore, characters - charactersBefore)));
    return node;
  }

  private Node alias(AliasEvent event, int depth) {
    Anchored anchored = anchors.get(event.getAlias());
    if (anchored == null) {
      throw broken(event, "The alias *" + event.getAlias() + " has no anchor before it");
    }
    if (anchored.node == null) {
      throw broken(event, "The alias *" + event.getAlias() + " stands inside of its own anchor");
    }
    if (++aliases > limits.aliases()) {
      throw broken(event, "More than " + limits.aliases() + " aliases in one document");
    }
    if (depth + anchored.node.height() > limits.depth()) {
      throw broken(
          event, "Nested deeper than " + limits.depth() + " levels after expanding aliases");
    }
    count(event, anchored.nodes, anchored.characters);
    return anchored.node;
  }

  private Node sequence(Event place, int depth) {
    List<Node> items = new ArrayList<>();
    int height = 0;
    for (Event event = parser.next();
        event.getEventId() != Event.ID.SequenceEnd;
        event = parser.next()) {
      Node item = value(event, null, depth + 1);
      height = Math.max(height, item.height() + 1);
      items.add(item);
    }
    return new Node(items, line(place), column(place), height);
  }

  private Node mapping(Event place, int depth) {
    Map<String, Node> members = new LinkedHashMap<>();
    Map<String, Node> merged = new LinkedHashMap<>();
    int height = 0;
    for (Event event = parser.next();
        event.getEventId() != Event.ID.MappingEnd;
        event = parser.next()) {
      String key = key(event, depth);
      if (depth == 0) {
        topLevelKey = key;
      }
      Node member = value(parser.next(), event, depth + 1);
      if (depth == 0) {
        topLevelKey = null;
      }
      height = Math.max(height, member.height() + 1);
      if (key == null) {
        continue;
      }
      if (key.equals("<<") && event instanceof ScalarEvent scalar && scalar.isPlain()) {
        merge(event, member, merged);
      } else if (members.containsKey(key)) {
        flaw(event, "The key '" + ManifestText.cut(key) + "' is already there");
        members.put(key, member.flawed());
      } else {
        members.put(key, member);
      }
    }
    merged.forEach(members::putIfAbsent);
    return new Node(members, line(place), column(place), height);
  }

  /** YAML's merge key: what is written here wins, then the first of a list. */
  private void merge(Event event, Node source, Map<String, Node> merged) {
    List<Node> sources = source.value() instanceof List<?> ? source.items() : List.of(source);
    for (Node one : sources) {
      if (one.value() instanceof Map<?, ?>) {
        one.members().forEach(merged::putIfAbsent);
      } else if (one.value() != Node.FLAWED) {
        flaw(event, "'<<' merges an object or a list of objects, such as *anchor");
      }
    }
  }

  /** A key as text; null, with a flaw, if it is none. */
  private @Nullable String key(Event event, int depth) {
    if (event instanceof AliasEvent || !(event instanceof ScalarEvent scalar)) {
      flaw(event, "The keys of an object are texts");
      value(event, null, depth + 1);
      return null;
    }
    // Anchors on keys are legal, and counted, but nothing sensible refers to them.
    Object resolved = value(event, null, depth + 1).value();
    String text = scalar.getValue();
    if (resolved == Node.FLAWED) {
      return null;
    } else if (Scalars.isKey(text, resolved)) {
      return text;
    }
    flaw(
        event,
        "Unquoted, the key '%s' is read as %s; put it in quotes"
            .formatted(ManifestText.cut(text), resolved));
    return null;
  }

  private @Nullable Object scalar(ScalarEvent event) {
    String text = event.getValue();
    String tag = event.getTag().orElse("");
    if (!ManifestText.wellFormed(text)) {
      return flaw(event, "Half of a surrogate pair, which is no character");
    }
    try {
      if (tag.isEmpty()) {
        return event.isPlain() ? Scalars.resolve(text) : text;
      }
      return Scalars.tagged(tag, text);
    } catch (IllegalArgumentException e) {
      return flaw(event, String.valueOf(e.getMessage()));
    }
  }

  private void tag(CollectionStartEvent event, String expected) {
    String tag = event.getTag().orElse("!");
    if (!tag.equals("!") && !tag.equals(Scalars.TAGS + expected)) {
      flaw(event, Scalars.badTag(tag));
    }
  }

  private void count(Event event, long moreNodes, long moreCharacters) {
    nodes += moreNodes;
    characters += moreCharacters;
    if (nodes > limits.nodes()) {
      throw broken(event, "More than " + limits.nodes() + " values in one document");
    }
    if (characters > limits.fileBytes()) {
      throw broken(event, "More than " + limits.fileBytes() + " characters in one document");
    }
  }

  private Object flaw(Event event, String message) {
    flawedOutsideSpec |= !"spec".equals(topLevelKey);
    flaws.add(new Flaw(line(event), column(event), message));
    if (flaws.size() >= 100) {
      throw broken(event, "Too many errors in one document");
    }
    return Node.FLAWED;
  }

  private BrokenException broken(Event event, String message) {
    return new BrokenException(line(event), column(event), message);
  }

  private int line(Event event) {
    return event.getStartMark().map(Mark::getLine).orElse(0) + firstLine;
  }

  private static int column(Event event) {
    return event.getStartMark().map(Mark::getColumn).orElse(0) + 1;
  }
}
