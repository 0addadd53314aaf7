// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.manifest;

import dev.gitops.core.manifest.FieldEdit.AmbiguousException;
import dev.gitops.core.manifest.Spot.Sort;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A text in which values are replaced by the characters that they are written in, or added in lines
 * of their own, written as what stands nearby is: indentation, quotes, flow or block, line ends.
 */
final class FieldText {
  private final String text;
  private final boolean json;
  private final Lines lines;
  private final List<Patch> patches = new ArrayList<>();

  private record Patch(int start, int end, String with) {}

  FieldText(String text, boolean json) {
    this.text = text;
    this.json = json;
    this.lines = new Lines(text);
  }

  /** The text with all changes. */
  String result() {
    StringBuilder result = new StringBuilder(text);
    // From the end, so that positions stay right; of two at one place the later one first.
    List<Patch> backwards = new ArrayList<>(patches);
    Collections.reverse(backwards);
    backwards.sort(Comparator.comparingInt(Patch::start).reversed());
    backwards.forEach(patch -> result.replace(patch.start, patch.end, patch.with));
    return result.toString();
  }

  private void patch(int start, int end, String with) {
    patches.add(new Patch(start, end, lines.broken(with)));
  }

  // What is there already

  /** Writes another value in place of one of these. */
  void replace(Spot in, int index, @Nullable Object value) throws AmbiguousException {
    Spot old = in.values().get(index);
    String anchor = old.anchor() == null ? "" : "&" + old.anchor() + " ";
    if (old.isBlockText()) {
      replaceBlockText(in, index, old, anchor, value);
    } else if (old.isCollection() && !old.isFlow()) {
      replaceBlock(in, old, value);
    } else if (old.start() == old.end()) {
      fillIn(in, index, old, value);
    } else if (json || in.isFlow() || old.isFlow()) {
      patch(old.start(), old.end(), anchor + written(value, old, true));
    } else if (!isLong(value, in)) {
      patch(old.start(), old.end(), anchor + written(value, old, false));
    } else {
      // The first line may end in a comment, behind which the others go.
      String[] parts = broken(value, in, index);
      int from =
          parts[0].isEmpty() && anchor.isEmpty() ? lines.spaceBefore(old.start()) : old.start();
      patch(from, old.end(), (anchor + parts[0]).stripTrailing());
      int end = lines.endOfLine(old.end());
      patch(end, end, "\n" + parts[1]);
    }
  }

  private void replaceBlockText(
      Spot in, int index, Spot old, String anchor, @Nullable Object value) {
    int end = old.start() + text.substring(old.start(), old.end()).stripTrailing().length();
    int header = lines.endOfLine(old.start());
    int comment = text.substring(old.start(), header).indexOf(" #");
    String rest = comment < 0 ? "" : text.substring(old.start() + comment, header);
    if (isLong(value, in)) {
      String[] parts = broken(value, in, index);
      String first = (anchor + parts[0]).stripTrailing() + rest;
      int from = first.equals(rest) ? lines.spaceBefore(old.start()) : old.start();
      patch(from, Math.max(end, header), first + "\n" + parts[1]);
    } else {
      patch(old.start(), Math.max(end, header), anchor + written(value, old, false) + rest);
    }
  }

  /** Of a collection in lines of its own, these go. */
  private void replaceBlock(Spot in, Spot old, @Nullable Object value) throws AmbiguousException {
    if (old.anchor() != null) {
      throw new AmbiguousException(old.start(), "Edit by hand what has an anchor of its own");
    }
    int end = trimmedEnd(old);
    int column = lines.column(old.start());
    if (value instanceof Map<?, ?> map && !map.isEmpty()) {
      // A list may stand right below its key, an object may not.
      boolean below = in.sort() == Sort.OBJECT && column == lines.column(in.keys().get(0).start());
      String block = YamlWriter.block(fields(map), below ? column + 2 : column);
      patch(old.start(), end, block.substring(column, block.length() - 1));
    } else if (value instanceof List<?> list && !list.isEmpty()) {
      String block = YamlWriter.items(list, column);
      patch(old.start(), end, block.substring(column, block.length() - 1));
    } else if (lines.endOfLine(startOfValue(in, old)) < old.start()) {
      int from = startOfValue(in, old);
      patch(from, from, " " + YamlWriter.flow(value));
      patch(lines.endOfLine(from), end, "");
    } else {
      patch(old.start(), end, YamlWriter.flow(value));
    }
  }

  private int startOfValue(Spot in, Spot old) {
    int index = in.values().indexOf(old);
    if (in.sort() == Sort.LIST) {
      return old.start();
    }
    return text.indexOf(':', in.keys().get(index).end()) + 1;
  }

  /** Where nothing is written, something is put behind the colon or dash. */
  private void fillIn(Spot in, int index, Spot old, @Nullable Object value)
      throws AmbiguousException {
    char before = old.start() == 0 ? ' ' : text.charAt(old.start() - 1);
    if (before != ':' && before != '-') {
      throw new AmbiguousException(old.start(), "There is no colon here. Edit it by hand");
    }
    if (in.isFlow() || !isLong(value, in)) {
      patch(old.start(), old.start(), " " + written(value, old, in.isFlow()));
    } else {
      String[] parts = broken(value, in, index);
      patch(old.start(), old.start(), parts[0].isEmpty() ? "" : " " + parts[0]);
      int end = lines.endOfLine(old.start());
      patch(end, end, "\n" + parts[1]);
    }
  }

  /** Whether a value is better written in lines of its own, and may be. */
  private static boolean isLong(@Nullable Object value, Spot in) {
    boolean collection =
        (value instanceof Map<?, ?> map && !map.isEmpty())
            || (value instanceof List<?> list && !list.isEmpty());
    return (collection && in.sort() == Sort.OBJECT)
        || (value instanceof String text && !YamlWriter.literalHeader(text).isEmpty());
  }

  /** What goes behind the colon, and the lines below, without their last line break. */
  private String[] broken(@Nullable Object value, Spot in, int index) {
    int column =
        in.sort() == Sort.LIST
            ? lines.column(in.start())
            : lines.column(in.keys().get(index).start());
    if (value instanceof String several) {
      String body = YamlWriter.literalBody(several, column + 2);
      return new String[] {YamlWriter.literalHeader(several), body.substring(0, body.length() - 1)};
    }
    String block =
        value instanceof Map<?, ?> map
            ? YamlWriter.block(fields(map), column + 2)
            : YamlWriter.items((List<?>) Objects.requireNonNull(value), column + 2);
    return new String[] {"", block.substring(0, block.length() - 1)};
  }

  private String written(@Nullable Object value, Spot old, boolean inFlow) {
    if (json) {
      return YamlWriter.json(value);
    } else if (value instanceof String string && old.style() == '"') {
      return YamlWriter.doubleQuoted(string);
    } else if (value instanceof String string
        && old.style() == '\''
        && string.codePoints().noneMatch(c -> c < ' ' || c > '~')) {
      return "'" + string.replace("'", "''") + "'";
    }
    return inFlow ? YamlWriter.inFlow(value) : YamlWriter.flow(value);
  }

  // What is not there yet

  /** Writes a value behind these; its key is null in a list. */
  void add(Spot in, @Nullable String key, @Nullable Object value) throws AmbiguousException {
    if (json || in.isFlow()) {
      addToFlow(in, key, value);
      return;
    }
    Spot last = in.last();
    if (last.isBlockText() && isKept(last)) {
      throw new AmbiguousException(
          last.start(), "It would go behind a text that keeps its blank lines. Edit it by hand");
    }
    int column = lines.column(in.sort() == Sort.LIST ? in.start() : in.keys().get(0).start());
    Map<String, @Nullable Object> field = new LinkedHashMap<>();
    field.put(key == null ? "" : key, value);
    String block =
        key == null
            ? YamlWriter.items(Collections.singletonList(value), column)
            : YamlWriter.block(field, column);
    int end = lines.endOfLine(trimmedEnd(in));
    patch(end, end, "\n" + block.substring(0, block.length() - 1));
  }

  private boolean isKept(Spot blockText) {
    String header = text.substring(blockText.start(), lines.endOfLine(blockText.start()));
    return header.matches("(?s)[^#]*[|>][0-9]*\\+.*");
  }

  private void addToFlow(Spot in, @Nullable String key, @Nullable Object value) {
    String written = json ? YamlWriter.json(value) : YamlWriter.inFlow(value);
    if (in.values().isEmpty()) {
      String name =
          key == null ? "" : (json ? YamlWriter.json(key) : YamlWriter.key(key, true)) + ": ";
      int open = text.indexOf(in.sort() == Sort.OBJECT ? '{' : '[', in.start()) + 1;
      patch(open, open, name + written);
      return;
    }
    Spot last = in.values().get(in.values().size() - 1);
    int first = last.start();
    if (key != null) {
      Spot lastKey = in.keys().get(in.keys().size() - 1);
      first = lastKey.start();
      String between = text.substring(lastKey.end(), Math.max(lastKey.end(), last.start()));
      String name =
          json ? YamlWriter.json(key) : lastKey.style() == '"' ? YamlWriter.doubleQuoted(key) : "";
      boolean quoted = !name.isEmpty();
      written =
          (quoted ? name : YamlWriter.key(key, true))
              + (quoted && between.equals(":") ? ":" : ": ")
              + written;
    }
    int line = lines.startOfLine(first);
    String before = text.substring(line, first);
    if (before.isBlank() && line > lines.startOfLine(in.start())) {
      // One in each line: a comment may follow behind the comma.
      int end = lines.endOfLine(last.end());
      String comma = text.startsWith(",", last.end()) ? "" : ",";
      String rest = text.substring(last.end(), end).strip();
      boolean closes = !rest.isEmpty() && !rest.startsWith("#") && !rest.startsWith(",");
      if (closes || end == last.end()) {
        patch(last.end(), last.end(), comma + "\n" + before + written);
      } else {
        patch(last.end(), last.end(), comma);
        patch(end, end, "\n" + before + written);
      }
    } else {
      patch(last.end(), last.end(), ", " + written);
    }
  }

  /** A block ends with its last value, without the blank lines behind that. */
  private int trimmedEnd(Spot spot) {
    Spot last = spot.last();
    if (!last.isBlockText()) {
      return last.end();
    }
    String written = text.substring(last.start(), last.end());
    return last.start() + written.stripTrailing().length();
  }

  @SuppressWarnings("unchecked") // the keys of a Tree's objects are texts
  private static Map<String, ?> fields(Map<?, ?> map) {
    return (Map<String, ?>) map;
  }
}
