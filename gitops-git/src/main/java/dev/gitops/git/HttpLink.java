// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import dev.gitops.git.HttpCredentials.Authorization;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.Proxy;
import java.net.URL;
import java.util.ArrayList;
import java.util.List;
import org.eclipse.jgit.errors.TransportException;
import org.eclipse.jgit.transport.http.HttpConnection;
import org.eclipse.jgit.transport.http.HttpConnectionFactory;
import org.jspecify.annotations.Nullable;

/**
 * One conversation over HTTP: shows the credentials where they belong, from the first request on
 * and without being asked, so that nothing is found out from what a server or a redirect says.
 */
final class HttpLink implements HttpConnectionFactory, AutoCloseable {
  private static final String REFS = "/info/refs";

  private final GitUrl url;
  private final GitAccess access;
  private final HttpWire wire;
  private final Deadline deadline;
  private final List<HttpCall> calls = new ArrayList<>();
  private @Nullable Authorization authorization;

  HttpLink(GitUrl url, GitAccess access, HttpWire wire, Deadline deadline) {
    this.url = url;
    this.access = access;
    this.wire = wire;
    this.deadline = deadline;
  }

  @Override
  public HttpConnection create(URL to) throws IOException {
    return create(to, Proxy.NO_PROXY);
  }

  @Override
  public HttpConnection create(URL to, Proxy ignored) throws IOException {
    deadline.check();
    GitUrl scope = access.scope();
    if (scope != null && !scope.isOrigin(to) && scope.isAbove(url)) {
      throw refused("another host (" + to.getHost() + "), which the credentials are not meant for");
    }
    if (url.isHttps() && !to.getProtocol().equalsIgnoreCase("https")) {
      throw refused("a connection without TLS");
    }
    if (!to.getPath().endsWith(REFS)
        && !to.getPath().endsWith("/git-upload-pack")
        && !to.getPath().endsWith("/git-receive-pack")) {
      throw new StopException(notGit(to, "an old protocol only"));
    }
    boolean covered = scope != null && scope.isAbove(to);
    String header = covered ? header() : null;
    HttpCall call =
        new HttpCall(
            wire.open(to, covered, deadline),
            header,
            deadline,
            (answered, status) -> judge(answered, status, covered));
    calls.add(call);
    return call;
  }

  /** Ends all requests; JGit leaves some open. */
  @Override
  public void close() {
    calls.forEach(HttpCall::finish);
  }

  private static StopException refused(String where) {
    return new StopException(
        new AccessException(
            "The server redirects to " + where + ". Use the URL that it leads to if you trust it"));
  }

  private @Nullable String header() throws IOException {
    HttpCredentials credentials = access.http();
    if (credentials == null) {
      return null;
    }
    if (authorization == null) {
      authorization = credentials.authorization(wire, deadline);
    }
    return authorization.header();
  }

  /** What must not be shown of what was shown to the server. */
  List<String> secrets() {
    return authorization == null ? List.of() : authorization.secrets();
  }

  private void judge(HttpURLConnection answered, int status, boolean covered) throws IOException {
    HttpCredentials credentials = covered ? access.http() : null;
    if (status == HttpURLConnection.HTTP_UNAUTHORIZED && credentials != null) {
      credentials.refused();
    }
    if (status == HttpURLConnection.HTTP_UNAUTHORIZED
        || status == HttpURLConnection.HTTP_FORBIDDEN) {
      throw new AccessException(
          (credentials != null
                  ? "The server does not accept the credentials, or they may not read this"
                  : access.scope() == null
                      ? "The server wants credentials, and none were given"
                      : covered
                          ? "The server wants more than the client certificate"
                          : "The server wants credentials for "
                              + shown(answered.getURL())
                              + ", and those given are for "
                              + access.scope()
                              + " only; extend them with GitAccess.below(url) if that is right")
              + " (status "
              + status
              + ", not authorized)");
    }
    if (status == HttpURLConnection.HTTP_PROXY_AUTH) {
      throw new HttpStatusException(
          status, null, "The proxy " + HttpStatusException.proxyWords(status));
    }
    if (HttpStatusException.isPassing(status)) {
      throw HttpStatusException.of(answered, status, deadline.now());
    }
    String type = answered.getContentType();
    if (status == HttpURLConnection.HTTP_OK
        && answered.getURL().getPath().endsWith(REFS)
        && (type == null
            || !type.matches("application/x-git-(upload|receive)-pack-advertisement"))) {
      throw notGit(answered.getURL(), "a document of another sort, such as a page to log in");
    }
  }

  private static TransportException notGit(URL to, String what) {
    return new TransportException(
        "What is at %s does not answer as a Git server, but with %s".formatted(shown(to), what));
  }

  private static String shown(URL url) {
    return url.getProtocol() + "://" + url.getAuthority() + url.getPath();
  }
}
