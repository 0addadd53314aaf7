// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.manifest;

import dev.gitops.core.model.Document;
import dev.gitops.core.model.Kind;
import dev.gitops.core.model.Observed;
import dev.gitops.core.model.Pointer;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.model.Tree;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * A live resource as the text of a manifest. Fields are sorted, and items where their order means
 * nothing, since a target may give them in another order each time.
 */
final class ExportText {
  private final Kind<?> kind;
  private final TreeSet<String> secret = new TreeSet<>();

  private ExportText(Kind<?> kind) {
    this.kind = kind;
  }

  /** Stands for what is left out. */
  private static final Object NOTHING = new Object();

  static <T> String of(Kind<T> kind, Observed<T> observed) throws IOException {
    ExportText export = new ExportText(kind);
    ResourceId id = observed.id();
    Object spec = export.tidy(kind.tree(observed.value()).value(), "");
    Map<String, @Nullable Object> manifest = new LinkedHashMap<>();
    manifest.put("kind", id.kind());
    manifest.put(
        "metadata",
        id.scope().isEmpty()
            ? Map.of("name", id.name())
            : new TreeMap<>(Map.of("name", id.name(), "scope", id.scope())));
    manifest.put("spec", spec == NOTHING ? Map.of() : spec);
    StringBuilder text = new StringBuilder();
    for (String pointer : export.secret) {
      text.append("# Secret, so it is not written here: ").append(inert(pointer)).append('\n');
    }
    try {
      text.append(YamlWriter.block(manifest, 0));
    } catch (IllegalArgumentException e) {
      throw new IOException(shown(id) + " can't be exported: " + e.getMessage(), e);
    }
    requireSame(id, Tree.of(manifest.get("spec")), text.toString());
    return text.toString();
  }

  private static String inert(String pointer) {
    String quoted = YamlWriter.doubleQuoted(pointer);
    return quoted.substring(1, quoted.length() - 1);
  }

  private @Nullable Object tidy(@Nullable Object value, String pointer) {
    if (kind.isSecret(pointer)) {
      secret.add(pointer);
      return NOTHING;
    } else if (kind.isIgnored(pointer)) {
      return NOTHING;
    } else if (value instanceof Map<?, ?> map) {
      return fields(map, pointer);
    } else if (value instanceof List<?> list) {
      return items(list, pointer);
    }
    return value;
  }

  private Object fields(Map<?, ?> map, String pointer) {
    Map<String, @Nullable Object> fields = new TreeMap<>();
    for (Map.Entry<?, ?> field : map.entrySet()) {
      String name = (String) field.getKey();
      Object value = tidy(field.getValue(), Pointer.child(pointer, name));
      if (value != NOTHING) {
        fields.put(name, value);
      }
    }
    return fields.isEmpty() && !map.isEmpty() ? NOTHING : fields;
  }

  /** A list without some of its items, or with a part of one, would declare something else. */
  private Object items(List<?> list, String pointer) {
    List<@Nullable Object> items = new ArrayList<>();
    for (int i = 0; i < list.size(); i++) {
      Object item = list.get(i);
      Object tidied = tidy(item, Pointer.child(pointer, String.valueOf(i)));
      if (tidied == NOTHING || !Tree.of(tidied).equals(Tree.of(item))) {
        return NOTHING;
      }
      items.add(tidied);
    }
    Optional<String> key = kind.listKey(pointer);
    if (kind.isSet(pointer) || key.isPresent()) {
      items.sort(
          Comparator.comparing(
              item ->
                  key.flatMap(field -> Tree.of(item).at(Pointer.child("", field)))
                          .map(Tree::text)
                          .orElse("")
                      + "\0"
                      + Tree.of(item)));
    }
    return items;
  }

  private static void requireSame(ResourceId id, Tree spec, String text) throws IOException {
    Declarations read =
        ManifestReader.create()
            .helpers(Runnable::run)
            .read("export.yaml", text.getBytes(StandardCharsets.UTF_8));
    List<Document> documents = read.documents();
    if (!read.problems().isEmpty()
        || documents.size() != 1
        || !documents.get(0).resource().id().equals(id)
        || !documents.get(0).resource().spec().equals(spec)) {
      throw new IOException(
          shown(id) + " can't be exported as a manifest that says the same: " + read.problems());
    }
  }

  private static String shown(ResourceId id) {
    return Tree.of(id.toString()).toString();
  }
}
