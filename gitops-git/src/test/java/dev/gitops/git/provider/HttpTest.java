// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git.provider;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.sun.net.httpserver.HttpServer;
import dev.gitops.git.provider.FakeService.Reply;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.http.HttpClient;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a service can do to us, and what we never do to it. */
class HttpTest {
  private static final String COMMIT = "a".repeat(40);
  private static final String PULLS = "/repos/acme/kafka/commits/" + COMMIT + "/pulls?per_page=100";

  private FakeService service;
  private ManualTime time;
  private Provider provider;

  @BeforeEach
  void start() throws IOException {
    service = new FakeService();
    time = new ManualTime();
    provider = options().build();
  }

  @AfterEach
  void stop() {
    service.close();
  }

  private Providers options() {
    return Providers.gitHub("acme/kafka").at(service.url()).token(() -> "s3cret").timing(time);
  }

  private ProviderException refused() {
    return catchThrowableOfType(ProviderException.class, () -> provider.mergedBy(COMMIT));
  }

  @Test
  void rateLimitIsHonouredWithoutAskingAgain() throws Exception {
    service
        .on(
            "GET " + PULLS,
            Reply.json("{'message': 'API rate limit exceeded'}")
                .status(403)
                .with("X-RateLimit-Remaining", "0")
                .with("X-RateLimit-Reset", String.valueOf(time.now().getEpochSecond() + 90)))
        .on("GET " + PULLS, "[]");
    ProviderException first = refused();
    assertThat(first.retryable()).isTrue();
    assertThat(first.retryAfter()).isBetween(Duration.ofSeconds(89), Duration.ofSeconds(90));
    time.pass(Duration.ofSeconds(60));
    assertThat(refused().retryAfter()).isLessThan(Duration.ofSeconds(31));
    assertThat(service.heard()).hasSize(1);
    time.pass(Duration.ofSeconds(31));
    assertThat(provider.mergedBy(COMMIT)).isEmpty();
  }

  @Test
  void retryAfterIsHonouredButNotForEver() {
    service.on("GET " + PULLS, Reply.json("{}").status(429).with("Retry-After", "999999"));
    assertThat(refused().retryAfter()).isEqualTo(Duration.ofHours(1));
  }

  @Test
  void refusalSaysWhetherAgainMayHelpAndNeverQuotesTheToken() {
    service
        .on("GET " + PULLS, Reply.json("{'message': 'token s3cret \\u001b[2J is bad'}").status(401))
        .on("GET " + PULLS, Reply.json("oops").status(502));
    ProviderException unauthorized = refused();
    assertThat(unauthorized.retryable()).isFalse();
    assertThat(unauthorized)
        .hasMessageContaining("token (secret) \\u{1b}[2J is bad")
        .hasMessageContaining("Check the token");
    assertThat(refused().retryable()).isTrue();
  }

  @Test
  void badTokenIsNotQuoted() {
    Provider bad = options().token(() -> "s3cret\nX-Evil: 1").build();
    Throwable failure = catchThrowable(() -> bad.mergedBy(COMMIT));
    assertThat(failure).isInstanceOf(IOException.class);
    assertThat(failure.toString()).doesNotContain("s3cret");
    assertThat(service.heard()).isEmpty();
  }

  @Test
  void redirectIsNotFollowed() {
    service.on(
        "GET " + PULLS, Reply.json("{}").status(302).with("Location", service.url() + "/user"));
    assertThat(refused()).hasMessageContaining("Redirects are not followed");
    assertThat(service.heard()).hasSize(1);
    assertThatThrownBy(
            () ->
                options()
                    .client(
                        HttpClient.newBuilder()
                            .followRedirects(HttpClient.Redirect.ALWAYS)
                            .build()))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void nextPageElsewhereIsNotFollowed() throws IOException {
    try (FakeService other = new FakeService()) {
      for (String url : new String[] {other.url() + PULLS, "http://[", "x"}) {
        service.on("GET " + PULLS, Reply.json("[]").with("Link", "<" + url + ">; rel=\"next\""));
      }
      Provider deep = options().at(service.url() + "/api/v3").build();
      service.on(
          "GET /api/v3" + PULLS,
          Reply.json("[]").with("Link", "<" + service.url() + "/other>; rel=\"next\""));
      assertThatThrownBy(() -> deep.mergedBy(COMMIT)).hasMessageContaining("next page elsewhere");
      for (int i = 0; i < 3; i++) {
        assertThatThrownBy(() -> provider.mergedBy(COMMIT)).hasMessageContaining("next page");
      }
      assertThat(other.heard()).isEmpty();
    }
  }

  @Test
  void pagesAreNotFollowedForEver() {
    service.on(
        "GET " + PULLS,
        Reply.json("[]").with("Link", "<" + service.url() + PULLS + ">; rel=\"next\""));
    assertThatThrownBy(() -> provider.mergedBy(COMMIT)).hasMessageContaining("more than 50 pages");
    assertThat(service.heard()).hasSize(50);
  }

  @Test
  void answerThatIsTooLongTooDeepOrNoJsonIsRefused() {
    service
        .on("GET " + PULLS, new Reply(200, Map.of(), " ".repeat(Bounded.MOST + 1)))
        .on("GET " + PULLS, Reply.json("[".repeat(100) + "]".repeat(100)))
        .on("GET " + PULLS, Reply.json("[] s3cret"));
    assertThatThrownBy(() -> provider.mergedBy(COMMIT)).hasMessageContaining("longer than");
    assertThat(refused()).hasMessageContaining("can't be parsed");
    assertThat(refused()).hasMessageContaining("can't be parsed");
  }

  @Test
  void slowAnswerIsGivenUp() throws Exception {
    CountDownLatch over = new CountDownLatch(1);
    HttpServer slow =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    slow.createContext(
        "/",
        exchange -> {
          exchange.sendResponseHeaders(200, 0);
          exchange.getResponseBody().write('[');
          exchange.getResponseBody().flush();
          try (exchange) {
            over.await();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
    slow.start();
    try {
      Provider there =
          options()
              .at("http://127.0.0.1:" + slow.getAddress().getPort())
              .timeout(Duration.ofMillis(300))
              .build();
      assertThatThrownBy(() -> there.mergedBy(COMMIT)).hasMessageContaining("took longer than");
    } finally {
      over.countDown();
      slow.stop(0);
    }
  }

  @Test
  void serverThatIsDownIsAnIoException() throws IOException {
    int port;
    try (ServerSocket socket = new ServerSocket(0)) {
      port = socket.getLocalPort();
    }
    Provider gone = options().at("http://127.0.0.1:" + port).build();
    assertThatThrownBy(() -> gone.mergedBy(COMMIT))
        .isInstanceOf(IOException.class)
        .isNotInstanceOf(ProviderException.class);
  }

  @Test
  void plainHttpElsewhereAndStrangeNamesAreRefused() {
    assertThatThrownBy(() -> Providers.gitHub("acme/kafka").at("http://git.example.com").build())
        .hasMessageContaining("https");
    assertThat(Providers.gitHub("acme/kafka").at("http://git.example.com").allowPlainHttp().build())
        .isNotNull();
    for (String name : new String[] {"acme", "a/b/c", "acme/..", "acme/k?x", "acme/k%2f", ""}) {
      assertThatThrownBy(() -> Providers.gitHub(name)).isInstanceOf(IllegalArgumentException.class);
    }
    for (String url : new String[] {"https://u:p@x.example", "https://x.example/?a", "file:///x"}) {
      assertThatThrownBy(() -> Providers.gitea(url, "a/b"))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageNotContaining("u:p");
    }
  }
}
