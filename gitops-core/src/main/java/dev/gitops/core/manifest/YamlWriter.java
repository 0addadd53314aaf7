// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.manifest;

import dev.gitops.core.model.Tree;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Plain values of a {@link Tree} as YAML that our reader reads as exactly the same, and other
 * readers, too: what any of them takes for a number, a date or a boolean is quoted. Deterministic.
 */
final class YamlWriter {
  /** A key that is longer needs the explicit form. */
  private static final int LONGEST_KEY = 500;

  private static final String INDICATORS = "?:,[]{}#&*!|>'\"%@`";

  /** What is no text elsewhere: numbers beyond a double, dates, base 60, merge and value keys. */
  private static final Pattern NO_TEXT_ELSEWHERE =
      Pattern.compile(
          "[-+]?(?:\\.[0-9_]+|[0-9][0-9_]*(?:\\.[0-9_]*)?)(?:[eE][-+]?[0-9]+)?"
              + "|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt \\t].*)?"
              + "|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\\.[0-9_]*)?"
              + "|<<|=");

  private final StringBuilder out = new StringBuilder();

  private YamlWriter() {}

  /** An object as lines, each of which ends with a line feed and starts with so many spaces. */
  static String block(Map<String, ?> fields, int indent) {
    YamlWriter writer = new YamlWriter();
    writer.fields(fields, indent);
    return writer.out.toString();
  }

  /** The items of a list, as lines. */
  static String items(List<?> items, int indent) {
    YamlWriter writer = new YamlWriter();
    writer.list(items, indent);
    return writer.out.toString();
  }

  private void fields(Map<String, ?> fields, int indent) {
    for (Map.Entry<String, ?> field : fields.entrySet()) {
      spaces(indent);
      String key = key(field.getKey(), false);
      if (key.length() > LONGEST_KEY) {
        out.append("? ").append(key).append('\n');
        spaces(indent);
        out.append(':');
      } else {
        out.append(key).append(':');
      }
      value(field.getValue(), indent);
    }
  }

  /** A value behind a colon, with the end of its line. */
  private void value(@Nullable Object value, int indent) {
    if (value instanceof Map<?, ?> map && !map.isEmpty()) {
      out.append('\n');
      fields(fields(map), indent + 2);
    } else if (value instanceof List<?> list && !list.isEmpty()) {
      out.append('\n');
      list(list, indent + 2);
    } else {
      out.append(' ');
      scalar(value, indent + 2);
    }
  }

  private void list(List<?> items, int indent) {
    for (Object item : items) {
      spaces(indent);
      out.append("- ");
      int start = out.length();
      if (item instanceof Map<?, ?> map && !map.isEmpty()) {
        fields(fields(map), indent + 2);
        out.delete(start, start + indent + 2);
      } else if (item instanceof List<?> list && !list.isEmpty()) {
        list(list, indent + 2);
        out.delete(start, start + indent + 2);
      } else {
        scalar(item, indent + 2);
      }
    }
  }

  private void scalar(@Nullable Object value, int indent) {
    if (value instanceof String text && !literalHeader(text).isEmpty()) {
      out.append(literalHeader(text)).append('\n').append(literalBody(text, indent));
    } else {
      out.append(flow(value)).append('\n');
    }
  }

  /** How a text of several lines starts as a literal block; empty if it can't be one. */
  static String literalHeader(String text) {
    boolean possible =
        text.indexOf('\n') > 0
            && text.charAt(0) != ' '
            && text.charAt(0) != '\t'
            && !text.endsWith("\n\n")
            && text.codePoints().allMatch(c -> c == '\n' || c == '\t' || isPrintable(c));
    return possible ? text.endsWith("\n") ? "|" : "|-" : "";
  }

  /** The lines of a literal block. */
  static String literalBody(String text, int indent) {
    StringBuilder body = new StringBuilder();
    String prefix = " ".repeat(indent);
    String lines = text.endsWith("\n") ? text.substring(0, text.length() - 1) : text;
    for (String line : lines.split("\n", -1)) {
      body.append(line.isEmpty() ? "" : prefix).append(line).append('\n');
    }
    return body.toString();
  }

  private void spaces(int count) {
    out.append(" ".repeat(count));
  }

  /** A value on one line, as it may stand anywhere outside of a flow collection. */
  static String flow(@Nullable Object value) {
    return value instanceof String text ? text(text, false) : inFlow(value);
  }

  /** A value on one line, as it may stand anywhere. */
  static String inFlow(@Nullable Object value) {
    StringBuilder line = new StringBuilder();
    if (value instanceof Map<?, ?> map) {
      line.append('{');
      fields(map)
          .forEach(
              (key, field) -> {
                line.append(line.length() == 1 ? "" : ", ");
                line.append(key(key, true)).append(": ").append(inFlow(field));
              });
      return line.append('}').toString();
    } else if (value instanceof List<?> list) {
      line.append('[');
      for (Object item : list) {
        line.append(line.length() == 1 ? "" : ", ").append(inFlow(item));
      }
      return line.append(']').toString();
    } else if (value instanceof String text) {
      return text(text, true);
    } else if (value instanceof BigDecimal decimal) {
      return decimal.toPlainString();
    }
    return String.valueOf(value);
  }

  /** A value as JSON on one line. */
  static String json(@Nullable Object value) {
    if (value instanceof Map<?, ?> map) {
      List<String> fields = new ArrayList<>();
      map.forEach((key, field) -> fields.add(json(key) + ": " + json(field)));
      return "{" + String.join(", ", fields) + "}";
    } else if (value instanceof List<?> list) {
      return "[" + String.join(", ", list.stream().map(YamlWriter::json).toList()) + "]";
    }
    return Tree.of(value).toString();
  }

  static String key(String key, boolean inFlow) {
    return isPlain(key, inFlow) ? key : doubleQuoted(key);
  }

  private static String text(String text, boolean inFlow) {
    return isPlain(text, inFlow) ? text : doubleQuoted(text);
  }

  /** Whether a text, unquoted, is that text to every reader. */
  static boolean isPlain(String text, boolean inFlow) {
    if (text.isEmpty()
        || text.length() > LONGEST_KEY
        || text.charAt(0) == ' '
        || text.endsWith(" ")
        || text.endsWith(":")
        || text.contains(": ")
        || text.contains(" #")
        || INDICATORS.indexOf(text.charAt(0)) >= 0
        || (text.charAt(0) == '-' && (text.length() == 1 || text.charAt(1) == ' '))
        || text.startsWith("---")
        || text.startsWith("...")) {
      return false;
    }
    if (inFlow && text.chars().anyMatch(c -> ",[]{}:".indexOf(c) >= 0)) {
      return false;
    }
    if (!text.codePoints().allMatch(c -> c == ' ' || (isPrintable(c) && !isOddSpace(c)))) {
      return false;
    }
    return !NO_TEXT_ELSEWHERE.matcher(text).matches() && isText(text);
  }

  private static boolean isText(String text) {
    try {
      return Scalars.resolve(text) instanceof String;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  static String doubleQuoted(String text) {
    if (!ManifestText.wellFormed(text)) {
      throw new IllegalArgumentException("Half of a surrogate pair can't be written to a file");
    }
    StringBuilder quoted = new StringBuilder("\"");
    text.codePoints()
        .forEach(
            c -> {
              switch (c) {
                case '"' -> quoted.append("\\\"");
                case '\\' -> quoted.append("\\\\");
                case '\n' -> quoted.append("\\n");
                case '\r' -> quoted.append("\\r");
                case '\t' -> quoted.append("\\t");
                default -> {
                  if (isPrintable(c)) {
                    quoted.appendCodePoint(c);
                  } else {
                    quoted.append(String.format(c > 0xffff ? "\\U%08x" : "\\u%04x", c));
                  }
                }
              }
            });
    return quoted.append('"').toString();
  }

  private static boolean isOddSpace(int c) {
    return Character.getType(c) == Character.SPACE_SEPARATOR;
  }

  /** Whether a character may be seen as it is: no control, no separator, nothing invisible. */
  private static boolean isPrintable(int c) {
    if (c < 0x7f) {
      return c >= ' ';
    }
    return switch (Character.getType(c)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.SURROGATE,
          Character.PRIVATE_USE,
          Character.UNASSIGNED,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR ->
          false;
      default -> true;
    };
  }

  @SuppressWarnings("unchecked") // the keys of a Tree's objects are texts
  private static Map<String, ?> fields(Map<?, ?> map) {
    return (Map<String, ?>) map;
  }
}
