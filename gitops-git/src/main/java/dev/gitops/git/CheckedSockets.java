// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import org.jspecify.annotations.Nullable;

/**
 * TLS sockets that compare the name in the certificate with that of the host, and that can go
 * through a tunnel: then the socket that is handed out first is a plain one, over which the JDK
 * asks for the TLS one when it is connected.
 */
final class CheckedSockets extends SSLSocketFactory {
  private final SSLSocketFactory sockets;
  private final @Nullable HttpProxy via;

  CheckedSockets(SSLSocketFactory sockets, @Nullable HttpProxy via) {
    this.sockets = sockets;
    this.via = via;
  }

  private static Socket checked(Socket socket) {
    SSLSocket tls = (SSLSocket) socket;
    SSLParameters parameters = tls.getSSLParameters();
    parameters.setEndpointIdentificationAlgorithm("HTTPS");
    tls.setSSLParameters(parameters);
    return tls;
  }

  @Override
  public Socket createSocket() throws IOException {
    return via == null ? checked(sockets.createSocket()) : via.tunnel();
  }

  @Override
  public Socket createSocket(Socket below, String host, int port, boolean close)
      throws IOException {
    return checked(sockets.createSocket(below, host, port, close));
  }

  @Override
  public Socket createSocket(String host, int port) {
    throw notUsed();
  }

  @Override
  public Socket createSocket(String host, int port, InetAddress from, int fromPort) {
    throw notUsed();
  }

  @Override
  public Socket createSocket(InetAddress host, int port) {
    throw notUsed();
  }

  @Override
  public Socket createSocket(InetAddress host, int port, InetAddress from, int fromPort) {
    throw notUsed();
  }

  /** They would pass the proxy by, and are not what a connection with a timeout is made with. */
  private static UnsupportedOperationException notUsed() {
    return new UnsupportedOperationException();
  }

  @Override
  public String[] getDefaultCipherSuites() {
    return sockets.getDefaultCipherSuites();
  }

  @Override
  public String[] getSupportedCipherSuites() {
    return sockets.getSupportedCipherSuites();
  }
}
