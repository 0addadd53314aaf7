// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.manifest;

import dev.gitops.core.model.Kind;
import dev.gitops.core.model.Metadata;
import dev.gitops.core.model.Metadata.OnChange;
import dev.gitops.core.model.Metadata.OnRemoval;
import dev.gitops.core.model.Phase;
import dev.gitops.core.model.Pointer;
import dev.gitops.core.model.ResourceId;
import java.time.DateTimeException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The shape {@code kind}, {@code metadata}, {@code spec}; stateless. */
final class GitopsShape implements DocumentShape {
  static final GitopsShape INSTANCE = new GitopsShape();

  private static final String API_VERSION = "gitops.dev/v1";
  private static final Set<String> KEYS =
      new TreeSet<>(Set.of("apiVersion", "kind", "metadata", "spec"));
  private static final Set<String> METADATA =
      new TreeSet<>(
          Set.of(
              "name",
              "scope",
              "labels",
              "dependsOn",
              "wave",
              "phase",
              "onRemoval",
              "onChange",
              "timeout"));
  private static final Duration LONGEST = Duration.ofDays(1);
  private static final Pattern SHORT_DURATION =
      Pattern.compile("(?:(\\d{1,9})h)?(?:(\\d{1,9})m)?(?:(\\d{1,9})s)?(?:(\\d{1,9})ms)?");

  private GitopsShape() {}

  /** Users read it in messages, to whom a class says nothing. */
  @Override
  public String identity() {
    return API_VERSION;
  }

  @Override
  public void read(ParsedDocument document) {
    if (!(document.tree().value() instanceof Map<?, ?>)) {
      document.unsure("", "A manifest is an object with kind, metadata and spec");
      return;
    }
    new Reading(document).read();
  }

  /** The reading of one document. */
  private static final class Reading {
    private final ParsedDocument document;
    private final Map<String, @Nullable Object> top;
    private final List<BiConsumer<ParsedDocument, ResourceId>> wrong = new ArrayList<>();
    private boolean unsure;

    Reading(ParsedDocument document) {
      this.document = document;
      this.top = document.tree().fields();
    }

    void read() {
      unknown(top.keySet(), KEYS, "");
      Object version = top.getOrDefault("apiVersion", API_VERSION);
      if (!API_VERSION.equals(version)) {
        unsure("/apiVersion", "apiVersion is " + API_VERSION + ", or left out");
      }
      String kind = identifier(top, "kind", "", true);
      if (kind != null && kind.equals(Kind.ANY)) {
        unsure("/kind", "'" + Kind.ANY + "' is not the name of a kind");
      }
      Object metadata = top.get("metadata");
      if (!(metadata instanceof Map<?, ?>)) {
        unsure("/metadata", "metadata, an object with at least a name, is missing");
        return;
      }
      Map<String, @Nullable Object> fields = document.tree().at("/metadata").orElseThrow().fields();
      unknown(fields.keySet(), METADATA, "/metadata");
      String name = identifier(fields, "name", "/metadata", true);
      String scope = identifier(fields, "scope", "/metadata", false);
      Metadata read = metadata(fields);
      Object spec = top.get("spec");
      if (spec != null && !(spec instanceof Map<?, ?>)) {
        wrong("/spec", "spec is an object, not " + type(spec));
      }
      if (kind == null || name == null || scope == null || unsure) {
        wrong.forEach(one -> one.accept(document, null));
        return;
      }
      ResourceId id = new ResourceId(kind, scope, name);
      document.declare(id, read, "/spec");
      wrong.forEach(one -> one.accept(document, id));
    }

    private Metadata metadata(Map<String, @Nullable Object> fields) {
      Map<String, String> labels = labels(fields);
      List<ResourceId> dependsOn = dependsOn(fields);
      int wave = wave(fields);
      Phase phase = choice(fields, "phase", Phase.SYNC);
      OnRemoval onRemoval = choice(fields, "onRemoval", OnRemoval.DELETE);
      OnChange onChange = choice(fields, "onChange", OnChange.UPDATE);
      return new Metadata(labels, dependsOn, wave, phase, onRemoval, onChange, timeout(fields));
    }

    private Map<String, String> labels(Map<String, @Nullable Object> fields) {
      Map<String, String> labels = new LinkedHashMap<>();
      if (!(fields.get("labels") instanceof Map<?, ?> map)) {
        expected(fields, "labels", "an object of texts");
        return labels;
      }
      map.forEach(
          (key, value) -> {
            if (value instanceof String text) {
              labels.put((String) key, text);
            } else {
              String pointer = Pointer.child("/metadata/labels", (String) key);
              wrong(pointer, "A label is text, not " + type(value) + "; put it in quotes");
            }
          });
      return labels;
    }

    private List<ResourceId> dependsOn(Map<String, @Nullable Object> fields) {
      List<ResourceId> ids = new ArrayList<>();
      if (!(fields.get("dependsOn") instanceof List<?> list)) {
        expected(fields, "dependsOn", "a list of Kind/name or Kind/scope/name");
        return ids;
      }
      for (int i = 0; i < list.size(); i++) {
        try {
          ids.add(ResourceId.parse(list.get(i) instanceof String text ? text : ""));
        } catch (IllegalArgumentException e) {
          wrong("/metadata/dependsOn/" + i, "A dependency is Kind/name or Kind/scope/name");
        }
      }
      return ids;
    }

    private int wave(Map<String, @Nullable Object> fields) {
      if (fields.get("wave") instanceof Long wave && wave.intValue() == wave) {
        return wave.intValue();
      }
      expected(fields, "wave", "a whole number");
      return 0;
    }

    private <E extends Enum<E>> E choice(
        Map<String, @Nullable Object> fields, String key, E standard) {
      Object value = fields.get(key);
      Map<String, E> choices = new LinkedHashMap<>();
      for (E choice : standard.getDeclaringClass().getEnumConstants()) {
        choices.put(choice.name().toLowerCase(Locale.ROOT).replace('_', '-'), choice);
      }
      E chosen = value instanceof String text ? choices.get(text) : null;
      if (chosen != null) {
        return chosen;
      }
      expected(fields, key, "one of " + String.join(", ", choices.keySet()));
      return standard;
    }

    private @Nullable Duration timeout(Map<String, @Nullable Object> fields) {
      if (fields.get("timeout") instanceof String text) {
        Duration timeout = duration(text);
        if (timeout != null
            && !timeout.isNegative()
            && !timeout.isZero()
            && timeout.compareTo(LONGEST) <= 0) {
          return timeout;
        }
      }
      expected(fields, "timeout", "a time above 0 and up to a day, such as 30s, 5m or PT30S");
      return null;
    }

    /** A part of the id; null if it is missing, though required, or wrong. */
    private @Nullable String identifier(
        Map<String, @Nullable Object> fields, String key, String parent, boolean required) {
      String pointer = parent + "/" + key;
      Object value = fields.get(key);
      if (!fields.containsKey(key)) {
        if (required) {
          unsure(pointer, pointer.substring(1).replace('/', '.') + " is missing");
        }
        return required ? null : "";
      } else if (!(value instanceof String text)) {
        unsure(pointer, key + " is text, not " + type(value) + "; put it in quotes");
        return null;
      } else if (text.isEmpty() && !required) {
        return "";
      } else if (text.isBlank()
          || text.length() > 1_000
          || text.chars().anyMatch(Character::isISOControl)) {
        unsure(pointer, key + " is one line of text, neither empty nor longer than 1,000");
        return null;
      } else {
        return text;
      }
    }

    /** Reports a key that is there but does not have a value of the type expected. */
    private void expected(Map<String, @Nullable Object> fields, String key, String what) {
      if (fields.containsKey(key)) {
        wrong("/metadata/" + key, key + " is " + what);
      }
    }

    /** An unknown key may be a misspelt part of the id, so what is declared is uncertain. */
    private void unknown(Set<String> keys, Set<String> known, String parent) {
      for (String key : keys) {
        if (!known.contains(key)) {
          String nearest = key.equals("namespace") ? "scope" : Spelling.nearest(key, known);
          unsure(
              Pointer.child(parent, key),
              "Unknown key '%s' in %s; %s"
                  .formatted(
                      ManifestText.cut(key),
                      parent.isEmpty() ? "a manifest" : parent.substring(1),
                      nearest == null
                          ? "known are " + String.join(", ", known)
                          : "did you mean '" + nearest + "'?"));
        }
      }
    }

    private void unsure(String pointer, String message) {
      unsure = true;
      document.unsure(pointer, message);
    }

    private void wrong(String pointer, String message) {
      wrong.add(
          (parsed, id) -> {
            if (id == null) {
              parsed.unsure(pointer, message);
            } else {
              parsed.wrong(id, pointer, message);
            }
          });
    }
  }

  private static @Nullable Duration duration(String text) {
    Matcher parts = SHORT_DURATION.matcher(text);
    if (!text.isEmpty() && parts.matches()) {
      return Duration.ofHours(number(parts.group(1)))
          .plusMinutes(number(parts.group(2)))
          .plusSeconds(number(parts.group(3)))
          .plusMillis(number(parts.group(4)));
    }
    try {
      return text.length() > 40 ? null : Duration.parse(text);
    } catch (DateTimeException e) {
      return null;
    }
  }

  private static long number(@Nullable String digits) {
    return digits == null ? 0 : Long.parseLong(digits);
  }

  private static String type(@Nullable Object value) {
    if (value == null) {
      return "nothing";
    } else if (value instanceof Map<?, ?>) {
      return "an object";
    } else if (value instanceof List<?>) {
      return "a list";
    } else {
      return value instanceof Boolean ? "a boolean" : value instanceof String ? "text" : "a number";
    }
  }
}
