// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core;

import dev.gitops.core.model.ResourceId;
import dev.gitops.core.model.Revision;
import dev.gitops.core.model.Tree;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A component that went back: its declarations at one revision failed, and are replaced by those of
 * an earlier one until one of them is declared anew.
 *
 * @param from the revision at which it failed
 * @param to the revision whose declarations are used instead
 * @param since when that was decided
 * @param why what failed
 * @param members everything that goes back, with the digest of the declaration that failed; empty
 *     for what was not declared
 */
record Fallback(String from, String to, String since, String why, Map<ResourceId, String> members) {
  static final String PREFIX = "bad/";

  Fallback {
    members = new TreeMap<>(members);
  }

  /** Under which it is remembered. */
  String key() {
    return PREFIX + members.keySet().iterator().next();
  }

  Tree write() {
    Map<String, @Nullable Object> digests = new LinkedHashMap<>();
    members.forEach((id, digest) -> digests.put(id.toString(), digest));
    return Tree.of(Map.of("from", from, "to", to, "since", since, "why", why, "members", digests));
  }

  static Fallback read(Tree record) {
    Map<ResourceId, String> members = new TreeMap<>();
    record
        .at("/members")
        .ifPresent(
            tree ->
                tree.fields()
                    .forEach((id, digest) -> members.put(ResourceId.parse(id), (String) digest)));
    return new Fallback(
        text(record, "/from"),
        text(record, "/to"),
        text(record, "/since"),
        text(record, "/why"),
        members);
  }

  private static String text(Tree record, String pointer) {
    return record.at(pointer).map(Tree::text).orElse("");
  }

  @Override
  public String toString() {
    return "%s went back from revision %s to %s: %s"
        .formatted(
            members.keySet().stream().map(ResourceId::toString).collect(Collectors.joining(", ")),
            Revision.of(from).shortId(),
            Revision.of(to).shortId(),
            why);
  }
}
