// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.spi;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gitops.core.model.BindingException;
import dev.gitops.core.model.FieldChange;
import dev.gitops.core.model.Kind;
import dev.gitops.core.model.Observed;
import dev.gitops.core.model.Pointer;
import dev.gitops.core.model.Resource;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.model.Tree;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** What holds for any three trees: what was last applied, what is live, what is declared. */
class DifferPropertiesTest {
  private static final ResourceId ID = ResourceId.of("Thing", "one");
  private static final Kind<Tree> KIND =
      Kind.any().ignore("/ignored").ignore("/b/c").keyedList("/keyed", "id").setList("/set");

  @Property(tries = 100)
  void whatIsAsDeclaredDoesNotDiffer(@ForAll("trees") Tree last, @ForAll("trees") Tree same) {
    assertThat(diff(last, same, same)).isEmpty();
    assertThat(diff(null, same, copy(same))).isEmpty();
  }

  @Property(tries = 100)
  void afterWhatIsReportedHasBeenAppliedNothingDiffers(
      @ForAll("trees") Tree last, @ForAll("trees") Tree live, @ForAll("trees") Tree desired) {
    Tree after = live;
    for (FieldChange change : diff(last, live, desired)) {
      after = apply(after, change);
    }
    assertThat(diff(last, after, desired)).isEmpty();
    assertThat(diff(desired, after, desired)).isEmpty();
  }

  @Property(tries = 100)
  void whatIsIgnoredOrUndeclaredIsNeverReported(
      @ForAll("trees") Tree last, @ForAll("trees") Tree live, @ForAll("trees") Tree desired) {
    for (FieldChange change : diff(last, live, desired)) {
      assertThat(KIND.isIgnored(change.pointer())).isFalse();
      assertThat(String.valueOf(change.to()) + change.from()).doesNotContain("\"ignored\"");
      String top = Pointer.tokens(change.pointer()).get(0);
      assertThat(desired.fields().get(top) != null || last.fields().get(top) != null).isTrue();
    }
  }

  @Property(tries = 100)
  void oneChangedFieldIsReportedAloneAndAsDeclared(@ForAll("trees") Tree tree) {
    for (String field : List.of("a", "b", "set", "keyed")) {
      Map<String, Object> changed = new LinkedHashMap<>(tree.fields());
      changed.put(field, "changed");
      assertThat(diff(tree, tree, Tree.of(changed)))
          .containsExactly(
              new FieldChange(
                  "/" + field,
                  tree.at("/" + field)
                      .filter(was -> was.value() != null)
                      .map(DifferPropertiesTest::visible)
                      .orElse(null),
                  Tree.of("changed"),
                  FieldChange.Cause.DECLARED));
      assertThat(diff(tree, Tree.of(changed), tree))
          .allMatch(change -> change.cause() == FieldChange.Cause.DRIFT);
    }
  }

  @Property(tries = 100)
  void theEffectiveDeclarationLeavesNothingToDoAndNothingOutThatWasThere(
      @ForAll("trees") Tree last, @ForAll("trees") Tree live, @ForAll("trees") Tree desired)
      throws BindingException {
    Set<String> removed =
        diff(last, live, desired).stream()
            .filter(change -> change.to() == null)
            .map(FieldChange::pointer)
            .collect(Collectors.toSet());
    Tree whole = KIND.effective(desired, live, removed, false);
    assertThat(diff(last, whole, desired)).isEmpty();
    assertThat(whole.at("/ignored")).isEqualTo(live.at("/ignored").filter(t -> t.value() != null));
    for (Map.Entry<String, Object> field : live.fields().entrySet()) {
      boolean touched = desired.fields().get(field.getKey()) != null || !removed.isEmpty();
      if (!touched && field.getValue() != null) {
        assertThat(whole.fields().get(field.getKey())).isEqualTo(field.getValue());
      }
    }
    Tree part = KIND.effective(desired, live, removed, true);
    assertThat(part.fields()).doesNotContainKey("ignored");
    assertThat(diff(last, part, desired)).allMatch(change -> change.to() == null);
  }

  @Provide
  Arbitrary<Tree> trees() {
    Arbitrary<Object> scalar = Arbitraries.of(1, 2, "x", "y", true, 1.5).map(o -> (Object) o);
    Arbitrary<Object> object =
        Arbitraries.maps(Arbitraries.of("c", "d", "e"), scalar).ofMaxSize(3).map(m -> (Object) m);
    Arbitrary<Object> list =
        Arbitraries.oneOf(List.of(scalar, object)).list().ofMaxSize(3).map(l -> (Object) l);
    Arbitrary<Object> nested =
        Arbitraries.maps(
                Arbitraries.of("c", "d", "e"), Arbitraries.oneOf(List.of(scalar, object, list)))
            .ofMaxSize(3)
            .map(m -> (Object) m);
    Arbitrary<Object> keyed =
        Arbitraries.of("k", "l", "m")
            .set()
            .ofMaxSize(3)
            .flatMap(ids -> object.list().ofSize(ids.size()).map(objects -> items(ids, objects)));
    Arbitrary<Object> set = scalar.list().ofMaxSize(4).map(l -> (Object) l);
    return net.jqwik.api.Combinators.combine(
            Arbitraries.oneOf(List.of(scalar, list)).injectNull(0.3),
            nested.injectNull(0.3),
            keyed.injectNull(0.3),
            set.injectNull(0.3),
            scalar.injectNull(0.3))
        .as(
            (a, b, k, s, ignored) -> {
              Map<String, Object> fields = new LinkedHashMap<>();
              fields.put("a", a);
              fields.put("b", b);
              fields.put("keyed", k);
              fields.put("set", s);
              fields.put("ignored", ignored);
              fields.values().removeIf(v -> v == null);
              return Tree.of(fields);
            });
  }

  private static Object items(Set<String> ids, List<Object> objects) {
    List<Object> items = new ArrayList<>();
    int i = 0;
    for (String id : ids) {
      Map<Object, Object> item = new LinkedHashMap<>((Map<?, ?>) objects.get(i++));
      item.put("id", id);
      items.add(item);
    }
    Collections.shuffle(items, new java.util.Random(ids.hashCode()));
    return items;
  }

  /** What a naive target does with a change. */
  private static Tree apply(Tree tree, FieldChange change) {
    return Tree.of(
        put(
            tree.value(),
            Pointer.tokens(change.pointer()),
            change.to() == null ? null : change.to().value()));
  }

  private static Object put(Object in, List<String> tokens, Object value) {
    if (tokens.isEmpty()) {
      return value;
    }
    String token = tokens.get(0);
    List<String> rest = tokens.subList(1, tokens.size());
    if (in instanceof List<?> list) {
      List<Object> items = new ArrayList<>(list);
      int at = index(items, token);
      Object item = put(at < 0 ? null : items.get(at), rest, value);
      if (at >= 0 && item == null) {
        Object gone = items.get(at);
        items.removeIf(other -> other.equals(gone));
      } else if (at >= 0) {
        items.set(at, item);
      } else {
        items.add(item);
      }
      return items;
    }
    Map<Object, Object> fields = new LinkedHashMap<>();
    if (in instanceof Map<?, ?> map) {
      fields.putAll(map);
    }
    Object field = put(fields.get(token), rest, value);
    if (field == null) {
      fields.remove(token);
    } else {
      fields.put(token, field);
    }
    return fields;
  }

  private static int index(List<Object> items, String token) {
    for (int i = 0; i < items.size(); i++) {
      Object item = items.get(i);
      if (token.startsWith("id=")
          ? item instanceof Map<?, ?> map && token.equals("id=" + map.get("id"))
          : token.startsWith("=")
              ? token.equals("=" + Tree.of(item).text())
              : token.equals(String.valueOf(i))) {
        return i;
      }
    }
    return -1;
  }

  private static Tree visible(Tree tree) {
    if (tree.value() instanceof Map<?, ?> map) {
      Map<Object, Object> fields = new LinkedHashMap<>(map);
      fields.keySet().removeAll(new HashSet<>(Set.of("c")));
      return Tree.of(fields);
    }
    return tree;
  }

  private static Tree copy(Tree tree) {
    return Tree.of(new LinkedHashMap<>(tree.fields()));
  }

  private static List<FieldChange> diff(Tree last, Tree live, Tree desired) {
    return new TreeDiffer<>(KIND).diff(last, Observed.of(ID, live), Resource.of(ID, desired));
  }
}
