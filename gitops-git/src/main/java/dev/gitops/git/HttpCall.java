// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.net.HttpRetryException;
import java.net.HttpURLConnection;
import java.net.ProtocolException;
import java.net.SocketException;
import java.net.URL;
import java.security.SecureRandom;
import java.security.cert.CertificateException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import javax.net.ssl.HostnameVerifier;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLException;
import javax.net.ssl.TrustManager;
import org.eclipse.jgit.errors.TransportException;
import org.eclipse.jgit.transport.http.HttpConnection;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One request, as JGit makes it, cut down to what Git's protocol needs. JGit would also set headers
 * out of the user's configuration, switch off checks, keep cookies, and find out authentication by
 * itself: with another user's Kerberos ticket, or after a redirect.
 */
final class HttpCall implements HttpConnection {
  private static final Set<String> HEADERS =
      Set.of(
          "accept",
          "accept-encoding",
          "content-encoding",
          "content-type",
          "git-protocol",
          "pragma");
  private static final int MAX_REASON = 100;
  private static final int MAX_REST = 1 << 12;
  private static final Logger LOG = LoggerFactory.getLogger(HttpCall.class);

  private final HttpURLConnection connection;
  private final Deadline deadline;
  private final Judge judge;
  private @Nullable Body open;

  /** Says whether an answer is fit for JGit. */
  @FunctionalInterface
  interface Judge {
    /** Throws an exception that ends the conversation if not. */
    void judge(HttpURLConnection connection, int status) throws IOException;
  }

  HttpCall(
      HttpURLConnection connection,
      @Nullable String authorization,
      Deadline deadline,
      Judge judge) {
    this.connection = connection;
    this.deadline = deadline;
    this.judge = judge;
    connection.setRequestProperty("User-Agent", "gitops");
    if (authorization != null) {
      connection.setRequestProperty("Authorization", authorization);
    }
  }

  @Override
  public void setRequestProperty(String key, String value) {
    if (HEADERS.contains(key.toLowerCase(Locale.ROOT))) {
      connection.setRequestProperty(key, value);
    }
  }

  @Override
  public int getResponseCode() throws IOException {
    deadline.check();
    int status = status(connection);
    try {
      judge.judge(connection, status);
    } catch (IOException e) {
      throw new StopException(e);
    }
    return status;
  }

  /** The status of an answer; whatever fails before there is one is an exception. */
  static int status(HttpURLConnection connection) throws IOException {
    try {
      return connection.getResponseCode();
    } catch (HttpRetryException e) {
      // The JDK's way to say 401 or 407 to a request whose body it can't send again.
      return e.responseCode();
    } catch (IOException e) {
      throw failed(e);
    }
  }

  /**
   * The exceptions that JGit takes for what they are, and for the others one that it can't miss.
   */
  private static IOException failed(IOException e) {
    if (e instanceof SocketException || e instanceof InterruptedIOException) {
      return e;
    }
    throw new StopException(e instanceof SSLException tls ? explained(tls) : e);
  }

  /** Without its cause, in which an end of file looks like damage of the clone. */
  private static IOException explained(SSLException e) {
    boolean untrusted = false;
    for (Throwable t = e; t != null && !untrusted; t = t.getCause()) {
      untrusted = t instanceof CertificateException;
    }
    return new TransportException(
        "TLS failed: "
            + e.getMessage()
            + (untrusted
                ? ". If the server is right, name its authority: GitTransport.authorities(pem)"
                : ""));
  }

  @Override
  public @Nullable String getResponseMessage() throws IOException {
    String reason = connection.getResponseMessage();
    return reason == null || reason.length() <= MAX_REASON
        ? reason
        : reason.substring(0, MAX_REASON) + "…";
  }

  @Override
  public InputStream getInputStream() throws IOException {
    open = new Body(deadline.bound(connection.getInputStream()));
    return open;
  }

  /** Ends the request, and hands its connection on to the next if that is possible. */
  void finish() {
    if (open != null) {
      open.close();
    }
  }

  /** JGit stops before the end, and a connection is only kept for the next request after it. */
  private static final class Body extends FilterInputStream {
    private boolean closed;

    Body(InputStream body) {
      super(body);
    }

    @Override
    public void close() {
      if (closed) {
        return;
      }
      closed = true;
      try (InputStream body = in) {
        int read = 0;
        for (int left = MAX_REST; read >= 0 && left > 0; left -= read) {
          read = body.read(new byte[left]);
        }
      } catch (IOException e) {
        LOG.debug("The connection can't be kept", e); // and nothing else was wanted of it
      }
    }
  }

  @Override
  public OutputStream getOutputStream() throws IOException {
    deadline.check();
    try {
      return connection.getOutputStream();
    } catch (IOException e) {
      throw failed(e);
    }
  }

  @Override
  public void connect() throws IOException {
    connection.connect();
  }

  @Override
  public URL getURL() {
    return connection.getURL();
  }

  @Override
  public Map<String, List<String>> getHeaderFields() {
    return connection.getHeaderFields().entrySet().stream()
        .filter(field -> field.getKey() != null && !isForOthers(field.getKey()))
        .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
  }

  @Override
  public @Nullable String getHeaderField(String name) {
    return isForOthers(name) ? null : connection.getHeaderField(name);
  }

  @Override
  public List<String> getHeaderFields(String name) {
    return getHeaderFields().entrySet().stream()
        .filter(field -> name.equalsIgnoreCase(field.getKey()))
        .flatMap(field -> field.getValue().stream())
        .toList();
  }

  private static boolean isForOthers(String header) {
    String name = header.toLowerCase(Locale.ROOT);
    return name.startsWith("set-cookie") || name.equals("www-authenticate");
  }

  @Override
  public String getContentType() {
    return connection.getContentType();
  }

  @Override
  public int getContentLength() {
    return connection.getContentLength();
  }

  @Override
  public void setRequestMethod(String method) throws ProtocolException {
    connection.setRequestMethod(method);
  }

  @Override
  public String getRequestMethod() {
    return connection.getRequestMethod();
  }

  @Override
  public void setDoOutput(boolean output) {
    connection.setDoOutput(output);
  }

  @Override
  public void setFixedLengthStreamingMode(int length) {
    connection.setFixedLengthStreamingMode(length);
  }

  @Override
  public void setChunkedStreamingMode(int length) {
    connection.setChunkedStreamingMode(length);
  }

  @Override
  public boolean usingProxy() {
    return connection.usingProxy();
  }

  // What follows is ours to say, whatever JGit has read in some configuration.

  @Override
  public void setUseCaches(boolean use) {}

  @Override
  public void setConnectTimeout(int millis) {}

  @Override
  public void setReadTimeout(int millis) {}

  @Override
  public void setInstanceFollowRedirects(boolean follow) {}

  @Override
  public void setHostnameVerifier(HostnameVerifier verifier) {}

  @Override
  public void configure(
      KeyManager @Nullable [] keys, TrustManager @Nullable [] trust, SecureRandom random) {}
}
