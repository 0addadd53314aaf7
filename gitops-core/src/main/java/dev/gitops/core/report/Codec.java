// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.report;

import dev.gitops.core.model.Origin;
import dev.gitops.core.model.Problem;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.model.Tree;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.StreamWriteFeature;
import tools.jackson.core.json.JsonWriteFeature;
import tools.jackson.databind.DatabindException;
import tools.jackson.databind.DeserializationContext;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.KeyDeserializer;
import tools.jackson.databind.MapperFeature;
import tools.jackson.databind.SerializationContext;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.cfg.MapperConfig;
import tools.jackson.databind.deser.std.StdDeserializer;
import tools.jackson.databind.introspect.AnnotatedMember;
import tools.jackson.databind.introspect.AnnotatedParameter;
import tools.jackson.databind.introspect.JacksonAnnotationIntrospector;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.module.SimpleModule;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.databind.ser.std.StdSerializer;

/**
 * Plans and reports as JSON: {@code {"format": "gitops-plan", "version": 1, "plan": {...}}}. Pure
 * ASCII without angle brackets, so that it can't act on a terminal or end a script element.
 */
final class Codec<T> {
  private static final int VERSION = 1;
  private static final JsonMapper MAPPER = mapper();

  private final String name;
  private final Class<T> type;

  Codec(String name, Class<T> type) {
    this.name = name;
    this.type = type;
  }

  String write(T value) {
    String json =
        "{\"format\":\"gitops-"
            + name
            + "\",\"version\":"
            + VERSION
            + ",\""
            + name
            + "\":"
            + MAPPER.writeValueAsString(value)
            + "}";
    // These stand in texts only, never in JSON's own syntax.
    return json.replace("<", "\\u003C")
        .replace(">", "\\u003E")
        .replace("&", "\\u0026")
        .replace("\u007f", "\\u007F");
  }

  T read(String json) {
    try {
      JsonNode document = MAPPER.readTree(json);
      JsonNode version = document.path("version");
      if (!document.path("format").asString("").equals("gitops-" + name) || !version.isInt()) {
        throw new IllegalArgumentException("Not a " + name + " as this library writes it");
      } else if (version.intValue() != VERSION) {
        throw new IllegalArgumentException(
            "This "
                + name
                + " has format version "
                + version.intValue()
                + ", but this library reads "
                + VERSION
                + (version.intValue() > VERSION ? ": use a newer one to read it" : ""));
      }
      dropNulls(document);
      T value = document.has(name) ? MAPPER.treeToValue(document.get(name), type) : null;
      if (value == null) {
        throw new IllegalArgumentException("The document has no " + name);
      }
      return value;
    } catch (JacksonException e) {
      String where =
          e.getPath().stream()
              .map(
                  step -> step.getPropertyName() == null ? step.getIndex() : step.getPropertyName())
              .map(String::valueOf)
              .collect(Collectors.joining("/", "/", ""));
      throw new IllegalArgumentException(
          "Not a valid " + name + " at " + where + ": " + Inert.text(e.getOriginalMessage()), e);
    }
  }

  /** A null is as good as nothing, but for the values that differ, where it is a value. */
  private static void dropNulls(JsonNode node) {
    if (node instanceof ObjectNode object) {
      for (String field : List.copyOf(object.propertyNames())) {
        boolean value = field.equals("from") || field.equals("to");
        if (!value && object.get(field).isNull()) {
          object.remove(field);
        } else if (!value) {
          dropNulls(object.get(field));
        }
      }
    } else if (node.isArray()) {
      node.forEach(Codec::dropNulls);
    }
  }

  private static JsonMapper mapper() {
    return JsonMapper.builder()
        .enable(JsonWriteFeature.ESCAPE_NON_ASCII)
        .enable(StreamWriteFeature.WRITE_BIGDECIMAL_AS_PLAIN)
        .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
        .enable(MapperFeature.INFER_RECORD_GETTERS_FROM_COMPONENTS_ONLY)
        .disable(
            MapperFeature.SORT_PROPERTIES_ALPHABETICALLY, MapperFeature.ALLOW_COERCION_OF_SCALARS)
        .enable(
            DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS,
            DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES,
            DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
        .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
        .enable(
            SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS, SerializationFeature.ORDER_SET_ELEMENTS)
        .changeDefaultPropertyInclusion(
            value ->
                value.withValueInclusion(
                    com.fasterxml.jackson.annotation.JsonInclude.Include.NON_NULL))
        .annotationIntrospector(new Required())
        .addModule(
            new SimpleModule("gitops-report")
                .addSerializer(String.class, new TextWriter())
                .addKeySerializer(String.class, new NameWriter())
                .addKeySerializer(ResourceId.class, new NameWriter())
                .addSerializer(ResourceId.class, new IdWriter())
                .addDeserializer(ResourceId.class, new IdReader())
                .addKeyDeserializer(ResourceId.class, new IdKeyReader())
                .addSerializer(Tree.class, new TreeWriter())
                .addDeserializer(Tree.class, new TreeReader())
                .addDeserializer(Problem.class, new ProblemReader())
                .addSerializer(Problem.class, new ProblemWriter()))
        .build();
  }

  private static final class IdWriter extends StdSerializer<ResourceId> {
    IdWriter() {
      super(ResourceId.class);
    }

    @Override
    public void serialize(ResourceId id, JsonGenerator out, SerializationContext context) {
      out.writeString(wellFormed(id.toString()));
    }
  }

  /** Half of a surrogate pair is no text, and no reader of JSON has to accept it. */
  private static String wellFormed(String text) {
    return text.chars().noneMatch(c -> Character.isSurrogate((char) c))
        ? text
        : new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
  }

  private static final class TextWriter extends StdSerializer<String> {
    TextWriter() {
      super(String.class);
    }

    @Override
    public void serialize(String text, JsonGenerator out, SerializationContext context) {
      out.writeString(wellFormed(text));
    }
  }

  private static final class NameWriter extends StdSerializer<Object> {
    NameWriter() {
      super(Object.class);
    }

    @Override
    public void serialize(Object name, JsonGenerator out, SerializationContext context) {
      out.writeName(wellFormed(name.toString()));
    }
  }

  /** What is absent would be read as null, which most components must not be. */
  private static final class Required extends JacksonAnnotationIntrospector {
    private static final long serialVersionUID = 1L;
    private static final Set<String> OPTIONAL =
        Set.of(
            "Run.revision",
            "Revision.time",
            "Change.block",
            "FieldChange.from",
            "FieldChange.to",
            "WrittenProblem.id",
            "Report.failure");

    @Override
    public @Nullable Boolean hasRequiredMarker(MapperConfig<?> config, AnnotatedMember member) {
      Class<?> owner = member.getDeclaringClass();
      if (!(member instanceof AnnotatedParameter parameter) || !owner.isRecord()) {
        return super.hasRequiredMarker(config, member);
      }
      String component = owner.getRecordComponents()[parameter.getIndex()].getName();
      return !OPTIONAL.contains(owner.getSimpleName() + "." + component);
    }
  }

  private static final class IdReader extends StdDeserializer<ResourceId> {
    IdReader() {
      super(ResourceId.class);
    }

    @Override
    public ResourceId deserialize(JsonParser parser, DeserializationContext context) {
      try {
        return ResourceId.parse(parser.getValueAsString(""));
      } catch (IllegalArgumentException e) {
        throw DatabindException.from(parser, e.getMessage(), e);
      }
    }
  }

  private static final class IdKeyReader extends KeyDeserializer {
    @Override
    public Object deserializeKey(String key, DeserializationContext context) {
      return ResourceId.parse(key);
    }
  }

  private static final class TreeWriter extends StdSerializer<Tree> {
    TreeWriter() {
      super(Tree.class);
    }

    @Override
    public void serialize(Tree tree, JsonGenerator out, SerializationContext context) {
      if (tree.value() == null) {
        out.writeNull();
      } else {
        context.writeValue(out, tree.value());
      }
    }
  }

  /** A null that is there is a value, unlike a field that is not there. */
  private static final class TreeReader extends StdDeserializer<Tree> {
    TreeReader() {
      super(Tree.class);
    }

    @Override
    public Tree deserialize(JsonParser parser, DeserializationContext context) {
      return Tree.of(context.readValue(parser, Object.class));
    }

    @Override
    public Object getNullValue(DeserializationContext context) {
      return Tree.of(null);
    }

    @Override
    public @Nullable Object getAbsentValue(DeserializationContext context) {
      return null;
    }
  }

  /**
   * What a problem may hide is code; whoever reads it must fear that it hides anything. Public,
   * since on the module path Jackson, in a module of its own, reaches nothing else.
   */
  public record WrittenProblem(Origin origin, String message, @Nullable ResourceId id) {}

  private static final class ProblemWriter extends StdSerializer<Problem> {
    ProblemWriter() {
      super(Problem.class);
    }

    @Override
    public void serialize(Problem problem, JsonGenerator out, SerializationContext context) {
      context.writeValue(
          out, new WrittenProblem(problem.origin(), problem.message(), problem.id()));
    }
  }

  private static final class ProblemReader extends StdDeserializer<Problem> {
    ProblemReader() {
      super(Problem.class);
    }

    @Override
    public Problem deserialize(JsonParser parser, DeserializationContext context) {
      WrittenProblem written = context.readValue(parser, WrittenProblem.class);
      return new Problem(written.origin(), written.message(), written.id(), (other, file) -> true);
    }
  }
}
