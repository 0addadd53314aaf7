// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HexFormat;
import java.util.concurrent.atomic.AtomicBoolean;
import org.eclipse.jgit.transport.sshd.ProxyData;
import org.jspecify.annotations.Nullable;

/**
 * One connection of JGit's SSH client by way of a proxy: a proxy on the loopback, for one client
 * that knows the secret, which lets nothing of the server's through before the client has spoken.
 *
 * <p>JGit can talk to proxies itself, but throws away what comes in one piece with the proxy's
 * answer. The server's greeting does when the network is quick or this machine is slow, and both
 * sides then wait for each other.
 */
final class SshTunnel implements AutoCloseable {
  private static final int MAX_HEADER = 1 << 12;
  private static final String USER = "gitops";

  /** How many strangers on this machine may knock before the tunnel gives up. */
  private static final int MAX_CLIENTS = 16;

  private final Way way;
  private final InetSocketAddress target;
  private final int millis;
  private final ServerSocket door;
  private final String secret;
  private final AtomicBoolean taken = new AtomicBoolean();
  private volatile @Nullable Socket near;
  private volatile @Nullable Socket far;

  /** Why there is no way to the server; null while none is known. */
  volatile @Nullable IOException failure;

  /** Makes a socket that goes by way of the proxy when it connects. */
  interface Way {
    Socket socket();

    /** By way of a proxy that the JVM's settings name. */
    static Way of(Proxy proxy) {
      return proxy.type() == Proxy.Type.HTTP && proxy.address() instanceof InetSocketAddress address
          ? HttpProxy.open(address)::tunnel
          : () -> new Socket(proxy);
    }
  }

  /**
   * Opens it.
   *
   * @param millis for each of: to be called, to reach the proxy, to be answered by it
   */
  SshTunnel(Way way, String host, int port, int millis) throws IOException {
    this.way = way;
    this.target = InetSocketAddress.createUnresolved(host, port);
    this.millis = millis;
    byte[] random = new byte[32];
    new SecureRandom().nextBytes(random);
    this.secret = HexFormat.of().formatHex(random);
    this.door = new ServerSocket(0, MAX_CLIENTS, InetAddress.getLoopbackAddress());
    start(this::accept);
  }

  /** What JGit is told: a proxy, and the user and password for it. */
  ProxyData proxy() {
    InetSocketAddress address =
        new InetSocketAddress(InetAddress.getLoopbackAddress(), door.getLocalPort());
    return new ProxyData(new Proxy(Proxy.Type.HTTP, address), USER, secret.toCharArray());
  }

  private static void start(Runnable work) {
    Thread thread = new Thread(work, "gitops-ssh-proxy");
    thread.setDaemon(true);
    thread.start();
  }

  private void accept() {
    try (door) {
      door.setSoTimeout(millis);
      for (int i = 0; i < MAX_CLIENTS && !taken.get(); i++) {
        Socket client = door.accept();
        start(() -> serve(client));
      }
    } catch (IOException e) {
      // Nobody called, or it was closed: JGit says what it could not do.
    }
  }

  private void serve(Socket client) {
    try (client) {
      client.setSoTimeout(millis);
      if (!knows(client.getInputStream()) || !taken.compareAndSet(false, true)) {
        return;
      }
      door.close();
      near = client;
      try (Socket server = way.socket()) {
        far = server;
        connect(client, server);
      }
    } catch (IOException e) {
      // One side has had enough; why there is no way stands in `failure`.
    }
  }

  private void connect(Socket client, Socket server) throws IOException {
    OutputStream back = client.getOutputStream();
    try {
      server.connect(target, millis);
    } catch (IOException e) {
      failure = e;
      back.write("HTTP/1.1 502 No\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
      throw e;
    }
    server.setSoTimeout(0);
    back.write("HTTP/1.1 200 OK\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
    InputStream forth = client.getInputStream();
    int first = forth.read();
    if (first < 0) {
      return;
    }
    client.setSoTimeout(0);
    server.getOutputStream().write(first);
    start(() -> pump(client, server));
    server.getInputStream().transferTo(back);
  }

  private static void pump(Socket from, Socket to) {
    try (from;
        to) {
      from.getInputStream().transferTo(to.getOutputStream());
    } catch (IOException e) {
      // One side has had enough, and so has the other then.
    }
  }

  private boolean knows(InputStream from) throws IOException {
    ByteArrayOutputStream header = new ByteArrayOutputStream();
    String text = "";
    while (!text.endsWith("\r\n\r\n")) {
      int next = from.read();
      if (next < 0 || header.size() == MAX_HEADER) {
        return false;
      }
      header.write(next);
      text = next == '\n' ? header.toString(StandardCharsets.US_ASCII) : "";
    }
    byte[] pair = (USER + ":" + secret).getBytes(StandardCharsets.US_ASCII);
    String wanted = "Proxy-Authorization: Basic " + Base64.getEncoder().encodeToString(pair);
    return text.lines().anyMatch(line -> same(line, wanted));
  }

  private static boolean same(String left, String right) {
    return MessageDigest.isEqual(
        left.getBytes(StandardCharsets.US_ASCII), right.getBytes(StandardCharsets.US_ASCII));
  }

  @Override
  public void close() {
    end(door);
    end(near);
    end(far);
  }

  private static void end(@Nullable AutoCloseable end) {
    if (end != null) {
      try {
        end.close();
      } catch (Exception e) {
        // It is of no use any more either way.
      }
    }
  }
}
