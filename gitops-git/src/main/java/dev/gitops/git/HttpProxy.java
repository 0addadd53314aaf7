// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import dev.gitops.git.HttpCredentials.Authorization;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * An HTTP proxy. Its tunnels are made here: the JDK makes none with a user and password unless a
 * JVM-wide property says so.
 *
 * @param user empty for none
 */
record HttpProxy(InetSocketAddress address, String user, Supplier<String> password) {
  private static final Pattern STATUS = Pattern.compile("HTTP/1\\.[01] ([1-5][0-9]{2})(?: .*)?");
  private static final int MAX_HEADER = 1 << 14;
  private static final Supplier<String> NO_PASSWORD = HttpProxy::none;

  /** A proxy that asks for no user. */
  static HttpProxy open(InetSocketAddress address) {
    return new HttpProxy(address, "", NO_PASSWORD);
  }

  private static String none() {
    return "";
  }

  /** Where the proxy of this URL is. */
  static InetSocketAddress address(String url) {
    URI uri;
    try {
      uri = URI.create(url);
    } catch (IllegalArgumentException e) {
      throw refused();
    }
    String path = uri.getRawPath();
    if (!"http".equalsIgnoreCase(uri.getScheme())
        || uri.getHost() == null
        || uri.getPort() <= 0
        || uri.getPort() > 0xffff
        || uri.getRawUserInfo() != null
        || uri.getRawQuery() != null
        || !(path == null || path.isEmpty() || path.equals("/"))) {
      throw refused();
    }
    return InetSocketAddress.createUnresolved(uri.getHost(), uri.getPort());
  }

  private static IllegalArgumentException refused() {
    // Without the text: people write credentials into it.
    return new IllegalArgumentException(
        "A proxy is given as http://host:port; its user and password are arguments of their own");
  }

  /** The same, its name looked up. */
  InetSocketAddress resolved() {
    return address.isUnresolved()
        ? new InetSocketAddress(address.getHostString(), address.getPort())
        : address;
  }

  /** What the proxy is shown; null if there is nothing to show. */
  @Nullable Authorization authorization() throws IOException {
    return user.isEmpty()
        ? null
        : Authorization.basic(user, AccessException.ask("password of the proxy", password));
  }

  /** A socket that is connected by way of the proxy. */
  Socket tunnel() {
    return new Tunnel(this);
  }

  @Override
  public String toString() {
    return address.getHostString() + ":" + address.getPort();
  }

  private static final class Tunnel extends Socket {
    private final HttpProxy proxy;

    Tunnel(HttpProxy proxy) {
      this.proxy = proxy;
    }

    @Override
    public void connect(SocketAddress to, int timeout) throws IOException {
      InetSocketAddress target = (InetSocketAddress) to;
      super.connect(proxy.resolved(), timeout);
      setSoTimeout(timeout);
      String host = target.getHostString();
      String authority = (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + target.getPort();
      StringBuilder request = new StringBuilder();
      request.append("CONNECT ").append(authority).append(" HTTP/1.1\r\n");
      request.append("Host: ").append(authority).append("\r\n");
      Authorization authorization = proxy.authorization();
      if (authorization != null) {
        request.append("Proxy-Authorization: ").append(authorization.header()).append("\r\n");
      }
      getOutputStream().write(request.append("\r\n").toString().getBytes(StandardCharsets.UTF_8));
      int status = status();
      if (status != 200) {
        close();
        throw new HttpStatusException(
            status, null, "The proxy " + proxy + " " + HttpStatusException.proxyWords(status));
      }
    }

    /** The status, with the header read to its end and not a byte further. */
    private int status() throws IOException {
      InputStream from = getInputStream();
      StringBuilder header = new StringBuilder();
      while (header.length() < MAX_HEADER && header.indexOf("\r\n\r\n") < 0) {
        int next;
        try {
          next = from.read();
        } catch (SocketTimeoutException e) {
          throw new SocketTimeoutException("The proxy " + proxy + " does not answer: time out");
        }
        if (next < 0) {
          break;
        }
        header.append((char) next);
      }
      Matcher status = STATUS.matcher(header.toString().lines().findFirst().orElse(""));
      if (!status.matches()) {
        close();
        throw new IOException("What is at " + proxy + " does not answer as an HTTP proxy does");
      }
      return Integer.parseInt(status.group(1));
    }
  }
}
