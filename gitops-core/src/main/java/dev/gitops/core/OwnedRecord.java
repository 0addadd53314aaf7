// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core;

import dev.gitops.core.model.Metadata.OnRemoval;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.model.Tree;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** How an inventory entry is written: JSON, of which what has its default is left out. */
final class OwnedRecord {
  private OwnedRecord() {}

  static String write(Owned owned) {
    Map<String, @Nullable Object> fields = new LinkedHashMap<>();
    fields.put("state", owned.state().name());
    put(fields, "digest", owned.digest(), "");
    put(fields, "handle", owned.handle(), null);
    put(fields, "doomed", owned.doomed(), null);
    put(fields, "edges", owned.edges().stream().map(ResourceId::toString).toList(), List.of());
    put(fields, "wave", owned.wave(), 0);
    put(fields, "onRemoval", owned.onRemoval().name(), "DELETE");
    put(fields, "file", owned.file(), "");
    put(fields, "labels", owned.labels(), Map.of());
    put(fields, "at", owned.at() == null ? null : owned.at().toString(), null);
    return Tree.of(fields).toString();
  }

  static Owned read(ResourceId id, Tree record) {
    Map<String, @Nullable Object> fields = record.fields();
    return new Owned(
        id,
        Owned.State.valueOf(text(fields, "state", "")),
        text(fields, "digest", ""),
        (String) fields.get("handle"),
        (String) fields.get("doomed"),
        record
            .at("/edges")
            .map(edges -> edges.items().stream().map(e -> ResourceId.parse((String) e)).toList())
            .orElse(List.of()),
        (int) (long) (Long) fields.getOrDefault("wave", 0L),
        OnRemoval.valueOf(text(fields, "onRemoval", "DELETE")),
        text(fields, "file", "").intern(), // one file often declares thousands
        labels(record),
        fields.get("at") == null ? null : Instant.parse(text(fields, "at", "")));
  }

  private static Map<String, String> labels(Tree record) {
    Map<String, String> labels = new LinkedHashMap<>();
    record
        .at("/labels")
        .ifPresent(
            tree -> tree.fields().forEach((name, value) -> labels.put(name, (String) value)));
    return Map.copyOf(labels);
  }

  private static String text(Map<String, @Nullable Object> fields, String name, String otherwise) {
    Object value = fields.get(name);
    return value == null ? otherwise : (String) value;
  }

  private static void put(
      Map<String, @Nullable Object> fields,
      String name,
      @Nullable Object value,
      @Nullable Object otherwise) {
    if (value != null && !value.equals(otherwise)) {
      fields.put(name, value);
    }
  }
}
