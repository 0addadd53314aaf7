// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.model;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A deeply immutable JSON value: object, list, text, number, boolean or null. Numbers compare by
 * value ({@code 1} equals {@code 1.0}), objects without regard to the order of their fields, lists
 * with regard to order.
 */
public final class Tree {
  /** An object without fields. */
  public static final Tree EMPTY = new Tree(Map.of());

  private static final int MAX_NUMBER_SCALE = 400;
  private static final int MAX_DEPTH = 500;

  private final @Nullable Object value;

  private Tree(@Nullable Object value) {
    this.value = value;
  }

  /**
   * Copies plain Java values: maps with text keys, lists, texts, booleans, numbers, null, and trees
   * among them.
   *
   * @throws IllegalArgumentException for anything else, for a number that is not finite, for one
   *     with an exponent beyond 400, whose plain form would fill the memory, and for what is nested
   *     more than 500 deep, or holds itself
   */
  public static Tree of(@Nullable Object value) {
    return value instanceof Tree tree ? tree : new Tree(copy(value, 0));
  }

  /**
   * The value as unmodifiable maps and lists, {@link String}, {@link Boolean}, {@link Long}, {@link
   * BigDecimal}, null.
   */
  public @Nullable Object value() {
    return value;
  }

  /** The fields in order, if this is an object, else nothing. */
  @SuppressWarnings("unchecked")
  public Map<String, @Nullable Object> fields() {
    return value instanceof Map<?, ?> map ? (Map<String, @Nullable Object>) map : Map.of();
  }

  /** The items, if this is a list, else nothing. */
  @SuppressWarnings("unchecked")
  public List<@Nullable Object> items() {
    return value instanceof List<?> list ? (List<@Nullable Object>) list : List.of();
  }

  /**
   * The value at a JSON Pointer (RFC 6901); empty where there is none, which is not the same as a
   * null there.
   */
  public Optional<Tree> at(String pointer) {
    Object here = value;
    for (String token : Pointer.tokens(pointer)) {
      if (here instanceof Map<?, ?> map && map.containsKey(token)) {
        here = map.get(token);
      } else if (here instanceof List<?> list
          && Pointer.index(token) >= 0
          && Pointer.index(token) < list.size()) {
        here = list.get(Pointer.index(token));
      } else {
        return Optional.empty();
      }
    }
    return Optional.of(new Tree(here));
  }

  /** The text of a text, number or boolean; {@code null} for null; JSON for objects and lists. */
  public String text() {
    return value instanceof String text ? text : toString();
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Tree tree && Objects.equals(value, tree.value);
  }

  @Override
  public int hashCode() {
    return Objects.hashCode(value);
  }

  /** JSON (RFC 8259) on one line, fields in their order; not masked. */
  @Override
  public String toString() {
    return Json.write(value);
  }

  private static @Nullable Object copy(@Nullable Object value, int depth) {
    if (value == null
        || value instanceof String
        || value instanceof Boolean
        || value instanceof Long) {
      return value;
    } else if (value instanceof Tree tree) {
      return tree.value;
    } else if (depth > MAX_DEPTH) {
      throw new IllegalArgumentException("Nested more than " + MAX_DEPTH + " deep");
    } else if (value instanceof Map<?, ?> map) {
      Map<String, @Nullable Object> copy = new LinkedHashMap<>(map.size() * 4 / 3 + 1);
      map.forEach((key, field) -> copy.put(key(key), copy(field, depth + 1)));
      return Collections.unmodifiableMap(copy);
    } else if (value instanceof List<?> list) {
      List<@Nullable Object> copy = new ArrayList<>(list.size());
      list.forEach(item -> copy.add(copy(item, depth + 1)));
      return Collections.unmodifiableList(copy);
    } else if (value instanceof Integer || value instanceof Short || value instanceof Byte) {
      return ((Number) value).longValue();
    } else if (value instanceof BigInteger integer) {
      return number(new BigDecimal(integer));
    } else if (value instanceof BigDecimal decimal) {
      return number(decimal);
    } else if (value instanceof Double || value instanceof Float) {
      return number(finite((Number) value));
    }
    throw new IllegalArgumentException("Not a JSON value: " + value.getClass().getName());
  }

  private static String key(@Nullable Object key) {
    if (key instanceof String text) {
      return text;
    }
    throw new IllegalArgumentException("The keys of an object are texts, not " + key);
  }

  private static BigDecimal finite(Number number) {
    if (!Double.isFinite(number.doubleValue())) {
      throw new IllegalArgumentException("Not a finite number: " + number);
    }
    return new BigDecimal(number.toString());
  }

  private static Object number(BigDecimal decimal) {
    if (Math.abs((long) decimal.precision() - decimal.scale()) > MAX_NUMBER_SCALE
        || Math.abs((long) decimal.scale()) > MAX_NUMBER_SCALE) {
      throw new IllegalArgumentException(
          "A number with an exponent or length beyond " + MAX_NUMBER_SCALE);
    }
    BigDecimal plain = decimal.stripTrailingZeros();
    boolean whole = plain.scale() <= 0 && plain.precision() - plain.scale() <= 19;
    return whole && plain.toBigInteger().bitLength() < Long.SIZE
        ? (Object) plain.longValueExact()
        : plain;
  }
}
