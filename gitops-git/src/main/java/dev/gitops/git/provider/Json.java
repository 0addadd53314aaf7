// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git.provider;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** JSON that others wrote, read within limits; and our own, written. */
final class Json {
  private static final int DEEPEST = 64;
  private static final int LONGEST_NUMBER = 40;
  private static final int LONGEST_NAME = 1_000;

  private static final JsonMapper MAPPER =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxNestingDepth(DEEPEST)
                          .maxNumberLength(LONGEST_NUMBER)
                          .maxNameLength(LONGEST_NAME)
                          .maxStringLength(Bounded.MOST)
                          .build())
                  .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                  .build())
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private Json() {}

  /** What is not there reads as a missing node, an empty body as one. */
  static JsonNode parse(byte[] bytes) throws IOException {
    if (bytes.length == 0) {
      return JsonNodeFactory.instance.objectNode();
    }
    try {
      return MAPPER.readTree(bytes);
    } catch (JacksonException e) {
      // Its message quotes the text.
      throw new IOException("it can't be parsed as JSON");
    }
  }

  static byte[] bytes(JsonNode node) {
    return node.toString().getBytes(StandardCharsets.UTF_8);
  }

  static ObjectNode object() {
    return JsonNodeFactory.instance.objectNode();
  }

  /** The text at a JSON Pointer; empty where there is none. */
  static String text(JsonNode node, String pointer) {
    JsonNode at = node.at(pointer);
    return at.isString() ? at.stringValue() : at.isNumber() ? at.asString() : "";
  }

  /** The text at a JSON Pointer, where there must be one. */
  static String required(JsonNode node, String pointer) throws IOException {
    String text = text(node, pointer);
    if (text.isEmpty()) {
      throw new IOException("The answer has no " + pointer.substring(1).replace('/', '.'));
    }
    return text;
  }

  /** What a service says of what went wrong, in the fields in which services say it. */
  static String message(byte[] body) {
    try {
      JsonNode node = parse(body.length > 100_000 ? new byte[0] : body);
      for (String pointer : new String[] {"/message", "/error/message", "/error"}) {
        JsonNode at = node.at(pointer);
        if (!at.isMissingNode()) {
          return at.isString() ? at.stringValue() : at.toString();
        }
      }
      return "";
    } catch (IOException e) {
      return ""; // the status says enough
    }
  }
}
