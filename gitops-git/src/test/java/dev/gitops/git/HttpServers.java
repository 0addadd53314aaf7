// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;

/** HTTP servers: one of Git itself ({@code git http-backend}), and ones that misbehave. */
final class HttpServers implements AutoCloseable {
  private final List<HttpServer> servers = new CopyOnWriteArrayList<>();
  private final ExecutorService executor = Executors.newCachedThreadPool();

  /** What was asked for, in order: method, path, query, and Authorization or "-". */
  final List<String> requests = new CopyOnWriteArrayList<>();

  /** Starts a server on a free port; returns its URL without a slash at its end. */
  String start(HttpHandler handler) throws IOException {
    HttpServer server = HttpServer.create(freePort(), 0);
    return "http://127.0.0.1:" + start(server, handler);
  }

  /** The same over TLS, as {@code localhost}; with a client certificate if the context says so. */
  String startTls(SSLContext tls, boolean needsClient, HttpHandler handler) throws IOException {
    HttpsServer server = HttpsServer.create(freePort(), 0);
    server.setHttpsConfigurator(
        new HttpsConfigurator(tls) {
          @Override
          public void configure(HttpsParameters parameters) {
            SSLParameters ssl = tls.getDefaultSSLParameters();
            ssl.setNeedClientAuth(needsClient);
            parameters.setSSLParameters(ssl);
          }
        });
    return "https://localhost:" + start(server, handler);
  }

  private static InetSocketAddress freePort() {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
  }

  private int start(HttpServer server, HttpHandler handler) {
    server.setExecutor(executor);
    server.createContext(
        "/",
        exchange -> {
          String authorization = exchange.getRequestHeaders().getFirst("Authorization");
          requests.add(
              "%s %s %s"
                  .formatted(
                      exchange.getRequestMethod(),
                      exchange.getRequestURI(),
                      authorization == null ? "-" : authorization));
          try (exchange) {
            handler.handle(exchange);
          }
        });
    server.start();
    servers.add(server);
    return server.getAddress().getPort();
  }

  /** Lets only those pass who show this. */
  static HttpHandler only(Supplier<String> authorization, HttpHandler then) {
    return exchange -> {
      if (authorization.get().equals(exchange.getRequestHeaders().getFirst("Authorization"))) {
        then.handle(exchange);
      } else {
        exchange.getResponseHeaders().add("WWW-Authenticate", "Basic realm=\"git\"");
        exchange.sendResponseHeaders(401, -1);
      }
    };
  }

  static String basic(String user, String password) {
    byte[] both = (user + ":" + password).getBytes(StandardCharsets.UTF_8);
    return "Basic " + Base64.getEncoder().encodeToString(both);
  }

  /** Sends everybody to the same path after this. */
  static void redirect(HttpExchange exchange, String to) throws IOException {
    exchange.getResponseHeaders().add("Location", to + exchange.getRequestURI());
    exchange.sendResponseHeaders(302, -1);
  }

  /** Git's own CGI program. */
  static HttpHandler gitBackend(Path root) {
    return gitBackend(root, answer -> answer);
  }

  /** The same, whose answers are changed on their way. */
  static HttpHandler gitBackend(Path root, UnaryOperator<byte[]> onTheWay) {
    return exchange -> {
      ProcessBuilder builder = new ProcessBuilder("git", "http-backend");
      Map<String, String> environment = builder.environment();
      environment.putAll(RealGit.environment(root));
      environment.put("GIT_PROJECT_ROOT", root.toString());
      environment.put("GIT_HTTP_EXPORT_ALL", "1");
      environment.put("PATH_INFO", exchange.getRequestURI().getPath());
      environment.put("REQUEST_METHOD", exchange.getRequestMethod());
      put(environment, "QUERY_STRING", exchange.getRequestURI().getRawQuery());
      put(environment, "CONTENT_TYPE", exchange.getRequestHeaders().getFirst("Content-Type"));
      put(
          environment,
          "HTTP_CONTENT_ENCODING",
          exchange.getRequestHeaders().getFirst("Content-Encoding"));
      put(environment, "GIT_PROTOCOL", exchange.getRequestHeaders().getFirst("Git-Protocol"));
      Process process = builder.redirectError(ProcessBuilder.Redirect.DISCARD).start();
      try (OutputStream to = process.getOutputStream()) {
        exchange.getRequestBody().transferTo(to);
      }
      answer(exchange, process.getInputStream(), onTheWay);
    };
  }

  private static void put(Map<String, String> environment, String name, String value) {
    environment.put(name, value == null ? "" : value);
  }

  private static void answer(HttpExchange exchange, InputStream cgi, UnaryOperator<byte[]> onTheWay)
      throws IOException {
    int status = 200;
    for (String line = line(cgi); !line.isEmpty(); line = line(cgi)) {
      String[] header = line.split(": ", 2);
      if (header[0].equals("Status")) {
        status = Integer.parseInt(header[1].substring(0, 3));
      } else {
        exchange.getResponseHeaders().add(header[0], header[1]);
      }
    }
    exchange.sendResponseHeaders(status, 0);
    exchange.getResponseBody().write(onTheWay.apply(cgi.readAllBytes()));
  }

  private static String line(InputStream from) throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    for (int b = from.read(); b >= 0 && b != '\n'; b = from.read()) {
      line.write(b);
    }
    return line.toString(StandardCharsets.US_ASCII).stripTrailing();
  }

  @Override
  public void close() {
    servers.forEach(server -> server.stop(0));
    executor.shutdownNow();
  }
}
