// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A {@code .gitmodules} file, which anyone who can write to the repository has written: in the
 * syntax of Git's configuration, of which only path and URL count. One doubtful line makes all of
 * it refused.
 */
final class ModulesFile {
  static final String NAME = ".gitmodules";
  static final int MAX_BYTES = 64 << 10;
  private static final Pattern INVISIBLE = Pattern.compile("[\\p{C}\\p{Zl}\\p{Zp}]");

  private ModulesFile() {}

  /** What is wrong, with the line. */
  static final class RefusedException extends Exception {
    private static final long serialVersionUID = 1;

    RefusedException(int line, String message) {
      super("line " + line + ": " + message);
    }
  }

  /**
   * A submodule.
   *
   * @param url as it is written, relative or not
   * @param line of its URL
   */
  record Module(String name, String path, String url, int line) {}

  /** What a section says so far, with lines. */
  private static final class Section {
    final int line;
    @Nullable String path;
    @Nullable String url;
    int urlLine;

    Section(int line) {
      this.line = line;
    }
  }

  /**
   * The submodules by path.
   *
   * @param atMost how many are accepted
   */
  static Map<String, Module> read(byte[] content, int atMost) throws RefusedException {
    if (content.length > MAX_BYTES) {
      throw new RefusedException(1, "it has more than " + MAX_BYTES + " bytes");
    }
    Map<String, Section> sections = new LinkedHashMap<>();
    for (ConfigText.Setting setting : new ConfigText(decode(content)).settings()) {
      if (setting.section().equals("submodule")) {
        Section section =
            sections.computeIfAbsent(setting.subsection(), key -> new Section(setting.line()));
        set(section, setting);
      }
    }
    Map<String, Module> byPath = new TreeMap<>();
    for (Map.Entry<String, Section> entry : sections.entrySet()) {
      String name = entry.getKey();
      Section section = entry.getValue();
      requireName(name, section.line);
      String path = section.path;
      String url = section.url;
      if (path == null || url == null) {
        throw new RefusedException(
            section.line, "submodule '" + shown(name) + "' has no path or no url");
      }
      if (byPath.put(path, new Module(name, path, url, section.urlLine)) != null) {
        throw new RefusedException(section.line, "two submodules are at '" + shown(path) + "'");
      }
      if (byPath.size() > atMost) {
        throw new RefusedException(section.line, "it names more than " + atMost + " submodules");
      }
    }
    for (Module module : byPath.values()) {
      String path = module.path;
      for (int i = path.indexOf('/'); i > 0; i = path.indexOf('/', i + 1)) {
        if (byPath.containsKey(path.substring(0, i))) {
          throw new RefusedException(
              module.line, "'" + shown(path) + "' is inside another submodule");
        }
      }
    }
    return byPath;
  }

  private static String decode(byte[] content) throws RefusedException {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(content)).toString();
    } catch (CharacterCodingException e) {
      throw new RefusedException(1, "it is not UTF-8");
    }
  }

  private static void set(Section section, ConfigText.Setting setting) throws RefusedException {
    String value = setting.value();
    switch (setting.key()) {
      case "path" -> {
        if (section.path != null) {
          throw new RefusedException(setting.line(), "a second path for the same submodule");
        }
        requirePath(value, setting.line());
        section.path = value;
      }
      case "url" -> {
        if (section.url != null) {
          throw new RefusedException(setting.line(), "a second url for the same submodule");
        }
        if (value.isEmpty()) {
          throw new RefusedException(setting.line(), "the url is empty");
        }
        section.url = value;
        section.urlLine = setting.line();
      }
      case "update" -> {
        if (value.strip().startsWith("!")) {
          throw new RefusedException(setting.line(), "update names a command");
        }
      }
      default -> {
        // branch, ignore, shallow and the like: what is read is the commit that is pinned.
      }
    }
  }

  private static void requireName(String name, int line) throws RefusedException {
    boolean leaves = List.of(name.split("[/\\\\]", -1)).contains("..");
    if (name.isEmpty() || name.startsWith("-") || leaves || INVISIBLE.matcher(name).find()) {
      throw new RefusedException(line, "'" + shown(name) + "' is no name of a submodule");
    }
  }

  private static void requirePath(String path, int line) throws RefusedException {
    boolean plain =
        !path.startsWith("-") && path.indexOf('\\') < 0 && !INVISIBLE.matcher(path).find();
    for (String part : path.split("/", -1)) {
      plain &= !part.isEmpty() && !part.equals("..") && !GitTree.isDangerous(part);
    }
    if (!plain) {
      throw new RefusedException(line, "'" + shown(path) + "' is no path of a submodule");
    }
  }

  /**
   * The URL of a submodule.
   *
   * @param base of the repository that has it, for one that is relative
   */
  static GitUrl resolve(GitUrl base, Module module) throws RefusedException {
    String text = module.url;
    GitUrl url;
    try {
      url = GitUrl.parse(isRelative(text) ? relative(base, module) : text);
    } catch (IllegalArgumentException e) {
      throw new RefusedException(module.line, String.valueOf(e.getMessage()));
    }
    String path = url.uri().getRawPath().toLowerCase(Locale.ROOT);
    boolean credentials = url.password() != null || url.hasCredentials();
    if (credentials || path.contains("%2e") || List.of(path.split("/")).contains("..")) {
      throw new RefusedException(
          module.line,
          "the URL " + url + (credentials ? " holds credentials" : " has dots as a directory"));
    }
    return url;
  }

  private static boolean isRelative(String url) {
    return url.startsWith("./") || url.startsWith("../");
  }

  /** As Git does it: each {@code ../} takes away one part of the other repository's path. */
  private static String relative(GitUrl base, Module module) throws RefusedException {
    String above = base.toString().replaceAll("/+$", "");
    int start = above.indexOf("://");
    start = start < 0 ? above.indexOf(':') + 1 : above.indexOf('/', start + "://".length());
    String host = above.substring(0, start);
    List<String> parts = new ArrayList<>(List.of(above.substring(start).split("/", -1)));
    int root = parts.get(0).isEmpty() ? 1 : 0;
    for (String part : module.url.split("/", -1)) {
      if (part.equals("..")) {
        if (parts.size() == root) {
          throw new RefusedException(
              module.line, "'" + shown(module.url) + "' leads above " + host);
        }
        parts.remove(parts.size() - 1);
      } else if (!part.equals(".") && !part.isEmpty()) {
        if (part.indexOf('%') >= 0 || part.indexOf('?') >= 0 || part.indexOf('#') >= 0) {
          throw new RefusedException(module.line, "'" + shown(module.url) + "' is no plain path");
        }
        parts.add(part);
      }
    }
    return host + String.join("/", parts);
  }

  static String shown(String text) {
    String cut = text.length() > 200 ? text.substring(0, 200) + "..." : text;
    return INVISIBLE.matcher(cut).replaceAll("?");
  }
}
