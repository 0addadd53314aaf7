// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.spi;

import dev.gitops.core.model.FieldChange;
import dev.gitops.core.model.Kind;
import dev.gitops.core.model.Observed;
import dev.gitops.core.model.Pointer;
import dev.gitops.core.model.Resource;
import dev.gitops.core.model.SecretRef;
import dev.gitops.core.model.Tree;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Compares declared fields as trees, all three in step: what was last applied, live, desired.
 * Nothing can be left to do where live equals the declaration, not even a removal, so whatever is
 * equal is passed over unseen.
 *
 * <p>An object is declared field by field, a list as a whole: what a live list holds besides is a
 * difference. What is called null here is absent.
 */
final class TreeDiffer<T> implements Differ<T> {
  private final Kind<T> kind;

  TreeDiffer(Kind<T> kind) {
    this.kind = kind;
  }

  @Override
  public List<FieldChange> diff(@Nullable Tree lastApplied, Observed<T> live, Resource<T> desired) {
    if (desired.spec().equals(live.value())) {
      return List.of();
    }
    Comparison comparison = new Comparison(new ArrayList<>(), lastApplied != null);
    comparison.compare(
        "",
        lastApplied == null ? null : lastApplied.value(),
        kind.comparable(live.value()).value(),
        kind.comparable(desired.spec()).value());
    return comparison.changes;
  }

  /** Whether what is there is as declared, by the rules of this kind. */
  private boolean satisfied(String pointer, @Nullable Object declared, @Nullable Object live) {
    if (Objects.equals(declared, live)) {
      return true;
    }
    Comparison comparison = new Comparison(new ArrayList<>(), false);
    comparison.compare(pointer, null, live, declared);
    return declared != null && comparison.changes.isEmpty();
  }

  private final class Comparison {
    private final List<FieldChange> changes;
    private final boolean remembers;

    Comparison(List<FieldChange> changes, boolean remembers) {
      this.changes = changes;
      this.remembers = remembers;
    }

    void compare(
        String pointer, @Nullable Object last, @Nullable Object live, @Nullable Object desired) {
      if (Objects.equals(desired, live) || kind.isIgnored(pointer)) {
        return;
      } else if (desired == null) {
        remove(pointer, last, live);
      } else if (SecretRef.isReference(desired)) {
        // What is behind a reference can't be seen, so only another reference is a difference.
        if (remembers && !desired.equals(last)) {
          report(pointer, live, desired, FieldChange.Cause.DECLARED);
        }
      } else if (desired instanceof Map<?, ?> map
          && (live instanceof Map || (live == null && !map.isEmpty() && onlyReferences(map)))) {
        compareFields(pointer, fields(last), fields(live), fields(desired));
      } else if (desired instanceof List<?> wanted && live instanceof List<?> actual) {
        compareLists(pointer, last, actual, wanted);
      } else {
        report(pointer, live, desired, cause(pointer, last, live, desired));
      }
    }

    private void compareFields(
        String pointer,
        Map<String, @Nullable Object> last,
        Map<String, @Nullable Object> live,
        Map<String, @Nullable Object> desired) {
      desired.forEach(
          (name, wanted) -> {
            Object actual = live.get(name);
            if (wanted != null && !wanted.equals(actual)) {
              compare(Pointer.child(pointer, name), last.get(name), actual, wanted);
            }
          });
      last.forEach(
          (name, was) -> {
            Object actual = live.get(name);
            if (was != null && actual != null && desired.get(name) == null) {
              compare(Pointer.child(pointer, name), was, actual, null);
            }
          });
    }

    private void compareLists(
        String pointer, @Nullable Object last, List<?> live, List<?> desired) {
      Optional<String> key = kind.listKey(pointer);
      Map<String, Object> liveItems = key.map(k -> keyed(pointer, k, live)).orElse(null);
      Map<String, Object> wantedItems = key.map(k -> keyed(pointer, k, desired)).orElse(null);
      if (liveItems != null && wantedItems != null) {
        Map<String, Object> lastItems =
            last instanceof List<?> list ? keyed(pointer, key.get(), list) : null;
        compareItems(pointer, lastItems, liveItems, wantedItems);
      } else if (kind.isSet(pointer) && !kind.hasSecret(pointer)) {
        Map<String, Object> lastItems = last instanceof List<?> list ? items(list) : null;
        compareItems(pointer, lastItems, items(live), items(desired));
      } else if (kind.isSet(pointer)) {
        // The items would stand in the pointers, for everybody to read.
        if (!new HashSet<>(live).equals(new HashSet<>(desired))) {
          report(pointer, live, desired, cause(pointer, last, live, desired));
        }
      } else if (live.size() == desired.size()) {
        comparePositions(pointer, last, live, desired);
      } else {
        report(pointer, live, desired, cause(pointer, last, live, desired));
      }
    }

    private void comparePositions(
        String pointer, @Nullable Object last, List<?> live, List<?> desired) {
      List<?> was = last instanceof List<?> l && l.size() == desired.size() ? l : null;
      // The items of a list of another length can't be matched, so nothing is remembered of them.
      Comparison items = was == null && last != null ? new Comparison(changes, false) : this;
      for (int i = 0; i < desired.size(); i++) {
        String item = pointer + "/" + i;
        Object before = was == null ? null : was.get(i);
        if (desired.get(i) != null) {
          items.compare(item, before, live.get(i), desired.get(i));
        } else if (live.get(i) != null && !kind.isIgnored(item)) {
          report(item, live.get(i), null, items.cause(item, before, live.get(i), null));
        }
      }
    }

    private void compareItems(
        String pointer,
        @Nullable Map<String, Object> last,
        Map<String, Object> live,
        Map<String, Object> desired) {
      Set<String> tokens = new LinkedHashSet<>(desired.keySet());
      tokens.addAll(live.keySet());
      for (String token : tokens) {
        String item = Pointer.child(pointer, token);
        Object was = last == null ? null : last.get(token);
        Object actual = live.get(token);
        Object wanted = desired.get(token);
        if (wanted != null && actual != null) {
          compare(item, was, actual, wanted);
        } else if (!Objects.equals(wanted, actual) && !kind.isIgnored(item)) {
          report(item, actual, wanted, listCause(item, last, was, actual, wanted));
        }
      }
    }

    private FieldChange.Cause listCause(
        String item,
        @Nullable Map<String, Object> last,
        @Nullable Object was,
        @Nullable Object actual,
        @Nullable Object wanted) {
      if (last != null && was == null && wanted == null) {
        return FieldChange.Cause.DRIFT;
      }
      return cause(item, was, actual, wanted);
    }

    /** Takes away what was declared, and not what others have put beside it. */
    private void remove(String pointer, @Nullable Object last, @Nullable Object live) {
      if (last == null || live == null) {
        return;
      }
      boolean objects = live instanceof Map && last instanceof Map && !SecretRef.isReference(last);
      if (objects && (kind.hasIgnored(pointer) || beside(last, live))) {
        compareFields(pointer, fields(last), fields(live), Map.of());
      } else {
        report(pointer, live, null, cause(pointer, last, live, null));
      }
    }

    private void report(
        String pointer, @Nullable Object from, @Nullable Object to, FieldChange.Cause cause) {
      changes.add(new FieldChange(pointer, tree(pointer, from), tree(pointer, to), cause));
    }

    private FieldChange.Cause cause(
        String pointer, @Nullable Object last, @Nullable Object live, @Nullable Object desired) {
      if (!remembers) {
        return FieldChange.Cause.BOTH;
      } else if (last != null
          && desired != null
          && satisfied(pointer, last, desired)
          && satisfied(pointer, desired, last)) {
        return FieldChange.Cause.DRIFT;
      }
      // What was not declared when last applied was never ours to compare.
      return last == null || SecretRef.isReference(last) || satisfied(pointer, last, live)
          ? FieldChange.Cause.DECLARED
          : FieldChange.Cause.BOTH;
    }
  }

  private @Nullable Tree tree(String pointer, @Nullable Object value) {
    return value == null ? null : Tree.of(shown(pointer, value));
  }

  private @Nullable Object shown(String pointer, @Nullable Object value) {
    if (!kind.hasIgnored(pointer) || !(value instanceof Map<?, ?> map)) {
      return value;
    }
    Map<Object, @Nullable Object> rest = new LinkedHashMap<>();
    map.forEach(
        (name, field) -> {
          String below = Pointer.child(pointer, String.valueOf(name));
          if (!kind.isIgnored(below)) {
            rest.put(name, shown(below, field));
          }
        });
    return rest;
  }

  /** The items by {@code key=value}; null where they can't all be told apart by their key. */
  private @Nullable Map<String, Object> keyed(String pointer, String key, List<?> list) {
    Map<String, Object> items = new LinkedHashMap<>();
    for (Object item : list) {
      Object name = item instanceof Map<?, ?> map ? map.get(key) : null;
      if (name == null || name instanceof Map || name instanceof List) {
        return null;
      }
      String token = key + "=" + name;
      String field = Pointer.child(Pointer.child(pointer, token), key);
      if (kind.isSecret(field) || items.put(token, item) != null) {
        return null;
      }
    }
    return items;
  }

  private static Map<String, Object> items(List<?> list) {
    Map<String, Object> items = new LinkedHashMap<>();
    for (Object item : list) {
      if (item != null) {
        Object other = items.putIfAbsent("=" + Tree.of(item).text(), item);
        if (other != null && !other.equals(item)) {
          items.put("=" + Tree.of(item), item);
        }
      }
    }
    return items;
  }

  /** Whether live holds fields that were not declared. */
  private static boolean beside(@Nullable Object last, @Nullable Object live) {
    if (!(last instanceof Map<?, ?> was) || !(live instanceof Map<?, ?> there)) {
      return false;
    }
    return there.entrySet().stream()
        .anyMatch(
            field ->
                field.getValue() != null
                    && (was.get(field.getKey()) == null
                        || beside(was.get(field.getKey()), field.getValue())));
  }

  private static boolean onlyReferences(Map<?, ?> map) {
    return map.values().stream()
        .allMatch(
            field ->
                SecretRef.isReference(field)
                    || (field instanceof Map<?, ?> below && onlyReferences(below)));
  }

  @SuppressWarnings("unchecked")
  private static Map<String, @Nullable Object> fields(@Nullable Object value) {
    return value instanceof Map<?, ?> map ? (Map<String, @Nullable Object>) map : Map.of();
  }
}
