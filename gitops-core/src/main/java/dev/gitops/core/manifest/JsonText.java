// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.manifest;

import dev.gitops.core.manifest.Node.BrokenException;
import dev.gitops.core.manifest.Node.Flaw;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.TokenStreamFactory;
import tools.jackson.core.TokenStreamLocation;
import tools.jackson.core.exc.StreamConstraintsException;
import tools.jackson.core.json.JsonFactory;

/** Parses a file of JSON documents, one after the other, with only white space between them. */
final class JsonText {
  private final JsonParser parser;
  private final Limits limits;
  private List<Flaw> flaws = new ArrayList<>();
  private @Nullable String topLevelKey;
  private boolean flawedOutsideSpec;
  private int nodes;

  private JsonText(JsonParser parser, Limits limits) {
    this.parser = parser;
    this.limits = limits;
  }

  /** Hands the documents of this text to the sink, up to the first that is broken. */
  static void parse(String text, Limits limits, Node.Sink sink) {
    JsonFactory factory =
        JsonFactory.builder()
            // Names of untrusted files must not pile up in a table shared by the whole process.
            .disable(TokenStreamFactory.Feature.CANONICALIZE_PROPERTY_NAMES)
            .disable(TokenStreamFactory.Feature.INTERN_PROPERTY_NAMES)
            .streamReadConstraints(
                StreamReadConstraints.builder()
                    .maxNestingDepth(limits.depth() + 1)
                    .maxStringLength(limits.fileBytes())
                    .maxNameLength(limits.fileBytes())
                    .maxNumberLength(2_000)
                    .build())
            .build();
    JsonParser parser = factory.createParser(ObjectReadContext.empty(), text);
    try (parser) {
      new JsonText(parser, limits).documents(sink);
    } catch (BrokenException e) {
      sink.broken(e.line, e.column, String.valueOf(e.getMessage()));
    } catch (StreamConstraintsException e) {
      TokenStreamLocation at = parser.currentLocation();
      sink.broken(
          at.getLineNr(),
          at.getColumnNr(),
          "Nested deeper than " + limits.depth() + " levels, or a number of more than 400 digits");
    } catch (JacksonException e) {
      TokenStreamLocation at = e.getLocation() == null ? parser.currentLocation() : e.getLocation();
      sink.broken(
          at.getLineNr(), at.getColumnNr(), "Not valid JSON: " + blank(e.getOriginalMessage()));
    }
  }

  /** A parser's message without the pieces of the file that it quotes: they may be secret. */
  private static String blank(String message) {
    return message.replaceAll("'[^']{2,}'|\"[^\"]{2,}\"", "'…'").replaceAll("\\s+", " ");
  }

  private void documents(Node.Sink sink) {
    while (parser.nextToken() != null) {
      flaws = new ArrayList<>();
      flawedOutsideSpec = false;
      nodes = 0;
      Node root = value(line(), column(), 0);
      sink.document(new Node.Parsed(root, flaws, !flawedOutsideSpec));
    }
  }

  private Node value(int line, int column, int depth) {
    if (++nodes > limits.nodes()) {
      throw broken("More than " + limits.nodes() + " values in one document");
    }
    JsonToken token = parser.currentToken();
    if (depth > limits.depth()) {
      throw broken("Nested deeper than " + limits.depth() + " levels");
    }
    return switch (token) {
      case START_OBJECT -> object(line, column, depth);
      case START_ARRAY -> array(line, column, depth);
      case VALUE_STRING -> new Node(text(parser.getString()), line, column, 0);
      case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> new Node(number(), line, column, 0);
      case VALUE_TRUE -> new Node(true, line, column, 0);
      case VALUE_FALSE -> new Node(false, line, column, 0);
      case VALUE_NULL -> new Node(null, line, column, 0);
      default -> throw broken("Not valid JSON: a value was expected");
    };
  }

  private Node object(int line, int column, int depth) {
    Map<String, Node> members = new LinkedHashMap<>();
    int height = 0;
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String key = parser.currentName();
      int keyLine = line();
      int keyColumn = column();
      if (depth == 0) {
        topLevelKey = key;
      }
      text(key);
      parser.nextToken();
      Node member = value(keyLine, keyColumn, depth + 1);
      if (depth == 0) {
        topLevelKey = null;
      }
      height = Math.max(height, member.height() + 1);
      if (members.containsKey(key)) {
        flaw(keyLine, keyColumn, "The key '" + ManifestText.cut(key) + "' is already there");
        member = member.flawed();
      }
      members.put(key, member);
    }
    return new Node(members, line, column, height);
  }

  private Node array(int line, int column, int depth) {
    List<Node> items = new ArrayList<>();
    int height = 0;
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      Node item = value(line(), column(), depth + 1);
      height = Math.max(height, item.height() + 1);
      items.add(item);
    }
    return new Node(items, line, column, height);
  }

  private Object text(String text) {
    return ManifestText.wellFormed(text)
        ? text
        : flaw(line(), column(), "Half of a surrogate pair, which is no character");
  }

  private Object number() {
    try {
      return Scalars.jsonNumber(parser.getString());
    } catch (IllegalArgumentException e) {
      return flaw(line(), column(), String.valueOf(e.getMessage()));
    }
  }

  private Object flaw(int line, int column, String message) {
    flawedOutsideSpec |= !"spec".equals(topLevelKey);
    flaws.add(new Flaw(line, column, message));
    if (flaws.size() >= 100) {
      throw broken("Too many errors in one document");
    }
    return Node.FLAWED;
  }

  private BrokenException broken(String message) {
    return new BrokenException(line(), column(), message);
  }

  private int line() {
    return parser.currentTokenLocation().getLineNr();
  }

  private int column() {
    return parser.currentTokenLocation().getColumnNr();
  }
}
