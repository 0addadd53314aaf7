// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git.provider;

import dev.gitops.core.spi.Timing;
import java.net.URI;
import java.net.http.HttpClient;
import java.time.Duration;
import java.util.Locale;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Connects to a repository at one of the well-known services. Not thread-safe; what it builds is.
 *
 * <pre>{@code
 * Provider gitHub = Providers.gitHub("acme/kafka").token(() -> System.getenv("TOKEN")).build();
 * }</pre>
 */
public final class Providers {
  private static final Pattern PART = Pattern.compile("[A-Za-z0-9._{}~-]+");
  private static final Set<String> LOOPBACK = Set.of("localhost", "127.0.0.1", "[::1]");

  final String repository;
  private final Function<Providers, Provider> sort;
  String base;
  Supplier<String> token = () -> "";
  @Nullable HttpClient client;
  @Nullable String account;
  Duration timeout = Duration.ofSeconds(30);
  Timing timing = Timing.system();
  private boolean plain;

  private Providers(String repository, int parts, String base, Function<Providers, Provider> sort) {
    String[] names = repository.split("/", -1);
    boolean dots = false;
    for (String name : names) {
      dots |= !PART.matcher(name).matches() || name.equals(".") || name.equals("..");
    }
    if (dots || names.length < 2 || names.length > parts) {
      throw new IllegalArgumentException(
          "A repository is called owner/name as in its URL, not '" + repository + "'");
    }
    this.repository = repository;
    this.base = base;
    this.sort = sort;
  }

  /**
   * A repository at github.com, or at the server given by {@link #at}, whose URL ends in {@code
   * /api/v3}. The token may write commit statuses, and read and comment pull requests.
   *
   * @param repository {@code owner/name}
   */
  public static Providers gitHub(String repository) {
    return new Providers(repository, 2, "https://api.github.com", GitHub::new);
  }

  /**
   * A project at gitlab.com, or at the server given by {@link #at}, whose URL ends in {@code
   * /api/v4}. The token has the scope {@code api}.
   *
   * @param project {@code group/name}, or {@code group/subgroup/name}
   */
  public static Providers gitLab(String project) {
    return new Providers(project, 21, "https://gitlab.com/api/v4", GitLab::new);
  }

  /**
   * A repository at a Gitea or Forgejo server.
   *
   * @param api where its API is, such as {@code https://git.example.com/api/v1}
   * @param repository {@code owner/name}
   */
  public static Providers gitea(String api, String repository) {
    return new Providers(repository, 2, "", Gitea::new).at(api);
  }

  /**
   * A repository at bitbucket.org. The token is a repository's, project's or workspace's access
   * token, or {@code e-mail:token} for one of a person.
   *
   * @param repository {@code workspace/name}
   */
  public static Providers bitbucket(String repository) {
    return new Providers(repository, 2, "https://api.bitbucket.org/2.0", Bitbucket::new);
  }

  /**
   * Where the service's API is.
   *
   * @throws IllegalArgumentException for what is no absolute URL without user, query and fragment
   */
  public Providers at(String api) {
    URI uri = URI.create(api);
    if (uri.getHost() == null || uri.getUserInfo() != null || api.matches(".*[?#].*")) {
      throw new IllegalArgumentException(
          "The URL of an API looks like https://git.example.com/api/v1, without user or query");
    }
    base = api.endsWith("/") ? api.substring(0, api.length() - 1) : api;
    return this;
  }

  /**
   * The token to identify with, asked for anew for each request, so that it may change. It goes to
   * the API's URL only, and into no message.
   */
  public Providers token(Supplier<String> newToken) {
    token = newToken;
    return this;
  }

  /**
   * Whose the token is, for tokens that can't say it themselves, such as those of a GitHub App
   * ({@code gitops[bot]}): only comments of this account are changed. At Bitbucket the account's
   * UUID with its braces. By default the service is asked.
   */
  public Providers account(String newAccount) {
    account = newAccount;
    return this;
  }

  /**
   * Sends requests by this client, with its proxy, certificates and threads; it stays the caller's.
   *
   * @throws IllegalArgumentException if it follows redirects, which would lead the token elsewhere
   */
  public Providers client(HttpClient newClient) {
    if (newClient.followRedirects() != HttpClient.Redirect.NEVER) {
      throw new IllegalArgumentException("The client must not follow redirects");
    }
    client = newClient;
    return this;
  }

  /** How long one request may take, its answer included; 30 seconds unless said. */
  public Providers timeout(Duration atMost) {
    if (atMost.isNegative() || atMost.isZero()) {
      throw new IllegalArgumentException("Not a positive duration: " + atMost);
    }
    timeout = atMost;
    return this;
  }

  /** Another clock, for tests. */
  public Providers timing(Timing newTiming) {
    timing = newTiming;
    return this;
  }

  /** Allows an API without TLS elsewhere than on this machine: the token can be read on its way. */
  public Providers allowPlainHttp() {
    plain = true;
    return this;
  }

  /**
   * The repository; nothing has been asked yet, and no thread started.
   *
   * @throws IllegalStateException for a URL without TLS
   */
  public Provider build() {
    URI uri = URI.create(base);
    boolean secure = "https".equalsIgnoreCase(uri.getScheme());
    boolean allowed = "http".equalsIgnoreCase(uri.getScheme()) && (plain || isLoopback(uri));
    if (!secure && !allowed) {
      throw new IllegalStateException(
          "The API at " + base + " is not reached by https; see allowPlainHttp()");
    }
    return sort.apply(copy());
  }

  private static boolean isLoopback(URI uri) {
    return LOOPBACK.contains(uri.getHost().toLowerCase(Locale.ROOT));
  }

  private Providers copy() {
    Providers copy = new Providers(repository, 21, base, sort);
    copy.token = token;
    copy.client = client;
    copy.account = account;
    copy.timeout = timeout;
    copy.timing = timing;
    return copy;
  }
}
