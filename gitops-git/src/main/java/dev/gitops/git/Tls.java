// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/**
 * TLS whose server is always checked, name included: other code may have set JVM-wide defaults that
 * trust everybody, as a makeshift for a connection of its own.
 */
final class Tls {
  private final @Nullable Path authorities;
  private final @Nullable ClientCertificate certificate;
  private final Map<Optional<HttpProxy>, SSLSocketFactory> made = new HashMap<>();
  private List<Object> of = List.of();

  Tls(@Nullable Path authorities, @Nullable ClientCertificate certificate) {
    this.authorities = authorities;
    this.certificate = certificate;
  }

  /**
   * The factory of sockets that reach the server directly, or through a tunnel of a proxy; the same
   * one until a file changes, so that connections can be kept.
   *
   * @throws AccessException when a certificate or key can't be read
   */
  synchronized SSLSocketFactory sockets(@Nullable HttpProxy via) throws IOException {
    List<Object> now = new ArrayList<>();
    for (Path file : files()) {
      now.add(file);
      if (Files.exists(file)) {
        now.add(Files.getLastModifiedTime(file));
        now.add(Files.size(file));
      }
    }
    if (!now.equals(of)) {
      made.clear();
    }
    SSLSocketFactory sockets = made.get(Optional.ofNullable(via));
    if (sockets == null) {
      sockets = new CheckedSockets(context().getSocketFactory(), via);
      made.put(Optional.ofNullable(via), sockets);
      of = now;
    }
    return sockets;
  }

  private List<Path> files() {
    Stream<Path> client =
        certificate == null
            ? Stream.of()
            : Stream.of(certificate.chain(), certificate.privateKey());
    return Stream.concat(Stream.ofNullable(authorities), client).toList();
  }

  private SSLContext context() throws IOException {
    KeyManager[] keys = certificate == null ? null : certificate.managers();
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(keys, new TrustManager[] {trust()}, null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new AccessException("TLS can't be set up: " + e.getMessage());
    }
  }

  private TrustManager trust() throws IOException, GeneralSecurityException {
    X509ExtendedTrustManager jvm = manager(null);
    if (authorities == null) {
      return jvm;
    }
    Path pem = authorities;
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    int n = 0;
    for (X509Certificate authority :
        Pem.certificates(
            AccessException.ask("file of authorities", () -> Pem.read(pem)), pem.toString())) {
      store.setCertificateEntry("authority" + n++, authority);
    }
    return new Either(manager(store), jvm);
  }

  private static X509ExtendedTrustManager manager(@Nullable KeyStore store)
      throws GeneralSecurityException {
    TrustManagerFactory factory =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    factory.init(store);
    for (TrustManager manager : factory.getTrustManagers()) {
      if (manager instanceof X509ExtendedTrustManager found) {
        return found;
      }
    }
    throw new CertificateException("The JVM has no trust manager for X.509");
  }

  /** Trusts whom the one or the other trusts. */
  private static final class Either extends X509ExtendedTrustManager {
    private final X509ExtendedTrustManager own;
    private final X509ExtendedTrustManager jvm;

    Either(X509ExtendedTrustManager own, X509ExtendedTrustManager jvm) {
      this.own = own;
      this.jvm = jvm;
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket)
        throws CertificateException {
      try {
        own.checkServerTrusted(chain, type, socket);
      } catch (CertificateException e) {
        jvm.checkServerTrusted(chain, type, socket);
      }
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine)
        throws CertificateException {
      try {
        own.checkServerTrusted(chain, type, engine);
      } catch (CertificateException e) {
        jvm.checkServerTrusted(chain, type, engine);
      }
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type)
        throws CertificateException {
      throw new CertificateException("The name of the server is not known here");
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket)
        throws CertificateException {
      throw new CertificateException("There are no clients here");
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine)
        throws CertificateException {
      throw new CertificateException("There are no clients here");
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type)
        throws CertificateException {
      throw new CertificateException("There are no clients here");
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return own.getAcceptedIssuers();
    }
  }
}
