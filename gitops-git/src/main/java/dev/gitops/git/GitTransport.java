// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import java.net.Proxy;
import java.net.ProxySelector;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * How a source reaches a remote: whom to trust, through which proxy, how long to wait, how often to
 * try. How long a fetch may take as a whole is said by {@link GitStateSourceBuilder#timeout}.
 *
 * <p>Without anything said, TLS trusts the authorities that the JVM trusts, and the JVM's proxy
 * settings hold ({@code https.proxyHost} and the like, or what {@link ProxySelector#getDefault}
 * says otherwise). Environment variables and Git's own configuration are not looked at, and neither
 * are the JVM-wide defaults for authentication, host names and TLS sockets.
 *
 * <p>Immutable and thread-safe.
 */
public final class GitTransport {
  private static final GitTransport DEFAULTS =
      new GitTransport(null, null, false, Duration.ofSeconds(15), Duration.ofMinutes(1), 3);

  private final @Nullable Path authorities;
  private final @Nullable HttpProxy proxy;
  private final boolean direct;
  private final Duration connectTimeout;
  private final Duration silence;
  private final int attempts;

  private GitTransport(
      @Nullable Path authorities,
      @Nullable HttpProxy proxy,
      boolean direct,
      Duration connectTimeout,
      Duration silence,
      int attempts) {
    this.authorities = authorities;
    this.proxy = proxy;
    this.direct = direct;
    this.connectTimeout = connectTimeout;
    this.silence = silence;
    this.attempts = attempts;
  }

  /** 15 seconds to connect, a minute of silence, 3 attempts; trust and proxy are the JVM's. */
  public static GitTransport defaults() {
    return DEFAULTS;
  }

  /**
   * Trusts these certificate authorities also, for this source.
   *
   * @param pem one or more certificates; read anew when the file has changed
   */
  public GitTransport authorities(Path pem) {
    return new GitTransport(pem, proxy, direct, connectTimeout, silence, attempts);
  }

  /**
   * Goes through this HTTP proxy, whatever the JVM's settings say; with SSH too.
   *
   * @param url {@code http://host:port}
   * @throws IllegalArgumentException for anything else
   */
  public GitTransport proxy(String url) {
    return proxy(HttpProxy.open(HttpProxy.address(url)));
  }

  /**
   * Goes through this HTTP proxy, with a user and password for the proxy alone.
   *
   * @param password asked for anew in each conversation
   */
  public GitTransport proxy(String url, String user, Supplier<String> password) {
    if (user.isEmpty() || user.indexOf(':') >= 0) {
      throw new IllegalArgumentException("The user of a proxy is not empty and has no colon");
    }
    return proxy(new HttpProxy(HttpProxy.address(url), user, password));
  }

  private GitTransport proxy(HttpProxy newProxy) {
    return new GitTransport(authorities, newProxy, false, connectTimeout, silence, attempts);
  }

  /** Goes through no proxy, whatever the JVM's settings say. */
  public GitTransport direct() {
    return new GitTransport(authorities, null, true, connectTimeout, silence, attempts);
  }

  /** How long to wait for a connection; 15 seconds by default. */
  public GitTransport connectTimeout(Duration atMost) {
    return new GitTransport(authorities, proxy, direct, positive(atMost), silence, attempts);
  }

  /** How long the remote may be silent in the middle of a conversation; a minute by default. */
  public GitTransport silence(Duration atMost) {
    return new GitTransport(authorities, proxy, direct, connectTimeout, positive(atMost), attempts);
  }

  /**
   * How often a fetch is tried when the connection is refused or breaks, or the server answers 429,
   * 500, 502, 503 or 504; 3 by default, with one and two seconds between them, or as long as the
   * server asks for if that is a minute at most. All of it within the source's timeout. Whatever
   * else fails, such as credentials, is not tried again.
   *
   * @throws IllegalArgumentException for less than 1 or more than 10
   */
  public GitTransport attempts(int times) {
    if (times < 1 || times > 10) {
      throw new IllegalArgumentException("Between 1 and 10 attempts, not " + times);
    }
    return new GitTransport(authorities, proxy, direct, connectTimeout, silence, times);
  }

  private static Duration positive(Duration time) {
    if (time.compareTo(Duration.ofMillis(1)) < 0 || time.compareTo(Duration.ofDays(1)) > 0) {
      throw new IllegalArgumentException("Between a millisecond and a day, not " + time);
    }
    return time;
  }

  @Nullable Path authorities() {
    return authorities;
  }

  /** The proxy given here, if any. */
  @Nullable HttpProxy proxy() {
    return proxy;
  }

  boolean isDirect() {
    return direct;
  }

  /** The proxy that the JVM's settings name; {@link Proxy#NO_PROXY} if they are not to hold. */
  Proxy jvmProxy(URI to) {
    ProxySelector selector = ProxySelector.getDefault();
    if (direct || proxy != null || selector == null) {
      return Proxy.NO_PROXY;
    }
    List<Proxy> proxies = selector.select(to);
    return proxies.isEmpty() ? Proxy.NO_PROXY : proxies.get(0);
  }

  Duration connectTimeout() {
    return connectTimeout;
  }

  Duration silence() {
    return silence;
  }

  int attempts() {
    return attempts;
  }

  @Override
  public String toString() {
    return (proxy == null ? direct ? "direct" : "proxy of the JVM" : "proxy " + proxy)
        + (authorities == null ? "" : ", authorities in " + authorities)
        + ", %s to connect, %s of silence, %d attempts"
            .formatted(connectTimeout, silence, attempts);
  }
}
