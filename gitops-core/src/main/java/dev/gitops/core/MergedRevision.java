// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core;

import dev.gitops.core.model.Revision;
import dev.gitops.core.model.Snapshot;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * How the revision of several parts is called: {@code <digest>:shared=<id>+team=<id>}. The digest,
 * of what follows, comes first so that the id cut short differs whichever part has moved; who names
 * a revision by hand leaves it out.
 */
final class MergedRevision {
  private static final int DIGEST = 12;
  private static final Pattern DIGESTED = Pattern.compile("[0-9a-f]{12}:.*", Pattern.DOTALL);

  private MergedRevision() {}

  /** The revision of all these. */
  static Revision of(Map<String, Snapshot> parts) {
    Map<String, String> ids = new LinkedHashMap<>();
    parts.forEach((name, snapshot) -> ids.put(name, snapshot.revision().id()));
    List<Revision> revisions = parts.values().stream().map(Snapshot::revision).toList();
    Instant newest =
        revisions.stream()
            .map(Revision::time)
            .filter(Objects::nonNull)
            .max(Comparator.naturalOrder())
            .orElse(null);
    String message =
        parts.entrySet().stream()
            .filter(part -> !part.getValue().revision().subject().isEmpty())
            .map(part -> part.getKey() + ": " + part.getValue().revision().subject())
            .collect(Collectors.joining("; "));
    return new Revision(
        compose(ids),
        distinct(revisions.stream().map(Revision::author).toList()),
        distinct(revisions.stream().map(Revision::committer).toList()),
        newest,
        message);
  }

  private static String distinct(List<String> people) {
    return people.stream()
        .filter(one -> !one.isEmpty())
        .distinct()
        .collect(Collectors.joining(", "));
  }

  /** In the order of the map. */
  static String compose(Map<String, String> ids) {
    String text =
        ids.entrySet().stream()
            .map(part -> part.getKey() + "=" + escape(part.getValue()))
            .collect(Collectors.joining("+"));
    return digest(text) + ":" + text;
  }

  /**
   * The ids by part.
   *
   * @param known how the parts are called; some may be left out
   * @throws IllegalArgumentException for anything else
   */
  static Map<String, String> parse(String revision, Set<String> known) {
    String text = revision;
    if (DIGESTED.matcher(revision).matches()) {
      text = revision.substring(DIGEST + 1);
      if (!revision.startsWith(digest(text))) {
        throw refused(revision, known, "does not fit what stands before its colon: leave that out");
      }
    }
    Map<String, String> ids = new LinkedHashMap<>();
    for (String part : new ArrayList<>(List.of(text.split("\\+", -1)))) {
      int equals = part.indexOf('=');
      String name = equals < 0 ? part : part.substring(0, equals);
      if (equals < 0 || equals == part.length() - 1 || !known.contains(name)) {
        throw refused(revision, known, "does not name revisions of parts");
      }
      if (ids.put(name, unescape(part.substring(equals + 1))) != null) {
        throw refused(revision, known, "names part '" + name + "' twice");
      }
    }
    return ids;
  }

  private static IllegalArgumentException refused(
      String revision, Set<String> known, String message) {
    String shown = revision.length() > 200 ? revision.substring(0, 200) + "..." : revision;
    return new IllegalArgumentException(
        "'%s' %s; a revision of merged sources is called %s"
            .formatted(
                shown,
                message,
                known.stream().map(name -> name + "=<id>").collect(Collectors.joining("+"))));
  }

  private static String escape(String id) {
    return id.replace("%", "%25").replace("+", "%2B");
  }

  private static String unescape(String id) {
    return id.replace("%2B", "+").replace("%25", "%");
  }

  private static String digest(String text) {
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(hash).substring(0, DIGEST);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
