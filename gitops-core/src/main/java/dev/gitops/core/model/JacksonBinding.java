// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.model;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.ObjectReader;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.util.TokenBuffer;

/**
 * Binds by Jackson. What fits is bound in one pass; only what does not fit is gone through again,
 * to find everything that is wrong with it.
 */
final class JacksonBinding<T> implements Binding<T> {
  static final JsonMapper STRICT = StrictMapper.create();

  private final Class<T> type;
  private final JsonMapper mapper;
  private final ObjectReader reader;
  private final SpecType shape;

  JacksonBinding(Class<T> type, JsonMapper mapper) {
    this.type = type;
    this.mapper = mapper;
    this.reader = mapper.readerFor(type);
    this.shape = new SpecType(type, mapper);
  }

  @Override
  public T bind(Tree spec, Kind<T> kind) throws BindingException {
    return bind(reader, spec, kind);
  }

  @Override
  public T rebind(Tree spec, Kind<T> kind) throws BindingException {
    return bind(reader.without(DeserializationFeature.FAIL_ON_IGNORED_PROPERTIES), spec, kind);
  }

  @Override
  public void requireField(String pattern) {
    shape.requireField(pattern);
  }

  private T bind(ObjectReader by, Tree spec, Kind<T> kind) throws BindingException {
    Object plain = withoutNulls(spec.value());
    if (plain == null) {
      throw new BindingException(
          List.of(new BindingException.Violation("", "The spec is missing")));
    }
    try {
      return Objects.requireNonNull(type.cast(read(by, plain)));
    } catch (JacksonException e) {
      // Not as the cause: its message may quote a secret field.
      throw new BindingException(new BindingViolations(by, plain, kind).all());
    }
  }

  @Override
  public Tree tree(T value) {
    return Tree.of(withoutNulls(mapper.convertValue(value, Object.class)));
  }

  static @Nullable Object read(ObjectReader reader, @Nullable Object plain) {
    try (TokenBuffer buffer = TokenBuffer.forGeneration()) {
      write(buffer, plain);
      return reader.readValue(buffer);
    }
  }

  private static void write(TokenBuffer out, @Nullable Object value) {
    if (value instanceof Map<?, ?> map) {
      out.writeStartObject();
      map.forEach(
          (name, field) -> {
            out.writeName((String) name);
            write(out, field);
          });
      out.writeEndObject();
    } else if (value instanceof List<?> list) {
      out.writeStartArray();
      list.forEach(item -> write(out, item));
      out.writeEndArray();
    } else if (value instanceof String text) {
      out.writeString(text);
    } else if (value instanceof Long number) {
      out.writeNumber((long) number);
    } else if (value instanceof BigDecimal decimal) {
      if (decimal.scale() <= 0) {
        out.writeNumber(decimal.toBigIntegerExact());
      } else {
        out.writeNumber(decimal);
      }
    } else if (value instanceof Boolean flag) {
      out.writeBoolean(flag);
    } else {
      out.writeNull();
    }
  }

  /** A null field is an undeclared one; a null item of a list keeps its place. */
  private static @Nullable Object withoutNulls(@Nullable Object value) {
    if (value instanceof Map<?, ?> map) {
      Map<Object, Object> fields = new LinkedHashMap<>(map.size() * 4 / 3 + 1);
      map.forEach(
          (name, field) -> {
            Object clean = withoutNulls(field);
            if (clean != null) {
              fields.put(name, clean);
            }
          });
      return fields;
    } else if (value instanceof List<?> list) {
      List<@Nullable Object> items = new ArrayList<>(list.size());
      list.forEach(item -> items.add(withoutNulls(item)));
      return items;
    }
    return value;
  }
}
