// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * The keys by which hosts are known, in OpenSSH's format. A line that can't be understood is an
 * error: it may be the one that revokes a key.
 */
final class KnownHosts {
  private static final Pattern SPACE = Pattern.compile("[ \t]+");
  private static final Pattern COMMA = Pattern.compile(",");
  private static final int MAX_LINES = 100_000;

  private final List<Line> lines;

  /**
   * One line.
   *
   * @param type of the key, such as {@code ssh-ed25519}
   * @param key as it goes over the wire, in Base64
   */
  record Line(int number, boolean revoked, String hosts, String type, String key) {}

  private KnownHosts(List<Line> lines) {
    this.lines = lines;
  }

  static KnownHosts parse(String text) throws AccessException {
    List<Line> lines = new ArrayList<>();
    int number = 0;
    for (String line : text.lines().toList()) {
      String content = line.strip();
      if (++number > MAX_LINES) {
        throw new AccessException("The known hosts have more than " + MAX_LINES + " lines");
      }
      if (!content.isEmpty() && !content.startsWith("#")) {
        Line parsed = parse(content, number);
        if (parsed != null) {
          lines.add(parsed);
        }
      }
    }
    return new KnownHosts(lines);
  }

  private static @Nullable Line parse(String content, int number) throws AccessException {
    String[] fields = SPACE.split(content, -1);
    int first = fields[0].startsWith("@") ? 1 : 0;
    if (first == 1 && fields[0].equals("@cert-authority")) {
      return null; // what it signs is not accepted, which is the safe side
    }
    boolean revoked = first == 1 && fields[0].equals("@revoked");
    if (fields.length < first + 3 || (first == 1 && !revoked)) {
      throw malformed(number);
    }
    try {
      String key = encoded(Base64.getDecoder().decode(fields[first + 2]));
      return new Line(number, revoked, fields[first], fields[first + 1], key);
    } catch (IllegalArgumentException e) {
      throw malformed(number);
    }
  }

  private static String encoded(byte[] key) {
    return Base64.getEncoder().encodeToString(key);
  }

  private static AccessException malformed(int number) {
    return new AccessException(
        "Line " + number + " of the known hosts is none: [@marker] names type key [comment]");
  }

  /** The lines that speak of a host, those that revoke left out. */
  List<Line> of(String host, int port) {
    String name = name(host, port);
    return lines.stream().filter(line -> !line.revoked && matches(line.hosts, name)).toList();
  }

  /**
   * Why a host that shows this key is not to be trusted; null if it is.
   *
   * @param key as it goes over the wire
   * @param fingerprint of the key, for the message
   */
  @Nullable String objection(String host, int port, byte[] key, String fingerprint) {
    String name = name(host, port);
    String shown = encoded(key);
    for (Line line : lines) {
      if (line.revoked && line.key.equals(shown) && matches(line.hosts, name)) {
        return "The key %s that the host %s shows is revoked by line %d of the known hosts"
            .formatted(fingerprint, name, line.number);
      }
    }
    List<Line> known = of(host, port);
    if (known.stream().anyMatch(line -> line.key.equals(shown))) {
      return null;
    }
    return known.isEmpty()
        ? ("The host %s is not among the known hosts. If its key %s is right, add it:"
                + " ssh-keyscan shows the line")
            .formatted(name, fingerprint)
        : ("The host %s shows the key %s, which is not the one in line %d of the known hosts:"
                + " somebody else may be answering, or the key was replaced")
            .formatted(name, fingerprint, known.get(0).number);
  }

  private static String name(String host, int port) {
    String lower = host.toLowerCase(Locale.ROOT);
    return port == 22 || port <= 0 ? lower : "[" + lower + "]:" + port;
  }

  private static boolean matches(String hosts, String name) {
    if (hosts.startsWith("|")) {
      return isHashOf(hosts, name);
    }
    boolean found = false;
    for (String pattern : COMMA.split(hosts, -1)) {
      String lower = pattern.toLowerCase(Locale.ROOT);
      boolean not = lower.startsWith("!");
      if (glob(not ? lower.substring(1) : lower, name)) {
        if (not) {
          return false;
        }
        found = true;
      }
    }
    return found;
  }

  /** Stars and question marks, in time proportional to both lengths multiplied at most. */
  private static boolean glob(String pattern, String name) {
    int p = 0;
    int n = 0;
    int star = -1;
    int from = 0;
    while (n < name.length()) {
      if (p < pattern.length() && pattern.charAt(p) == '*') {
        star = p++;
        from = n;
      } else if (p < pattern.length()
          && (pattern.charAt(p) == '?' || pattern.charAt(p) == name.charAt(n))) {
        p++;
        n++;
      } else if (star >= 0) {
        p = star + 1;
        n = ++from;
      } else {
        return false;
      }
    }
    while (p < pattern.length() && pattern.charAt(p) == '*') {
      p++;
    }
    return p == pattern.length();
  }

  /** {@code |1|salt|HMAC-SHA1(salt, name)}. */
  private static boolean isHashOf(String hash, String name) {
    String[] parts = hash.split("\\|", -1);
    if (parts.length != 4 || !parts[1].equals("1")) {
      return false;
    }
    try {
      byte[] salt = Base64.getDecoder().decode(parts[2]);
      Mac mac = Mac.getInstance("HmacSHA1");
      mac.init(new SecretKeySpec(salt, "HmacSHA1"));
      return MessageDigest.isEqual(
          mac.doFinal(name.getBytes(StandardCharsets.UTF_8)), Base64.getDecoder().decode(parts[3]));
    } catch (IllegalArgumentException e) {
      return false;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }
}
