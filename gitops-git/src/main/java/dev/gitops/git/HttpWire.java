// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import dev.gitops.git.HttpCredentials.Authorization;
import java.io.IOException;
import java.net.Authenticator;
import java.net.HttpURLConnection;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import javax.net.ssl.HttpsURLConnection;
import org.jspecify.annotations.Nullable;

/**
 * Opens HTTP connections as the transport settings say, with nothing from the JVM's defaults but
 * proxies and trust. Thread-safe.
 */
final class HttpWire {
  /** Knows nobody; without it the JVM's default is asked, and may know somebody. */
  private static final Authenticator NOBODY = new Authenticator() {};

  private final GitTransport settings;
  private final Tls anonymous;
  private final Tls known;
  private final Set<String> secrets = ConcurrentHashMap.newKeySet();

  HttpWire(GitTransport settings, @Nullable ClientCertificate certificate) {
    this.settings = settings;
    this.anonymous = new Tls(settings.authorities(), null);
    this.known = certificate == null ? anonymous : new Tls(settings.authorities(), certificate);
  }

  /**
   * A connection that is not made yet.
   *
   * @param asClient whether the client certificate is shown
   */
  HttpURLConnection open(URL to, boolean asClient, Deadline deadline) throws IOException {
    HttpProxy proxy = settings.proxy();
    Proxy route = Proxy.NO_PROXY;
    if (proxy == null) {
      route = settings.jvmProxy(uri(to));
      if (route.type() == Proxy.Type.HTTP && route.address() instanceof InetSocketAddress at) {
        proxy = HttpProxy.open(at);
      }
    }
    HttpURLConnection connection;
    if (to.getProtocol().equalsIgnoreCase("https")) {
      // Through a tunnel of our own, or a SOCKS proxy that the JDK knows.
      connection = (HttpURLConnection) to.openConnection(proxy == null ? route : Proxy.NO_PROXY);
      ((HttpsURLConnection) connection)
          .setSSLSocketFactory((asClient ? known : anonymous).sockets(proxy));
      ((HttpsURLConnection) connection).setHostnameVerifier((host, session) -> false);
    } else {
      connection = plain(to, proxy, route);
    }
    connection.setAuthenticator(NOBODY);
    connection.setInstanceFollowRedirects(false);
    connection.setUseCaches(false);
    connection.setConnectTimeout(deadline.millis(settings.connectTimeout()));
    connection.setReadTimeout(deadline.millis(settings.silence()));
    return connection;
  }

  private HttpURLConnection plain(URL to, @Nullable HttpProxy proxy, Proxy route)
      throws IOException {
    if (proxy == null) {
      return (HttpURLConnection) to.openConnection(route);
    }
    HttpURLConnection connection =
        (HttpURLConnection) to.openConnection(new Proxy(Proxy.Type.HTTP, proxy.resolved()));
    Authorization authorization = proxy.authorization();
    if (authorization != null) {
      secrets.addAll(authorization.secrets());
      connection.setRequestProperty("Proxy-Authorization", authorization.header());
    }
    return connection;
  }

  private static URI uri(URL to) throws IOException {
    try {
      return new URI(to.getProtocol(), null, to.getHost(), to.getPort(), null, null, null);
    } catch (URISyntaxException e) {
      throw new IOException("No proxy can be chosen for the host " + to.getHost());
    }
  }

  /** Secrets that went over the wire, for the sake of messages that must not quote them. */
  Set<String> secrets() {
    return secrets;
  }
}
