// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * A forward proxy with tunnels, for one user. Everything that it is asked to reach is on this
 * machine, whatever its name: whoever gets through to a made-up name came this way.
 */
final class ForwardProxy implements AutoCloseable {
  private final ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
  private final ExecutorService executor = Executors.newCachedThreadPool();
  private final String authorization;

  /** The first lines of all requests that were let through. */
  final List<String> passed = new CopyOnWriteArrayList<>();

  /** Whether it gives its answer and the first that the server says in one piece. */
  volatile boolean hasty;

  /**
   * Starts it.
   *
   * @param authorization what it wants to be shown; empty for nothing
   */
  ForwardProxy(String authorization) throws IOException {
    this.authorization = authorization;
    executor.execute(this::accept);
  }

  String url() {
    return "http://127.0.0.1:" + server.getLocalPort();
  }

  private void accept() {
    try {
      while (true) {
        Socket client = server.accept();
        executor.execute(() -> serve(client));
      }
    } catch (IOException e) {
      // It was closed.
    }
  }

  private void serve(Socket client) {
    try (client) {
      List<String> header = header(client.getInputStream()).lines().toList();
      boolean known =
          authorization.isEmpty() || header.contains("Proxy-Authorization: " + authorization);
      OutputStream back = client.getOutputStream();
      if (!known) {
        write(back, "HTTP/1.1 407 No\r\nProxy-Authenticate: Basic realm=\"p\"\r\n");
        write(back, "Content-Length: 0\r\n\r\n");
        return;
      }
      String[] request = header.get(0).split(" ", -1);
      passed.add(header.get(0));
      boolean tunnel = request[0].equals("CONNECT");
      URI to = URI.create(tunnel ? "x://" + request[1] : request[1]);
      try (Socket target = new Socket(InetAddress.getLoopbackAddress(), to.getPort())) {
        if (tunnel) {
          String answer = "HTTP/1.1 200 OK\r\n\r\n";
          write(back, hasty ? answer + greeting(target.getInputStream()) : answer);
        } else {
          String path = to.getRawPath() + (to.getRawQuery() == null ? "" : "?" + to.getRawQuery());
          OutputStream forth = target.getOutputStream();
          write(forth, request[0] + " " + path + " HTTP/1.1\r\nConnection: close\r\n");
          for (String line : header.subList(1, header.size())) {
            if (!line.isEmpty() && !line.startsWith("Proxy-") && !line.startsWith("Connection")) {
              write(forth, line + "\r\n");
            }
          }
          write(forth, "\r\n");
        }
        executor.execute(() -> pump(client, target));
        if (!tunnel) {
          write(
              back,
              header(target.getInputStream()).replaceFirst("\r\n", "\r\nConnection: close\r\n"));
        }
        target.getInputStream().transferTo(back);
      }
    } catch (IOException e) {
      // One side has had enough.
    }
  }

  private static void pump(Socket from, Socket to) {
    try {
      from.getInputStream().transferTo(to.getOutputStream());
    } catch (IOException e) {
      // One side has had enough.
    }
  }

  private static String greeting(InputStream from) throws IOException {
    StringBuilder line = new StringBuilder();
    int next = from.read();
    while (next >= 0) {
      line.append((char) next);
      next = next == '\n' ? -1 : from.read();
    }
    return line.toString();
  }

  private static void write(OutputStream to, String text) throws IOException {
    to.write(text.getBytes(StandardCharsets.US_ASCII));
  }

  private static String header(InputStream from) throws IOException {
    ByteArrayOutputStream header = new ByteArrayOutputStream();
    while (!header.toString(StandardCharsets.US_ASCII).endsWith("\r\n\r\n")) {
      int next = from.read();
      if (next < 0) {
        break;
      }
      header.write(next);
    }
    return header.toString(StandardCharsets.US_ASCII);
  }

  @Override
  public void close() throws IOException {
    server.close();
    executor.shutdownNow();
  }
}
