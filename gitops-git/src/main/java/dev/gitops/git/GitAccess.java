// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * As whom a source reads a remote repository: what it shows to the server, and to which server.
 *
 * <pre>{@code
 * GitStateSource.of("https://git.example.com/kafka.git").access(GitAccess.basic("ci", () -> token))
 * }</pre>
 *
 * <p>Over HTTP the credentials go only to the scheme, host and port of the repository's URL, and
 * there only to that repository, or to what is {@link #below} another path. Elsewhere on the same
 * host the server sees an anonymous client; a redirect to another host, or from https to http, is
 * refused. With {@code http://} they go over the network in clear.
 *
 * <p>Secrets are asked for anew in each conversation with the server, so that they may rotate; the
 * suppliers are called by the thread that fetches, may block, and may be called by several threads
 * at once when several sources share this object. A supplier that throws fails the fetch. No secret
 * is written anywhere or appears in a message, in {@link #toString} or in a source's identity.
 *
 * <p>Immutable and thread-safe.
 */
public final class GitAccess {
  private static final URI GITHUB = URI.create("https://api.github.com");

  /** Nobody in particular. */
  static final GitAccess NONE = new GitAccess("anonymous", "", null, null, null, null);

  private final String sort;
  private final String identity;
  private final @Nullable HttpCredentials http;
  private final @Nullable SshCredentials ssh;
  private final @Nullable ClientCertificate certificate;
  private final @Nullable GitUrl scope;

  private GitAccess(
      String sort,
      String identity,
      @Nullable HttpCredentials http,
      @Nullable SshCredentials ssh,
      @Nullable ClientCertificate certificate,
      @Nullable GitUrl scope) {
    this.sort = sort;
    this.identity = identity;
    this.http = http;
    this.ssh = ssh;
    this.certificate = certificate;
    this.scope = scope;
  }

  /** Shows nothing but, if one is given, a {@linkplain #clientCertificate client certificate}. */
  public static GitAccess anonymous() {
    return NONE;
  }

  /**
   * A user with a password or a personal, deploy or job token, over HTTPS.
   *
   * @param user without a colon; the server says what it must be where the password is a token
   * @throws IllegalArgumentException for a user with a colon or a control character
   */
  public static GitAccess basic(String user, Supplier<String> password) {
    if (user.indexOf(':') >= 0 || user.chars().anyMatch(Character::isISOControl)) {
      throw new IllegalArgumentException("A user has no colon and no control characters");
    }
    return http("basic", "basic " + user, new HttpCredentials.Basic(user, password));
  }

  /**
   * A token in the form of OAuth 2, over HTTPS. Sources of one URL that share a cache directory and
   * may not read the same must be told apart by {@link #named}: a rotating token is no identity.
   */
  public static GitAccess bearer(Supplier<String> token) {
    return http("bearer", "bearer", new HttpCredentials.Bearer(token));
  }

  /**
   * A GitHub App, over HTTPS: its installation tokens are got from GitHub's API when the last is
   * about to expire, and kept in memory only.
   *
   * @param app the App's client id or its numeric id
   * @param privateKey the App's private key, as GitHub gives it out; read anew for each token
   */
  public static GitAccess gitHubApp(String app, long installation, Path privateKey) {
    return gitHubApp(app, installation, privateKey, GITHUB);
  }

  /**
   * The same, of a GitHub Enterprise Server.
   *
   * @param api the base of its REST API, such as {@code https://github.example.com/api/v3}
   * @throws IllegalArgumentException for an API that is neither https nor http
   */
  public static GitAccess gitHubApp(String app, long installation, Path privateKey, URI api) {
    return gitHubApp(app, installation, () -> Pem.read(privateKey), api);
  }

  /** The same, with the key as text in PEM, from wherever secrets are kept. */
  public static GitAccess gitHubApp(
      String app, long installation, Supplier<String> privateKey, URI api) {
    return http(
        "GitHub App",
        "github " + api + " " + app + " " + installation,
        new GitHubApp(app, installation, privateKey, api));
  }

  /**
   * A private key without a passphrase, over SSH; needs {@code
   * org.eclipse.jgit:org.eclipse.jgit.ssh.apache} on the class path, and for Ed25519 also {@code
   * org.bouncycastle:bcprov-jdk18on}. Neither an agent nor anything of {@code ~/.ssh} takes part.
   *
   * @param privateKey in OpenSSH's or PEM format; read anew for each conversation
   * @param knownHosts in OpenSSH's format, names hashed or not; the server's key must be in it.
   *     Keys marked as revoked are refused, certificates of hosts are not known
   */
  public static GitAccess ssh(Path privateKey, Path knownHosts) {
    return ssh("key " + privateKey.toAbsolutePath().normalize(), privateKey, knownHosts, null);
  }

  /** The same, with a passphrase. */
  public static GitAccess ssh(Path privateKey, Path knownHosts, Supplier<String> passphrase) {
    return ssh(
        "key " + privateKey.toAbsolutePath().normalize(), privateKey, knownHosts, passphrase);
  }

  /** The same, with both files as text; the key without a passphrase. */
  public static GitAccess ssh(String privateKey, String knownHosts) {
    return new GitAccess(
        "SSH key",
        "ssh " + digest(privateKey),
        null,
        new SshCredentials(() -> privateKey, () -> knownHosts, null),
        null,
        null);
  }

  private static GitAccess ssh(
      String key, Path privateKey, Path knownHosts, @Nullable Supplier<String> passphrase) {
    return new GitAccess(
        "SSH key",
        "ssh " + key,
        null,
        new SshCredentials(() -> Pem.read(privateKey), () -> Pem.read(knownHosts), passphrase),
        null,
        null);
  }

  private static GitAccess http(String sort, String identity, HttpCredentials credentials) {
    return new GitAccess(sort, identity, credentials, null, null, null);
  }

  /**
   * For HTTPS, a certificate that the client shows, beside the credentials if there are any.
   *
   * @param chain the certificate and those between it and its authority, in PEM; read anew when it
   *     has changed
   * @param privateKey its key in PEM, not encrypted
   * @throws IllegalStateException for SSH
   */
  public GitAccess clientCertificate(Path chain, Path privateKey) {
    requireHttp("A client certificate");
    String sum = identity.isEmpty() ? "certificate " + chain.toAbsolutePath() : identity;
    return new GitAccess(sort, sum, http, null, new ClientCertificate(chain, privateKey), scope);
  }

  /**
   * Extends the credentials to everything below a URL, for redirects and submodules; by default
   * they are for the repository's own URL only.
   *
   * @param url the scheme, host and port of the repository, and a path above it, such as {@code
   *     https://git.example.com/team}
   * @throws IllegalStateException for SSH, where the whole host is meant
   * @throws IllegalArgumentException for what is no such URL, or holds credentials itself
   */
  public GitAccess below(String url) {
    requireHttp("The extent");
    GitUrl parsed = GitUrl.parse(url);
    if (!parsed.isHttp() || parsed.hasCredentials()) {
      throw new IllegalArgumentException(
          "Credentials are extended to an https URL without credentials, not to " + parsed);
    }
    return new GitAccess(sort, identity, http, ssh, certificate, parsed);
  }

  private void requireHttp(String what) {
    if (ssh != null) {
      throw new IllegalStateException(what + " is for HTTP, this is access over SSH");
    }
  }

  /**
   * The same under a name of its own: sources with different names never share a clone, even where
   * they share the cache directory.
   */
  public GitAccess named(String name) {
    return new GitAccess(sort, identity + " named " + name, http, ssh, certificate, scope);
  }

  /**
   * The access to a repository: what was given for it, or what stands in its URL.
   *
   * @throws IllegalArgumentException when they don't go together
   */
  static GitAccess of(GitUrl url, GitAccess given) {
    GitAccess access = given;
    if (url.hasCredentials()) {
      if (given != NONE) {
        throw new IllegalArgumentException(
            "The URL " + url + " holds credentials, and an access is given too: leave one out");
      }
      String user = url.user() == null ? "" : url.user();
      String password = url.password() == null ? "" : url.password();
      access = http("basic", "basic " + user, new HttpCredentials.Basic(user, () -> password));
    }
    if (access.ssh == null && url.isSsh()) {
      throw new IllegalArgumentException(
          "SSH needs a key and the known hosts: access(GitAccess.ssh(...)) for " + url);
    }
    if (access.ssh != null && url.isHttp()) {
      throw new IllegalArgumentException("An SSH key is given, and " + url + " is not over SSH");
    }
    return access == NONE || access.ssh != null || !url.isHttp() ? access : access.boundTo(url);
  }

  private GitAccess boundTo(GitUrl url) {
    if (scope != null && !scope.isAbove(url)) {
      throw new IllegalArgumentException(
          "The credentials are for what is below " + scope + ", and " + url + " is not");
    }
    return new GitAccess(sort, identity, http, null, certificate, scope == null ? url : scope);
  }

  /** Whose clones are whose: never holds a secret, never changes with one that rotates. */
  String identity() {
    return identity;
  }

  @Nullable HttpCredentials http() {
    return http;
  }

  @Nullable SshCredentials ssh() {
    return ssh;
  }

  @Nullable ClientCertificate certificate() {
    return certificate;
  }

  /** What the credentials are for; null for SSH, and before it is bound. */
  @Nullable GitUrl scope() {
    return scope;
  }

  private static String digest(String text) {
    try {
      return HexFormat.of()
          .formatHex(
              MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The sort of access and its extent, without user and secrets. */
  @Override
  public String toString() {
    return sort
        + (certificate == null ? "" : " with a client certificate")
        + (scope == null ? "" : " below " + scope);
  }
}
