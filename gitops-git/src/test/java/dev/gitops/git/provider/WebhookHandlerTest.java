// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git.provider;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The adapter in a real server, with a real client. */
class WebhookHandlerTest {
  private static final String SECRET = "0123456789abcdef";

  private final List<String> triggers = new CopyOnWriteArrayList<>();
  private final ExecutorService executor = Executors.newCachedThreadPool();
  private HttpServer server;

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(executor);
    Webhooks webhooks = Webhooks.gitHub("acme/kafka", SECRET).branch("main");
    server.createContext(
        "/hooks", new WebhookHandler(webhooks, triggers::add, Duration.ofMillis(300)));
    server.start();
  }

  @AfterEach
  void stop() {
    server.stop(0);
    executor.shutdownNow();
  }

  private HttpResponse<String> send(String method, byte[] body, Map<String, List<String>> headers)
      throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(
                URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/hooks"))
            .method(method, HttpRequest.BodyPublishers.ofByteArray(body));
    headers.forEach((name, values) -> values.forEach(value -> request.header(name, value)));
    return HttpClient.newHttpClient().send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  @Test
  void pushTriggersAndIsAnsweredWithNothing() throws Exception {
    byte[] body = WebhooksTest.push(1);
    HttpResponse<String> response = send("POST", body, WebhooksTest.signed("push", body, SECRET));
    assertThat(response.statusCode()).isEqualTo(202);
    assertThat(response.body()).isEmpty();
    assertThat(triggers).containsExactly("push to refs/heads/main");
  }

  @Test
  void othersLearnNothing() throws Exception {
    byte[] body = WebhooksTest.push(1);
    HttpResponse<String> wrong =
        send("POST", body, WebhooksTest.signed("push", body, "another secret 1"));
    assertThat(wrong.statusCode()).isEqualTo(401);
    assertThat(wrong.body()).isEmpty();
    assertThat(send("GET", new byte[0], Map.of()).statusCode()).isEqualTo(405);
    assertThat(triggers).isEmpty();
  }

  @Test
  void senderThatFallsSilentIsCutOff() throws Exception {
    try (Socket socket =
        new Socket(InetAddress.getLoopbackAddress(), server.getAddress().getPort())) {
      socket.setSoTimeout(20_000);
      socket
          .getOutputStream()
          .write(
              "POST /hooks HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"
                  .getBytes(StandardCharsets.US_ASCII));
      assertThat(socket.getInputStream().read()).isEqualTo(-1);
    }
    assertThat(triggers).isEmpty();
  }
}
