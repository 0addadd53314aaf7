// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.model;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A declaration as a target is to be given it, made of what is declared and what is live. */
final class Effective {
  private final Kind<?> kind;
  private final Set<String> removed;
  private final Fill fill;

  Effective(Kind<?> kind, Set<String> removed, Fill fill) {
    this.kind = kind;
    this.removed = removed;
    this.fill = fill;
  }

  /** Which fields hold their live value. */
  enum Fill {
    NOTHING,
    IGNORED,
    UNDECLARED
  }

  Tree of(Tree desired, Tree live) {
    return Tree.of(merge("", desired.value(), live.value()));
  }

  private @Nullable Object merge(String pointer, @Nullable Object desired, @Nullable Object live) {
    if (kind.isIgnored(pointer)) {
      return fill == Fill.NOTHING ? null : live;
    } else if (desired == null) {
      return fill == Fill.UNDECLARED && !removed.contains(pointer) ? kept(pointer, live) : null;
    } else if (SecretRef.isReference(desired)) {
      return desired;
    } else if (desired instanceof Map<?, ?> wanted) {
      return fields(pointer, wanted, live instanceof Map<?, ?> there ? there : Map.of());
    } else if (desired instanceof List<?> wanted) {
      return items(pointer, wanted, live instanceof List<?> there ? there : List.of());
    }
    return desired;
  }

  private Map<Object, @Nullable Object> fields(String pointer, Map<?, ?> desired, Map<?, ?> live) {
    Map<Object, @Nullable Object> all = new LinkedHashMap<>();
    desired.forEach((name, field) -> put(all, pointer, name, field, live.get(name)));
    live.forEach(
        (name, field) -> {
          if (desired.get(name) == null) {
            put(all, pointer, name, null, field);
          }
        });
    return all;
  }

  private void put(
      Map<Object, @Nullable Object> all,
      String pointer,
      Object name,
      @Nullable Object desired,
      @Nullable Object live) {
    Object field = merge(Pointer.child(pointer, String.valueOf(name)), desired, live);
    if (field != null) {
      all.put(name, field);
    }
  }

  /** A list is declared as a whole, so live only fills in fields of the items that are declared. */
  private List<@Nullable Object> items(String pointer, List<?> desired, List<?> live) {
    String key = kind.listKey(pointer).orElse(null);
    Map<String, Object> byKey = new LinkedHashMap<>();
    live.forEach(item -> byKey.putIfAbsent(token(key, item), item));
    List<@Nullable Object> all = new ArrayList<>(desired.size());
    for (int i = 0; i < desired.size(); i++) {
      Object item = desired.get(i);
      String token = token(key, item);
      if (item instanceof Map && !token.isEmpty()) {
        all.add(merge(Pointer.child(pointer, token), item, byKey.get(token)));
      } else if (item instanceof Map && key == null && live.size() == desired.size()) {
        all.add(merge(pointer + "/" + i, item, live.get(i)));
      } else {
        all.add(item);
      }
    }
    return all;
  }

  private static String token(@Nullable String key, @Nullable Object item) {
    Object name = key != null && item instanceof Map<?, ?> map ? map.get(key) : null;
    return name == null ? "" : key + "=" + name;
  }

  /** What is live and not declared, without what is to be removed of it. */
  private @Nullable Object kept(String pointer, @Nullable Object live) {
    return live instanceof Map<?, ?> map && !removed.isEmpty()
        ? fields(pointer, Map.of(), map)
        : live;
  }

  static void flatten(String pointer, @Nullable Object value, List<FieldChange> into) {
    if (value instanceof Map<?, ?> map && !map.isEmpty() && !SecretRef.isReference(value)) {
      map.forEach(
          (name, field) -> flatten(Pointer.child(pointer, String.valueOf(name)), field, into));
    } else if (value != null) {
      into.add(new FieldChange(pointer, null, Tree.of(value), FieldChange.Cause.DECLARED));
    }
  }
}
