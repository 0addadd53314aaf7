// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core;

import dev.gitops.core.model.Command;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.model.Selection;
import dev.gitops.core.model.Tree;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/** How a command is written into an inbox. */
final class CommandRecord {
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final long FORMAT = 1;

  private CommandRecord() {}

  static String write(Command command) {
    Map<String, @Nullable Object> fields = new LinkedHashMap<>();
    fields.put("format", FORMAT);
    fields.put("id", command.id());
    fields.put("verb", command.verb().name());
    fields.put(
        "ids", command.selection().ids().stream().map(ResourceId::toString).sorted().toList());
    fields.put("kinds", command.selection().kinds().stream().sorted().toList());
    fields.put("scopes", command.selection().scopes().stream().sorted().toList());
    fields.put("labels", new TreeMap<>(command.selection().labels()));
    fields.put("digests", command.digests().stream().sorted().toList());
    fields.put("arguments", new TreeMap<>(command.arguments()));
    fields.put("by", command.by());
    fields.put("at", command.at().toString());
    fields.put("reason", command.reason());
    return Tree.of(fields).toString();
  }

  static Command read(String text) throws IOException {
    try {
      Tree record = Tree.of(JSON.readValue(text, Object.class));
      if (!record.at("/format").equals(java.util.Optional.of(Tree.of(FORMAT)))) {
        throw new IOException(
            "A command of an unknown format: "
                + record.at("/format").map(Tree::text).orElse("none"));
      }
      Selection selection =
          new Selection(
              texts(record, "/ids").stream().map(ResourceId::parse).collect(Collectors.toSet()),
              Set.copyOf(texts(record, "/kinds")),
              Set.copyOf(texts(record, "/scopes")),
              map(record, "/labels"));
      Map<String, String> arguments = map(record, "/arguments");
      String expires = arguments.getOrDefault("expires", "");
      if (!expires.isEmpty()) {
        arguments.put("expires", Instant.parse(expires).toString());
      }
      return new Command(
          text(record, "/id"),
          Command.Verb.valueOf(text(record, "/verb")),
          selection,
          Set.copyOf(texts(record, "/digests")),
          arguments,
          text(record, "/by"),
          Instant.parse(text(record, "/at")),
          text(record, "/reason"));
    } catch (JacksonException | IllegalArgumentException | DateTimeException e) {
      throw new IOException("Not a command: " + e.getMessage(), e);
    }
  }

  private static String text(Tree record, String pointer) {
    return record.at(pointer).map(Tree::text).orElse("");
  }

  private static List<String> texts(Tree record, String pointer) {
    return record
        .at(pointer)
        .map(list -> list.items().stream().map(String::valueOf).toList())
        .orElse(List.of());
  }

  private static Map<String, String> map(Tree record, String pointer) {
    Map<String, String> map = new TreeMap<>();
    record
        .at(pointer)
        .ifPresent(
            tree -> tree.fields().forEach((name, value) -> map.put(name, String.valueOf(value))));
    return map;
  }
}
