// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.model;

import dev.gitops.core.model.BindingException.Violation;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.TemporalAccessor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.databind.DeserializationContext;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.ObjectReader;
import tools.jackson.databind.ValueDeserializer;
import tools.jackson.databind.deser.DeserializationProblemHandler;
import tools.jackson.databind.exc.IgnoredPropertyException;
import tools.jackson.databind.exc.MismatchedInputException;
import tools.jackson.databind.exc.ValueInstantiationException;

/**
 * Everything that is wrong with a spec. Jackson stops at the first field that does not fit, so that
 * field is mended in a copy and the copy is tried again, until it fits or can't be mended.
 */
final class BindingViolations {
  private static final int MOST = 50;
  private static final int LONGEST_QUOTE = 60;
  private static final int DEEPEST = 8;

  private final ObjectReader reader;
  private final @Nullable Object plain;
  private final Kind<?> kind;
  private final Map<String, Violation> found = new LinkedHashMap<>();

  BindingViolations(ObjectReader reader, @Nullable Object plain, Kind<?> kind) {
    this.reader =
        reader.isEnabled(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            ? reader.withHandler(new UnknownProperties())
            : reader;
    this.plain = plain;
    this.kind = kind;
  }

  List<Violation> all() {
    Object mended = plain;
    Map<String, Integer> attempts = new HashMap<>();
    while (found.size() < MOST) {
      try {
        JacksonBinding.read(reader, mended);
        break;
      } catch (JacksonException e) {
        if (e instanceof ValueInstantiationException && !found.isEmpty()) {
          // The type's own checks may only dislike what was put in to mend.
          break;
        }
        String pointer = pointer(e);
        found.putIfAbsent(pointer, new Violation(pointer, describe(pointer, e)));
        int attempt = attempts.merge(pointer, 1, Integer::sum);
        Object standIn = attempt == 1 ? null : standIn(e);
        if (pointer.isEmpty() || attempt > 2 || (attempt == 2 && standIn == null)) {
          break;
        }
        mended = put(mended, Pointer.tokens(pointer), standIn);
      }
    }
    return inOrder();
  }

  private List<Violation> inOrder() {
    List<String> order = new ArrayList<>();
    pointers("", plain, order);
    Map<String, Integer> places = new HashMap<>();
    order.forEach(pointer -> places.put(pointer, places.size()));
    List<Violation> violations = new ArrayList<>(found.values());
    violations.sort(
        Comparator.comparingInt(v -> places.getOrDefault(v.pointer(), Integer.MAX_VALUE)));
    return violations;
  }

  private static void pointers(String pointer, @Nullable Object value, List<String> into) {
    into.add(pointer);
    if (value instanceof Map<?, ?> map) {
      map.forEach(
          (name, field) -> pointers(Pointer.child(pointer, String.valueOf(name)), field, into));
    } else if (value instanceof List<?> list) {
      for (int i = 0; i < list.size(); i++) {
        pointers(pointer + "/" + i, list.get(i), into);
      }
    }
  }

  private static String pointer(JacksonException e) {
    String pointer = "";
    for (JacksonException.Reference step : e.getPath()) {
      String name = step.getPropertyName();
      pointer = Pointer.child(pointer, name == null ? String.valueOf(step.getIndex()) : name);
    }
    return pointer;
  }

  private String describe(String pointer, JacksonException e) {
    Tree at = Tree.of(plain).at(pointer).orElse(null);
    String field = pointer.isEmpty() ? "The spec" : pointer.substring(1);
    if (e instanceof ValueInstantiationException && e.getCause() != null) {
      return field + ": " + unlessSecret(pointer, String.valueOf(e.getCause().getMessage()));
    }
    if (e instanceof IgnoredPropertyException) {
      return field + " can't be declared: it is only read";
    }
    Class<?> wanted = e instanceof MismatchedInputException m ? m.getTargetType() : null;
    if (wanted == null) {
      return field + ": " + unlessSecret(pointer, e.getOriginalMessage());
    }
    String expected = expected(wanted);
    if (at == null || at.value() == null) {
      return field + " is required: " + expected;
    }
    boolean shown = !referring(wanted, 0) && !insideReference(e);
    return field + " must be " + expected + ", not " + quote(pointer, at, shown);
  }

  private String unlessSecret(String pointer, String message) {
    boolean mayQuote = secret(pointer);
    for (String pattern : kind.secrets()) {
      mayQuote |= Pointer.tokens(pattern).size() > Pointer.tokens(pointer).size();
    }
    return mayQuote
        ? "not accepted by the type; why is not shown, since it could quote a secret field"
        : cut(message.lines().findFirst().orElse(""), 300);
  }

  /** Where a reference belongs, or could be below, a secret may have been put in its place. */
  private static boolean referring(Class<?> type, int depth) {
    if (type == SecretRef.class) {
      return true;
    }
    return type.isRecord()
        && depth < DEEPEST
        && Arrays.stream(type.getRecordComponents())
            .anyMatch(component -> referring(component.getType(), depth + 1));
  }

  private static boolean insideReference(JacksonException e) {
    return e.getPath().stream()
        .anyMatch(step -> step.from() == SecretRef.class || step.from() instanceof SecretRef);
  }

  private String quote(String pointer, Tree value, boolean shown) {
    if (value.value() instanceof Map) {
      return "an object";
    } else if (value.value() instanceof List) {
      return "a list";
    } else if (secret(pointer)) {
      return "what stands there";
    } else if (!shown) {
      String sort = value.value() instanceof String ? "a text" : "a number";
      return (value.value() instanceof Boolean ? "a boolean" : sort) + " (not shown)";
    }
    String sort =
        value.value() instanceof String
            ? "the text "
            : value.value() instanceof Boolean ? "" : "the number ";
    return sort + cut(value.toString(), LONGEST_QUOTE);
  }

  /** Items of keyed lists are called by their key in patterns, but by their index here. */
  private boolean secret(String pointer) {
    return kind.isSecret(pointer)
        || kind.secrets().stream()
            .anyMatch(pattern -> Pointer.covers(pattern.replaceAll("/[^/]*=[^/]*", "/*"), pointer));
  }

  private static String cut(String text, int most) {
    return text.length() <= most ? text : text.substring(0, most) + "…";
  }

  private static String expected(Class<?> type) {
    if (type == byte.class || type == Byte.class) {
      return "a whole number from -128 to 127";
    } else if (type == short.class || type == Short.class) {
      return "a whole number from -32768 to 32767";
    } else if (type == int.class || type == Integer.class) {
      return "a whole number from -2147483648 to 2147483647";
    } else if (type == long.class || type == Long.class || type == BigInteger.class) {
      return "a whole number";
    } else if (type == double.class
        || type == float.class
        || type == Double.class
        || type == Float.class
        || type == BigDecimal.class) {
      return "a number";
    } else if (type == boolean.class || type == Boolean.class) {
      return "true or false";
    } else if (type == String.class || type == char.class || type == Character.class) {
      return type == String.class ? "a text (quote it)" : "one character";
    } else if (type.isEnum()) {
      return "one of " + names(type);
    } else if (type == Duration.class) {
      return "a duration such as \"PT1H30M\"";
    } else if (type == Instant.class) {
      return "a point in time such as \"2026-01-31T12:00:00Z\"";
    } else if (TemporalAccessor.class.isAssignableFrom(type)) {
      return "a " + type.getSimpleName() + " as ISO 8601 text";
    } else if (Collection.class.isAssignableFrom(type) || type.isArray()) {
      return "a list";
    }
    return type == SecretRef.class ? "{secretRef: \"...\"}" : "an object";
  }

  private static String names(Class<?> type) {
    List<String> names = new ArrayList<>();
    for (Object constant : type.getEnumConstants()) {
      names.add(String.valueOf(JacksonBinding.STRICT.convertValue(constant, Object.class)));
    }
    return cut(String.join(", ", names), 300);
  }

  /** What any primitive component takes; null where nothing is known to fit. */
  private static @Nullable Object standIn(JacksonException e) {
    Class<?> type = e instanceof MismatchedInputException m ? m.getTargetType() : null;
    if (type == null || !type.isPrimitive()) {
      return null;
    }
    return type == boolean.class ? (Object) false : type == char.class ? "x" : 0L;
  }

  private static @Nullable Object put(
      @Nullable Object in, List<String> tokens, @Nullable Object value) {
    if (tokens.isEmpty()) {
      return value;
    }
    String token = tokens.get(0);
    List<String> rest = tokens.subList(1, tokens.size());
    if (in instanceof Map<?, ?> map) {
      Map<Object, @Nullable Object> copy = new LinkedHashMap<>(map);
      Object below = put(map.get(token), rest, value);
      if (below == null) {
        copy.remove(token);
      } else {
        copy.put(token, below);
      }
      return copy;
    } else if (in instanceof List<?> list && Pointer.index(token) >= 0) {
      List<@Nullable Object> copy = new ArrayList<>(list);
      int index = Pointer.index(token);
      copy.set(index, put(list.get(index), rest, value));
      return copy;
    }
    return in;
  }

  private final class UnknownProperties extends DeserializationProblemHandler {
    @Override
    public boolean handleUnknownProperty(
        DeserializationContext context,
        JsonParser parser,
        ValueDeserializer<?> deserializer,
        Object beanOrClass,
        String name) {
      String pointer = parser.streamReadContext().pathAsPointer().toString();
      Collection<Object> known =
          deserializer == null || deserializer.getKnownPropertyNames() == null
              ? List.of()
              : deserializer.getKnownPropertyNames();
      TreeSet<String> names = new TreeSet<>();
      known.forEach(one -> names.add(String.valueOf(one)));
      String hint =
          closest(name, names)
              .map(close -> "did you mean " + close + "?")
              .orElse(names.isEmpty() ? "it has none" : "known are " + String.join(", ", names));
      if (found.size() < MOST) {
        found.putIfAbsent(
            pointer,
            new Violation(
                pointer,
                "Unknown property " + cut(pointer.substring(1), 200) + ": " + cut(hint, 300)));
      }
      parser.skipChildren();
      return true;
    }
  }

  private static Optional<String> closest(String name, Collection<String> candidates) {
    String best = null;
    int least = Math.max(1, Math.min(name.length(), 30) / 3) + 1;
    for (String candidate : candidates) {
      int distance =
          distance(cut(name, 100).toLowerCase(Locale.ROOT), candidate.toLowerCase(Locale.ROOT));
      if (distance < least) {
        least = distance;
        best = candidate;
      }
    }
    return Optional.ofNullable(best);
  }

  private static int distance(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int changed = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(changed, Math.min(row[j], row[j - 1]) + 1);
      }
    }
    return row[b.length()];
  }
}
