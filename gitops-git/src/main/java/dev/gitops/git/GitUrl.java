// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.regex.Pattern;
import org.eclipse.jgit.transport.URIish;
import org.jspecify.annotations.Nullable;

/**
 * Where a repository is, with its credentials taken out: {@code uri} and {@code toString} are fit
 * for messages, and for everything that JGit writes into a clone.
 */
final class GitUrl {
  private static final Pattern HELPER = Pattern.compile("[A-Za-z0-9+.-]+::.*", Pattern.DOTALL);
  private static final Pattern SCHEME = Pattern.compile("([A-Za-z][A-Za-z0-9+.-]*)://.*");
  private static final Pattern SCP = Pattern.compile("(?:[^@:/\\\\]+@)?[^@:/\\\\]{2,}:.+");

  /** Control and format characters, which a log or terminal shows as something else. */
  private static final Pattern INVISIBLE = Pattern.compile("[\\p{C}\\p{Zl}\\p{Zp}]");

  private static final Pattern HOST = Pattern.compile("[\\p{L}\\p{N}._-]+|\\[?[0-9A-Fa-f:.]+]?");
  private static final int MAX_PORT = 0xffff;
  private static final Pattern SLASHES = Pattern.compile("/+$");

  /** What may lead a server out of a path: dots and slashes, in clear or not. */
  private static final Pattern DETOUR =
      Pattern.compile("/\\.{1,2}(/|$)|//|\\\\|%(2e|2f|5c|25|00)", Pattern.CASE_INSENSITIVE);

  private static final Pattern USER_INFO =
      Pattern.compile("^([A-Za-z0-9+.-]*:*//)?.*@", Pattern.DOTALL);

  private final URIish uri;
  private final @Nullable String user;
  private final @Nullable String password;

  private GitUrl(URIish uri, @Nullable String user, @Nullable String password) {
    this.uri = uri;
    this.user = user;
    this.password = password;
  }

  /**
   * A URL as a user writes it.
   *
   * @throws IllegalArgumentException for what is no URL of a scheme that is allowed
   */
  static GitUrl parse(String text) {
    if (text.isBlank() || INVISIBLE.matcher(text).find()) {
      throw refused(text, "it is empty or has control characters");
    }
    if (text.startsWith("-")) {
      throw refused(text, "it looks like an option of a command");
    }
    if (HELPER.matcher(text).matches()) {
      throw refused(text, "remote helpers run commands");
    }
    var scheme = SCHEME.matcher(text);
    if (scheme.matches()) {
      return withScheme(text, scheme.group(1).toLowerCase(Locale.ROOT));
    }
    if (isAbsolutePath(text)) {
      return file(Path.of(text));
    }
    if (SCP.matcher(text).matches()) {
      return ssh(text);
    }
    throw refused(text, "it is neither a URL nor an absolute path");
  }

  private static GitUrl withScheme(String text, String scheme) {
    String lower = scheme + text.substring(scheme.length());
    return switch (scheme) {
      case "http", "https" -> http(lower);
      case "ssh" -> ssh(lower);
      case "file" -> file(Path.of(uri(lower).getPath()));
      default -> throw refused(text, "its scheme is not one of https, http, ssh, file");
    };
  }

  private static GitUrl http(String text) {
    if (text.indexOf('?') >= 0 || text.indexOf('#') >= 0) {
      throw refused(text, "it has a query or a fragment, which no repository has");
    }
    int path = text.indexOf('/', "https://".length());
    if (text.indexOf('\\') >= 0 || (path >= 0 && text.indexOf('@', path) >= 0)) {
      // A password with such a character ends the host too early, and would be shown as path.
      throw refused(text, "it has a backslash, or an @ in its path: write %5C, %40, and %2F for /");
    }
    URIish uri = uri(text);
    requireHost(text, uri);
    return new GitUrl(uri.setUser(null).setPass(null), uri.getUser(), uri.getPass());
  }

  private static void requireHost(String text, URIish uri) {
    if (uri.getHost() == null || !HOST.matcher(uri.getHost()).matches()) {
      throw refused(text, "it names no host");
    }
    if (uri.getPort() > MAX_PORT) {
      throw refused(text, "its port is none");
    }
  }

  private static GitUrl ssh(String text) {
    URIish uri = uri(text);
    String path = uri.getPath() == null ? "" : uri.getPath();
    if (path.indexOf('@') >= 0) {
      // bob:password@host:path would be a host "bob", and the password shown as a path.
      throw refused(text, "it has an @ in its path; a password has no place in SSH");
    }
    if (optionLike(uri.getHost()) || optionLike(uri.getUser()) || optionLike(uri.getPath())) {
      throw refused(text, "a part of it looks like an option of a command");
    }
    requireHost(text, uri);
    if (uri.getUser() == null) {
      // Or else it would be the name of whoever runs the program.
      uri = uri.setUser("git");
    }
    return new GitUrl(uri.setPass(null), null, uri.getPass());
  }

  private static boolean optionLike(@Nullable String part) {
    return part != null && (part.startsWith("-") || part.startsWith("/-"));
  }

  private static GitUrl file(Path path) {
    if (!path.isAbsolute()) {
      throw refused(path.toString(), "a file URL needs an absolute path: file:///srv/git/x.git");
    }
    return new GitUrl(uri(path.normalize().toUri().toString()), null, null);
  }

  private static boolean isAbsolutePath(String text) {
    try {
      return Path.of(text).isAbsolute();
    } catch (InvalidPathException e) {
      return false;
    }
  }

  private static URIish uri(String text) {
    try {
      URIish uri = new URIish(text);
      for (String part :
          new String[] {uri.getUser(), uri.getPass(), uri.getHost(), uri.getPath()}) {
        if (part != null && INVISIBLE.matcher(part).find()) {
          throw refused(text, "it has encoded control characters");
        }
      }
      return uri;
    } catch (URISyntaxException e) {
      // Not the cause: its message holds the URL with its credentials.
      throw refused(text, "it can't be parsed");
    }
  }

  private static IllegalArgumentException refused(String text, String why) {
    return new IllegalArgumentException(
        "'"
            + redacted(text)
            + "' is refused as the URL of a repository: "
            + why
            + ". Use https://host/path.git, ssh://user@host/path.git, user@host:path.git,"
            + " file:///path or an absolute path; for a repository on this machine also"
            + " GitStateSource.local(path)");
  }

  /** Without anything that may be a credential, however malformed the text is. */
  private static String redacted(String text) {
    String bare = USER_INFO.matcher(text).replaceAll("$1(credentials)@");
    return bare.replaceAll("[?#].*", "?(redacted)").replaceAll("[\\p{C}\\p{Zl}\\p{Zp}]", "?");
  }

  /** What JGit is given: without credentials; with the user for SSH, where it is an address. */
  URIish uri() {
    return uri;
  }

  @Nullable String user() {
    return user;
  }

  @Nullable String password() {
    return password;
  }

  /** Whether user or password were given for HTTP. */
  boolean hasCredentials() {
    return isHttp() && (user != null || password != null);
  }

  boolean isHttp() {
    return "http".equalsIgnoreCase(uri.getScheme()) || "https".equalsIgnoreCase(uri.getScheme());
  }

  boolean isHttps() {
    return "https".equalsIgnoreCase(uri.getScheme());
  }

  boolean isSsh() {
    return !isHttp() && uri.getHost() != null;
  }

  /** Whether a connection goes to the scheme, host and port of this URL. */
  boolean isOrigin(String scheme, @Nullable String host, int port) {
    return scheme.equalsIgnoreCase(uri.getScheme())
        && uri.getHost().equalsIgnoreCase(host)
        && port(scheme, port) == port(scheme, uri.getPort());
  }

  boolean isOrigin(URL url) {
    return isOrigin(url.getProtocol(), url.getHost(), url.getPort());
  }

  private static int port(String scheme, int port) {
    return port > 0 ? port : scheme.equalsIgnoreCase("https") ? 443 : 80;
  }

  /** Whether a connection goes to this repository, or to what is below this path. */
  boolean isAbove(URL url) {
    return isOrigin(url) && isAbove(url.getPath());
  }

  /** Whether another repository is this one, or below this path. */
  boolean isAbove(GitUrl other) {
    return other.isHttp()
        && isOrigin(other.uri.getScheme(), other.uri.getHost(), other.uri.getPort())
        && isAbove(other.uri.getRawPath());
  }

  private boolean isAbove(@Nullable String path) {
    String here = SLASHES.matcher(uri.getRawPath() == null ? "" : uri.getRawPath()).replaceAll("");
    // Servers take both for the same repository, and redirect from the one to the other.
    String bare = here.endsWith(".git") ? here.substring(0, here.length() - 4) : here;
    String rest = rest(here, path);
    rest = rest == null ? rest(bare + ".git", path) : rest;
    rest = rest == null && !bare.endsWith("/") ? rest(bare, path) : rest;
    return rest != null && !DETOUR.matcher(rest).find();
  }

  /** What follows a path in one that is it or is below it; else null. */
  private static @Nullable String rest(String path, @Nullable String longer) {
    String other = longer == null ? "" : longer;
    return other.equals(path) || other.startsWith(path + "/")
        ? other.substring(path.length())
        : null;
  }

  @Override
  public String toString() {
    return uri.toString();
  }
}
