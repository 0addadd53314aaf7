// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git.provider;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * A service on this machine that speaks as a provider documents it, and remembers what it heard.
 */
final class FakeService implements AutoCloseable {
  private final HttpServer server;
  private final ExecutorService executor = Executors.newCachedThreadPool();
  private final Map<String, Queue<Reply>> script = new HashMap<>();

  /** Method, path with query, and body, in order. */
  final List<String> heard = new ArrayList<>();

  /** The Authorization headers, in the same order. */
  final List<String> authorizations = new ArrayList<>();

  /** What is answered. */
  record Reply(int status, Map<String, String> headers, String body) {
    static Reply json(String json) {
      return new Reply(200, Map.of(), json.replace('\'', '"'));
    }

    Reply with(String name, String value) {
      Map<String, String> more = new HashMap<>(headers);
      more.put(name, value);
      return new Reply(status, more, body);
    }

    Reply status(int newStatus) {
      return new Reply(newStatus, headers, body);
    }
  }

  FakeService() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(executor);
    server.createContext("/", this::answer);
    server.start();
  }

  String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  /** What {@code METHOD /path?query} is answered next; the last answer is given again and again. */
  synchronized FakeService on(String request, Reply reply) {
    script.computeIfAbsent(request, key -> new ArrayDeque<>()).add(reply);
    return this;
  }

  FakeService on(String request, String json) {
    return on(request, Reply.json(json));
  }

  /** Forgets what it was told to answer. */
  synchronized void forget() {
    script.clear();
  }

  synchronized List<String> heard() {
    return List.copyOf(heard);
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
      String request = exchange.getRequestMethod() + " " + exchange.getRequestURI();
      Reply reply;
      synchronized (this) {
        heard.add(body.isEmpty() ? request : request + " " + body);
        authorizations.add(exchange.getRequestHeaders().getFirst("Authorization"));
        Queue<Reply> replies = script.get(request);
        reply =
            replies == null
                ? Reply.json("{'message': 'Not Found'}").status(404)
                : replies.size() > 1 ? replies.remove() : replies.element();
      }
      reply.headers().forEach((name, value) -> exchange.getResponseHeaders().add(name, value));
      byte[] answer = reply.body().getBytes(StandardCharsets.UTF_8);
      exchange.sendResponseHeaders(reply.status(), answer.length);
      exchange.getResponseBody().write(answer);
    }
  }

  @Override
  public void close() {
    server.stop(0);
    executor.shutdownNow();
  }
}
