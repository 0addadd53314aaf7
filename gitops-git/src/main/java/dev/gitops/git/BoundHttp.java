// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Proxy;
import java.net.URL;
import org.eclipse.jgit.transport.http.HttpConnection;
import org.eclipse.jgit.transport.http.HttpConnectionFactory;
import org.eclipse.jgit.transport.http.JDKHttpConnection;

/**
 * HTTP connections that end in time, and that don't follow a redirect to another host with
 * credentials: JGit keeps the Authorization header that it has found out over a redirect.
 */
final class BoundHttp implements HttpConnectionFactory {
  private final GitUrl url;
  private final Deadline deadline;

  BoundHttp(GitUrl url, Deadline deadline) {
    this.url = url;
    this.deadline = deadline;
  }

  @Override
  public HttpConnection create(URL to) throws IOException {
    return create(to, Proxy.NO_PROXY);
  }

  @Override
  public HttpConnection create(URL to, Proxy proxy) throws IOException {
    deadline.check();
    if (url.hasCredentials() && !url.isOrigin(to)) {
      // No IOException: JGit would try again with another sort of authentication.
      throw new RedirectRefusedException(
          "The server redirects to another host ("
              + to.getHost()
              + "), which the credentials are not meant for. Use its URL if you trust it");
    }
    return new Connection(to, proxy, deadline);
  }

  /** A redirect that credentials must not follow. */
  static final class RedirectRefusedException extends RuntimeException {
    private static final long serialVersionUID = 1;

    RedirectRefusedException(String message) {
      super(message);
    }
  }

  private static final class Connection extends JDKHttpConnection {
    private final Deadline deadline;

    Connection(URL url, Proxy proxy, Deadline deadline) throws IOException {
      super(url, proxy);
      this.deadline = deadline;
    }

    @Override
    public InputStream getInputStream() throws IOException {
      return new FilterInputStream(super.getInputStream()) {
        @Override
        public int read() throws IOException {
          deadline.check();
          return super.read();
        }

        @Override
        public int read(byte[] buffer, int offset, int length) throws IOException {
          deadline.check();
          return super.read(buffer, offset, length);
        }
      };
    }
  }
}
