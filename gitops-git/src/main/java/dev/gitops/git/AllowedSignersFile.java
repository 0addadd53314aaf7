// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import dev.gitops.git.AllowedSigners.Line;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads the lines of an {@code allowed_signers} file: principals, options, key type, key in base
 * 64, comment. What is not understood is refused: to pass over an option would widen trust.
 */
final class AllowedSignersFile {
  private static final Pattern KEY_TYPE = Pattern.compile("(?:ssh-|ecdsa-|sk-)[A-Za-z0-9@.-]+");
  private static final Pattern OPTION =
      Pattern.compile("([A-Za-z-]+)(?:=\"((?:[^\"\\\\]|\\\\.)*+)\")?+(?:,|$)");
  private static final Pattern TIME = Pattern.compile("(\\d{8})(?:(\\d{4})(\\d{2})?)?(Z)?");

  private final String line;
  private final int number;
  private int at;

  private AllowedSignersFile(String line, int number) {
    this.line = line;
    this.number = number;
  }

  static AllowedSigners parse(String text) {
    List<Line> lines = new ArrayList<>();
    int number = 0;
    for (String line : text.split("\\r?\\n", -1)) {
      number++;
      String content = line.strip();
      if (!content.isEmpty() && !content.startsWith("#")) {
        lines.add(new AllowedSignersFile(content, number).read());
      }
    }
    if (lines.isEmpty()) {
      throw new IllegalArgumentException("There is no key among the allowed signers");
    }
    return new AllowedSigners(lines);
  }

  private IllegalArgumentException wrong(String message) {
    return new IllegalArgumentException("Line " + number + " of the allowed signers: " + message);
  }

  private Line read() {
    String principals = word();
    if (principals.startsWith("\"")) {
      principals = principals.substring(1, principals.length() - 1);
    }
    if (principals.isBlank()) {
      throw wrong("it names no principal");
    }
    String type = word();
    Map<String, String> options = Map.of();
    if (!KEY_TYPE.matcher(type).matches()) {
      options = options(type);
      type = word();
    }
    SshKey key = key(type, word());
    return new Line(
        number,
        principals,
        options.get("namespaces"),
        time(options.get("valid-after")),
        time(options.get("valid-before")),
        key);
  }

  /** Up to the next blank outside of quotes. */
  private String word() {
    while (at < line.length() && isBlank(line.charAt(at))) {
      at++;
    }
    int start = at;
    boolean quoted = false;
    while (at < line.length() && (quoted || !isBlank(line.charAt(at)))) {
      char c = line.charAt(at++);
      if (c == '"') {
        quoted = !quoted;
      } else if (quoted && c == '\\' && at < line.length()) {
        at++;
      }
    }
    if (quoted) {
      throw wrong("a quotation mark is missing");
    } else if (start == at) {
      throw wrong("it ends too early; it reads: principals [options] key-type base64-key");
    }
    return line.substring(start, at);
  }

  private static boolean isBlank(char c) {
    return c == ' ' || c == '\t';
  }

  private Map<String, String> options(String text) {
    Map<String, String> options = new LinkedHashMap<>();
    Matcher option = OPTION.matcher(text);
    int end = 0;
    while (end < text.length() && option.find() && option.start() == end) {
      String name = option.group(1).toLowerCase(Locale.ROOT);
      String value = option.group(2) == null ? "" : option.group(2).replaceAll("\\\\(.)", "$1");
      if (name.equals("cert-authority")) {
        throw wrong("certificate authorities are not supported; list the keys themselves");
      } else if (!List.of("namespaces", "valid-after", "valid-before").contains(name)
          || option.group(2) == null) {
        throw wrong("unknown or incomplete option '" + name + "'");
      } else if (options.put(name, value) != null) {
        throw wrong("the option '" + name + "' stands there twice");
      }
      end = option.end();
    }
    if (end != text.length()) {
      throw wrong("its options can't be read");
    }
    return options;
  }

  private @Nullable Instant time(@Nullable String text) {
    if (text == null) {
      return null;
    }
    Matcher time = TIME.matcher(text);
    if (!time.matches()) {
      throw wrong("a time reads YYYYMMDD[Z] or YYYYMMDDHHMM[SS][Z], not '" + text + "'");
    }
    String minute = time.group(2) == null ? "0000" : time.group(2);
    String second = time.group(3) == null ? "00" : time.group(3);
    try {
      // Without a Z it is this machine's time, as for OpenSSH.
      ZoneId zone = time.group(4) == null ? ZoneId.systemDefault() : ZoneOffset.UTC;
      return LocalDateTime.parse(
              time.group(1) + minute + second,
              DateTimeFormatter.ofPattern("uuuuMMddHHmmss", Locale.ROOT))
          .atZone(zone)
          .toInstant();
    } catch (DateTimeException e) {
      throw wrong("there is no such time: '" + text + "'");
    }
  }

  private SshKey key(String type, String base64) {
    try {
      SshKey key = SshKey.parse(Base64.getDecoder().decode(base64));
      if (!key.type().equals(type)) {
        throw wrong("the key is of type " + key.type() + ", not " + type);
      }
      return key;
    } catch (SshWire.MalformedException e) {
      throw wrong("the key can't be used: " + e.getMessage());
    } catch (IllegalArgumentException e) {
      if (e.getMessage() != null && e.getMessage().startsWith("Line ")) {
        throw e;
      }
      throw wrong("the key is not base 64");
    }
  }
}
