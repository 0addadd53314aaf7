// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

class TreeTest {
  @Test
  void numbersCompareByValue() {
    assertThat(Tree.of(1)).isEqualTo(Tree.of(1.0)).isEqualTo(Tree.of(new BigDecimal("1.00")));
    assertThat(Tree.of(1).hashCode()).isEqualTo(Tree.of(new BigDecimal("1.00")).hashCode());
    assertThat(Tree.of(0.1f)).isEqualTo(Tree.of(new BigDecimal("0.10")));
    assertThat(Tree.of(Long.MIN_VALUE)).isEqualTo(Tree.of(BigInteger.valueOf(Long.MIN_VALUE)));
    assertThat(Tree.of(1)).isNotEqualTo(Tree.of("1")).isNotEqualTo(Tree.of(true));
    assertThat(Tree.of(new BigInteger("18446744073709551616")).toString())
        .isEqualTo("18446744073709551616");
  }

  @Test
  void fieldsCompareInAnyOrderAndItemsInTheirs() {
    Map<String, Object> reversed = new LinkedHashMap<>();
    reversed.put("b", 2);
    reversed.put("a", 1);
    assertThat(Tree.of(reversed)).isEqualTo(Tree.of(Map.of("a", 1, "b", 2)));
    assertThat(Tree.of(reversed).toString()).isEqualTo("{\"b\":2,\"a\":1}");
    assertThat(Json.canonical(reversed)).isEqualTo("{\"a\":1,\"b\":2}");
    assertThat(Tree.of(List.of(1, 2))).isNotEqualTo(Tree.of(List.of(2, 1)));
  }

  @Test
  void aTreeIsDeeplyImmutable() {
    List<Object> items = new ArrayList<>(List.of(1));
    Map<String, Object> fields = new LinkedHashMap<>(Map.of("l", items));
    Tree tree = Tree.of(fields);
    items.add(2);
    fields.put("more", 3);
    assertThat(tree.toString()).isEqualTo("{\"l\":[1]}");
    assertThatThrownBy(() -> tree.fields().put("x", 1))
        .isInstanceOf(UnsupportedOperationException.class);
    assertThatThrownBy(() -> tree.at("/l").orElseThrow().items().add(1))
        .isInstanceOf(UnsupportedOperationException.class);
  }

  @Test
  void whatIsNoJsonOrWouldFillTheMemoryIsRefused() {
    for (Object bad :
        Arrays.asList(
            Double.NaN,
            Float.POSITIVE_INFINITY,
            new BigDecimal("1e401"),
            new BigDecimal("1e-401"),
            new BigDecimal("1e1000000000"),
            new BigDecimal(BigInteger.ONE, Integer.MAX_VALUE),
            new Object(),
            Map.of(1, 2))) {
      assertThatThrownBy(() -> Tree.of(bad)).isInstanceOf(IllegalArgumentException.class);
    }
    assertThat(Tree.of(new BigDecimal("1e399")).toString()).hasSize(400);
  }

  @Test
  void whatIsNestedTooDeepOrHoldsItselfIsRefused() {
    assertThat(Tree.of(nested(500))).isNotNull();
    assertThatThrownBy(() -> Tree.of(nested(502)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("Nested more than 500 deep");
    List<Object> itself = new ArrayList<>();
    itself.add(itself);
    assertThatThrownBy(() -> Tree.of(itself)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void anAbsentFieldIsNotANull() {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("null", null);
    fields.put("a/b~c", List.of("x"));
    Tree tree = Tree.of(fields);
    assertThat(tree.at("/null")).contains(Tree.of(null));
    assertThat(tree.at("/none")).isEmpty();
    assertThat(tree.at("/a~1b~0c/0")).contains(Tree.of("x"));
    for (String none :
        List.of("/a~1b~0c/1", "/a~1b~0c/00", "/a~1b~0c/-1", "/a~1b~0c/x", "/null/x")) {
      assertThat(tree.at(none)).as(none).isEqualTo(Optional.empty());
    }
    assertThat(tree.at("")).contains(tree);
  }

  @Property(tries = 100)
  void jsonReadsBackAsTheSameText(@ForAll String text) {
    String json = Tree.of(List.of(text)).toString();
    assertThat(JsonMapper.shared().readValue(json, Object.class)).isEqualTo(List.of(text));
    assertThat(json.codePoints().filter(Character::isISOControl).toArray()).isEmpty();
  }

  @Property(tries = 100)
  void aPointerLeadsToItsFieldWhateverItsName(@ForAll String name, @ForAll String other) {
    String pointer = Pointer.child(Pointer.child("", name), other);
    assertThat(Pointer.tokens(pointer)).containsExactly(name, other);
    assertThat(Tree.of(Map.of(name, Map.of(other, 7))).at(pointer)).contains(Tree.of(7));
  }

  @Test
  void aPatternCoversWhatLiesBelowAndTouchesWhatLiesAbove() {
    assertThat(Pointer.covers("/a/*/c", "/a/b/c")).isTrue();
    assertThat(Pointer.covers("/a/*/c", "/a/b/c/d")).isTrue();
    assertThat(Pointer.covers("/a/*/c", "/a/b")).isFalse();
    assertThat(Pointer.covers("/a/*/c", "/a/b/x")).isFalse();
    assertThat(Pointer.covers("", "/a")).isTrue();
    assertThat(Pointer.touches("/a/*/c", "/a/b")).isTrue();
    assertThat(Pointer.touches("/a/*/c", "")).isTrue();
    assertThat(Pointer.touches("/a/*/c", "/a/b/c/d")).isTrue();
    assertThat(Pointer.touches("/a/*/c", "/b")).isFalse();
    assertThat(Pointer.touches("/a/*/c", "/a/b/x")).isFalse();
    assertThatThrownBy(() -> Pointer.tokens("a")).isInstanceOf(IllegalArgumentException.class);
  }

  private static Object nested(int depth) {
    Object value = "x";
    for (int i = 0; i < depth; i++) {
      value = List.of(value);
    }
    return value;
  }
}
