// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.manifest;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What it means to set a field: the model against which an edited text is checked. */
final class FieldTree {
  private FieldTree() {}

  /**
   * A copy with another value at the end of a path; what is missing or null on the way becomes an
   * object.
   *
   * @throws IllegalArgumentException where the path leads through a single value, or a list that
   *     has no such item
   */
  static @Nullable Object with(@Nullable Object tree, List<String> path, @Nullable Object value) {
    if (path.isEmpty()) {
      return value;
    }
    String token = path.get(0);
    List<String> rest = path.subList(1, path.size());
    if (tree instanceof List<?> list) {
      List<@Nullable Object> items = new ArrayList<>(list);
      int index = token.equals("-") ? items.size() : index(token);
      if (index < 0 || index > items.size()) {
        throw new IllegalArgumentException(
            "The list has %d items, so there is no '%s'".formatted(items.size(), token));
      } else if (index == items.size()) {
        items.add(with(null, rest, value));
      } else {
        items.set(index, with(items.get(index), rest, value));
      }
      return items;
    } else if (tree != null && !(tree instanceof Map)) {
      throw new IllegalArgumentException(
          "There is a single value, so it has no '%s' in it".formatted(token));
    }
    Map<Object, @Nullable Object> fields = new LinkedHashMap<>();
    if (tree instanceof Map<?, ?> map) {
      fields.putAll(map);
    }
    fields.put(token, with(fields.get(token), rest, value));
    return fields;
  }

  private static int index(String token) {
    return token.matches("0|[1-9][0-9]{0,8}") ? Integer.parseInt(token) : -1;
  }
}
