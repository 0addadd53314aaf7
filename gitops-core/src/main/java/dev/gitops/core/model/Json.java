// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.model;

import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** JSON text of plain values: as it stands for people, or canonical (sorted keys) for digests. */
final class Json {
  private Json() {}

  static String write(@Nullable Object value) {
    StringBuilder out = new StringBuilder();
    write(out, value, false);
    return out.toString();
  }

  static String canonical(@Nullable Object value) {
    StringBuilder out = new StringBuilder();
    write(out, value, true);
    return out.toString();
  }

  private static void write(StringBuilder out, @Nullable Object value, boolean sorted) {
    if (value instanceof Map<?, ?> map) {
      out.append('{');
      int start = out.length();
      // Not by entrySet: that would be a view, which a map keeps, and there may be a million maps.
      (sorted ? sorted(map) : map)
          .forEach(
              (name, field) -> {
                out.append(out.length() == start ? "" : ",");
                quote(out, String.valueOf(name));
                out.append(':');
                write(out, field, sorted);
              });
      out.append('}');
    } else if (value instanceof List<?> list) {
      out.append('[');
      for (int i = 0; i < list.size(); i++) {
        out.append(i == 0 ? "" : ",");
        write(out, list.get(i), sorted);
      }
      out.append(']');
    } else if (value instanceof String text) {
      quote(out, text);
    } else if (value instanceof BigDecimal decimal) {
      out.append(decimal.toPlainString());
    } else {
      out.append(value);
    }
  }

  private static Map<?, ?> sorted(Map<?, ?> map) {
    Map<Object, Object> sorted = new TreeMap<>();
    map.forEach(sorted::put);
    return sorted;
  }

  private static void quote(StringBuilder out, String text) {
    out.append('"');
    int from = 0; // where what needs no escape begins
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '"' || c == '\\') {
        out.append(text, from, i).append('\\');
        from = i;
      } else if (c < 0x20
          || (c >= 0x7f && c < 0xa0)
          || Character.isSurrogate(c)
          || c == 0x2028
          || c == 0x2029) {
        out.append(text, from, i).append(String.format("\\u%04x", (int) c));
        from = i + 1;
      }
    }
    out.append(text, from, text.length()).append('"');
  }
}
