// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.manifest;

import dev.gitops.core.manifest.Spot.Sort;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.common.Anchor;
import org.snakeyaml.engine.v2.common.ScalarStyle;
import org.snakeyaml.engine.v2.events.AliasEvent;
import org.snakeyaml.engine.v2.events.CollectionStartEvent;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.events.NodeEvent;
import org.snakeyaml.engine.v2.events.ScalarEvent;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.parser.ParserImpl;
import org.snakeyaml.engine.v2.scanner.StreamReader;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/**
 * Where the values of a text stand. Only for texts that {@link YamlText} or {@link JsonText} has
 * read without complaint, so within the limits.
 */
final class Spots {
  private static final LoadSettings SETTINGS =
      LoadSettings.builder().setCodePointLimit(Integer.MAX_VALUE).setUseMarks(true).build();

  private final String text;
  private final int offset;
  private final boolean wide;
  private final ParserImpl parser;

  private Spots(String text, int offset) {
    this.text = text;
    this.offset = offset;
    this.wide = text.codePointCount(0, text.length()) != text.length();
    this.parser = new ParserImpl(SETTINGS, new StreamReader(SETTINGS, text));
  }

  /**
   * The documents of some YAML.
   *
   * @param offset what is added to all positions
   */
  static List<Spot> yaml(String text, int offset) {
    return new Spots(text, offset).documents();
  }

  private List<Spot> documents() {
    List<Spot> documents = new ArrayList<>();
    parser.next();
    while (parser.next().getEventId() == Event.ID.DocumentStart) {
      documents.add(value(parser.next()));
      parser.next();
    }
    return documents;
  }

  private Spot value(Event event) {
    int start = position(event.getStartMark());
    if (event instanceof AliasEvent alias) {
      int end = position(event.getEndMark());
      String name = alias.getAlias().getValue();
      return new Spot(Sort.ALIAS, start, end, name, ' ', null, List.of(), List.of());
    }
    String anchor = ((NodeEvent) event).getAnchor().map(Anchor::getValue).orElse(null);
    if (event instanceof ScalarEvent scalar) {
      char style = style(scalar.getScalarStyle());
      int end = position(event.getEndMark());
      return new Spot(
          Sort.SCALAR, start, end, scalar.getValue(), style, anchor, List.of(), List.of());
    }
    boolean list = event.getEventId() == Event.ID.SequenceStart;
    List<Spot> keys = new ArrayList<>();
    List<Spot> values = new ArrayList<>();
    Event.ID end = list ? Event.ID.SequenceEnd : Event.ID.MappingEnd;
    Event next = parser.next();
    for (; next.getEventId() != end; next = parser.next()) {
      if (!list) {
        keys.add(value(next));
        next = parser.next();
      }
      values.add(value(next));
    }
    boolean flow = ((CollectionStartEvent) event).isFlow();
    int last = values.isEmpty() ? start : values.get(values.size() - 1).end();
    int close = flow ? position(next.getEndMark()) : last;
    Sort sort = list ? Sort.LIST : Sort.OBJECT;
    return new Spot(sort, start, close, "", flow ? '{' : ' ', anchor, keys, values);
  }

  private static char style(ScalarStyle style) {
    return switch (style) {
      case SINGLE_QUOTED -> '\'';
      case DOUBLE_QUOTED -> '"';
      case LITERAL -> '|';
      case FOLDED -> '>';
      default -> ' ';
    };
  }

  private int position(Optional<Mark> mark) {
    int index = mark.orElseThrow().getIndex();
    return offset + (wide ? text.offsetByCodePoints(0, index) : index);
  }

  /** The documents of a file of JSON. */
  static List<Spot> json(String text) {
    List<Spot> documents = new ArrayList<>();
    try (JsonParser parser =
        JsonFactory.builder().build().createParser(ObjectReadContext.empty(), text)) {
      while (parser.nextToken() != null) {
        documents.add(value(parser, text));
      }
    }
    return documents;
  }

  private static Spot value(JsonParser parser, String text) {
    int start = (int) parser.currentTokenLocation().getCharOffset();
    JsonToken token = parser.currentToken();
    if (!token.isStructStart()) {
      return scalar(token, start, parser.getString(), text);
    }
    List<Spot> keys = new ArrayList<>();
    List<Spot> values = new ArrayList<>();
    while (!parser.nextToken().isStructEnd()) {
      if (parser.currentToken() == JsonToken.PROPERTY_NAME) {
        int at = (int) parser.currentTokenLocation().getCharOffset();
        keys.add(scalar(JsonToken.VALUE_STRING, at, parser.currentName(), text));
        parser.nextToken();
      }
      values.add(value(parser, text));
    }
    int end = (int) parser.currentTokenLocation().getCharOffset() + 1;
    Sort sort = token == JsonToken.START_ARRAY ? Sort.LIST : Sort.OBJECT;
    return new Spot(sort, start, end, "", '{', null, keys, values);
  }

  private static Spot scalar(JsonToken token, int start, String value, String text) {
    boolean quoted = token == JsonToken.VALUE_STRING;
    int end = quoted ? closingQuote(text, start) + 1 : start + value.length();
    return new Spot(Sort.SCALAR, start, end, value, quoted ? '"' : ' ', null, List.of(), List.of());
  }

  private static int closingQuote(String text, int open) {
    int i = open + 1;
    while (text.charAt(i) != '"') {
      i += text.charAt(i) == '\\' ? 2 : 1;
    }
    return i;
  }
}
