// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.manifest;

import dev.gitops.core.model.ResourceId;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The file of a resource: {@code topic/orders.yaml}, or {@code table/shop/orders.yaml} inside a
 * scope. Names that no file may have everywhere, or that another might be the same as where case is
 * folded, are made plain and get a part of their hash, so that the file depends on nothing but the
 * id.
 */
final class ExportName {
  private static final Pattern PLAIN = Pattern.compile("[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_-])?");
  private static final Pattern DEVICE =
      Pattern.compile("(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\\..*)?");
  private static final Set<String> ENDINGS = Set.of(".yaml", ".yml", ".json");
  private static final int LONGEST = 100;
  private static final int KEPT = 60;
  private static final int HASH_BYTES = 6;

  private ExportName() {}

  static String of(ResourceId id) {
    String kind = id.kind().toLowerCase(Locale.ROOT);
    String directory = isPlain(kind) ? kind : plain(id.kind());
    return directory
        + (id.scope().isEmpty() ? "" : "/" + part(id.scope()))
        + "/"
        + part(id.name())
        + ".yaml";
  }

  private static String part(String text) {
    return isPlain(text) ? text : plain(text);
  }

  /** A name with a file's ending could be that of a file and of the directory of a scope. */
  private static boolean isPlain(String text) {
    return text.length() <= LONGEST
        && PLAIN.matcher(text).matches()
        && !DEVICE.matcher(text).matches()
        && ENDINGS.stream().noneMatch(text::endsWith);
  }

  private static String plain(String text) {
    String readable =
        text.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9_-]+", "-").replaceAll("^-+|-+$", "");
    String start = readable.length() <= KEPT ? readable : readable.substring(0, KEPT);
    return start + "~" + HexFormat.of().formatHex(sha256(text), 0, HASH_BYTES);
  }

  private static byte[] sha256(String text) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java platform has SHA-256", e);
    }
  }
}
