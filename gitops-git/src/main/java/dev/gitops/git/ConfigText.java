// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import dev.gitops.git.ModulesFile.RefusedException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Reads a text in the syntax of Git's configuration, with lines; nothing is included from
 * elsewhere, and what Git would refuse is refused.
 */
final class ConfigText {
  private static final int END = -1;

  private final String text;
  private int at;
  private int line = 1;

  ConfigText(String text) {
    String plain = text.startsWith("\ufeff") ? text.substring(1) : text;
    this.text = plain.replace("\r\n", "\n");
  }

  /**
   * A setting.
   *
   * @param section in lower case
   * @param subsection empty if there is none
   * @param key in lower case
   * @param value "true" for a key alone
   * @param line counted from 1
   */
  record Setting(String section, String subsection, String key, String value, int line) {}

  List<Setting> settings() throws RefusedException {
    List<Setting> settings = new ArrayList<>();
    String section = "";
    String subsection = "";
    for (int c = next(); c != END; c = next()) {
      if (c == '#' || c == ';') {
        comment();
      } else if (c == '[') {
        section = section();
        subsection = subsection();
      } else if (isLetter(c) && !section.isEmpty()) {
        int start = line;
        String key = key(c);
        settings.add(new Setting(section, subsection, key, value(), start));
      } else if (!isSpace(c) && c != '\n') {
        throw refused("it is not in the syntax of Git's configuration");
      }
    }
    return settings;
  }

  private RefusedException refused(String message) {
    return new RefusedException(line, message);
  }

  private int peek() {
    return at < text.length() ? text.charAt(at) : END;
  }

  private int next() throws RefusedException {
    if (at == text.length()) {
      return END;
    }
    if (at > 0 && text.charAt(at - 1) == '\n') {
      line++;
    }
    char c = text.charAt(at++);
    if (c == '\0') {
      throw refused("it has a zero");
    }
    return c;
  }

  private void comment() throws RefusedException {
    while (peek() != '\n' && peek() != END) {
      next();
    }
  }

  private static boolean isLetter(int c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  }

  private static boolean isKey(int c) {
    return isLetter(c) || (c >= '0' && c <= '9') || c == '-';
  }

  private static boolean isSpace(int c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == 0x0b;
  }

  private String section() throws RefusedException {
    StringBuilder name = new StringBuilder();
    while (isKey(peek())) {
      name.append((char) next());
    }
    if (name.isEmpty()) {
      throw refused("a section has no name");
    }
    return name.toString().toLowerCase(Locale.ROOT);
  }

  /** Up to the closing bracket; the old form with a dot is refused, which folds case. */
  private String subsection() throws RefusedException {
    if (peek() == ']') {
      next();
      return "";
    }
    boolean space = false;
    while (peek() == ' ' || peek() == '\t') {
      next();
      space = true;
    }
    if (!space || next() != '"') {
      throw refused("a section's name is not in quotes");
    }
    StringBuilder name = new StringBuilder();
    for (int c = next(); c != '"'; c = next()) {
      int plain = c == '\\' ? next() : c;
      if (plain == '\n' || plain == END) {
        throw refused("a section's name does not end");
      }
      name.append((char) plain);
    }
    if (next() != ']') {
      throw refused("a section does not end");
    }
    return name.toString();
  }

  private String key(int first) throws RefusedException {
    StringBuilder key = new StringBuilder().append((char) first);
    while (isKey(peek())) {
      key.append((char) next());
    }
    return key.toString().toLowerCase(Locale.ROOT);
  }

  private String value() throws RefusedException {
    while (peek() == ' ' || peek() == '\t') {
      next();
    }
    if (peek() == '\n' || peek() == END) {
      return "true";
    }
    if (next() != '=') {
      throw refused("a key is followed by something else than =");
    }
    StringBuilder value = new StringBuilder();
    int kept = 0;
    boolean quoted = false;
    for (int c = next(); c != END && c != '\n'; c = next()) {
      if (c == '"') {
        quoted = !quoted;
        kept = value.length();
      } else if (!quoted && (c == '#' || c == ';')) {
        comment();
      } else if (c == '\\') {
        int escaped = escaped();
        if (escaped != END) {
          value.append((char) escaped);
          kept = value.length();
        }
      } else if (quoted || !isSpace(c) || !value.isEmpty()) {
        value.append((char) c);
        kept = quoted || !isSpace(c) ? value.length() : kept;
      }
    }
    if (quoted) {
      throw refused("a quote does not end");
    }
    value.setLength(kept);
    return value.toString();
  }

  /** What an escape stands for; {@code END} for a line that goes on. */
  private int escaped() throws RefusedException {
    int c = next();
    return switch (c) {
      case '\n' -> END;
      case 'n' -> '\n';
      case 't' -> '\t';
      case 'b' -> '\b';
      case '"', '\\' -> c;
      default -> throw refused("an escape that Git does not know");
    };
  }
}
