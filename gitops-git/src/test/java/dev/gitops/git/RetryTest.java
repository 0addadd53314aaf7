// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import static dev.gitops.git.HttpServers.gitBackend;
import static dev.gitops.git.RealGit.topic;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpHandler;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What passes by itself is waited for, within bounds; what does not is said at once. */
class RetryTest {
  @TempDir Path directory;
  private final HttpServers servers = new HttpServers();
  private final StoppedTime time = new StoppedTime();

  @BeforeEach
  void create() {
    RealGit git = new RealGit(directory);
    git.commit("main", Map.of("a.yaml", topic("a", 1)));
  }

  @AfterEach
  void close() {
    servers.close();
  }

  private GitStateSource source(String url, GitTransport transport) {
    return GitStateSource.of(url + "/remote.git")
        .branch("main")
        .transport(transport)
        .timing(time)
        .timeout(Duration.ofMinutes(2))
        .cache(directory.resolve("cache"))
        .build();
  }

  private GitStateSource source(String url) {
    return source(url, GitTransport.defaults());
  }

  /** Fails so many times with this status, then works. */
  private HttpHandler failing(int times, int status, String retryAfter) {
    AtomicInteger left = new AtomicInteger(times);
    HttpHandler backend = gitBackend(directory);
    return exchange -> {
      if (left.getAndDecrement() > 0) {
        if (retryAfter != null) {
          exchange.getResponseHeaders().add("Retry-After", retryAfter);
        }
        exchange.sendResponseHeaders(status, -1);
      } else {
        backend.handle(exchange);
      }
    };
  }

  @ParameterizedTest
  @ValueSource(ints = {429, 500, 502, 503, 504})
  void aTroubleOfTheServerIsWaitedFor(int status) throws Exception {
    try (GitStateSource source = source(servers.start(failing(2, status, null)))) {
      assertThat(source.fetch(null).documents()).hasSize(1);
    }
    assertThat(time.pauses).containsExactly(Duration.ofSeconds(1), Duration.ofSeconds(2));
  }

  @Test
  void butNotForEver() throws Exception {
    String url = servers.start(failing(100, 503, null));
    try (GitStateSource source = source(url)) {
      assertThatThrownBy(() -> source.fetch(null))
          .hasMessageContaining(url)
          .hasMessageContaining("status 503");
    }
    assertThat(servers.requests).hasSize(3);
    try (GitStateSource source = source(url, GitTransport.defaults().attempts(1))) {
      assertThatThrownBy(() -> source.fetch(null)).hasMessageContaining("status 503");
    }
    assertThat(servers.requests).hasSize(4);
  }

  @ParameterizedTest
  @CsvSource({
    "7, 7",
    "60, 60",
    "'Sun, 01 Nov 2026 00:00:30 GMT', 30",
    "'Sat, 31 Oct 2026 00:00:30 GMT', 1",
    "0, 1",
    "-5, 1",
    "soon, 1",
    "999999999999999999999, 1"
  })
  void theServerMaySayWhen(String retryAfter, int seconds) throws Exception {
    try (GitStateSource source = source(servers.start(failing(1, 429, retryAfter)))) {
      assertThat(source.fetch(null).documents()).hasSize(1);
    }
    assertThat(time.pauses).containsExactly(Duration.ofSeconds(seconds));
  }

  @ParameterizedTest
  @ValueSource(strings = {"61", "999999999", "Tue, 01 Dec 2026 00:00:00 GMT"})
  void unlessItTakesTooLong(String retryAfter) throws Exception {
    try (GitStateSource source = source(servers.start(failing(1, 503, retryAfter)))) {
      assertThatThrownBy(() -> source.fetch(null)).hasMessageContaining("to be asked again in");
    }
    assertThat(time.pauses).isEmpty();
  }

  @Test
  void theTimeoutIsForAllAttemptsTogether() throws Exception {
    String url = servers.start(failing(100, 503, "50"));
    try (GitStateSource source = source(url, GitTransport.defaults().attempts(10))) {
      assertThatThrownBy(() -> source.fetch(null)).hasMessageContaining("status 503");
    }
    assertThat(time.pauses).hasSize(2); // a third would end beyond the two minutes
  }

  @ParameterizedTest
  @ValueSource(ints = {400, 401, 403, 404, 407, 410, 418, 501})
  void whatDoesNotPassIsNotTriedAgain(int status) throws Exception {
    String url = servers.start(failing(100, status, "1"));
    for (GitAccess access :
        new GitAccess[] {GitAccess.anonymous(), GitAccess.basic("bob", () -> "pw")}) {
      int before = servers.requests.size();
      try (GitStateSource source =
          GitStateSource.of(url + "/remote.git")
              .access(access)
              .timing(time)
              .cache(directory.resolve("cache"))
              .build()) {
        assertThatThrownBy(() -> source.fetch(null)).hasMessageContaining(url);
      }
      assertThat(servers.requests).hasSize(before + 1);
    }
    assertThat(time.pauses).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(ints = {401, 403})
  void notEvenByJGitInTheMiddleOfAConversation(int status) throws Exception {
    HttpHandler backend = gitBackend(directory);
    String url =
        servers.start(
            exchange -> {
              if (exchange.getRequestMethod().equals("POST")) {
                exchange.getResponseHeaders().add("WWW-Authenticate", "Basic realm=\"git\"");
                exchange.sendResponseHeaders(status, -1);
              } else {
                backend.handle(exchange);
              }
            });
    try (GitStateSource source = source(url)) {
      assertThatThrownBy(() -> source.fetch(null)).hasMessageContaining("wants credentials");
    }
    assertThat(servers.requests).hasSize(2);
  }

  @Test
  void aConnectionThatIsRefusedOrResetIsTriedAgain() throws Exception {
    int free;
    try (ServerSocket socket = new ServerSocket(0)) {
      free = socket.getLocalPort();
    }
    try (GitStateSource source = source("http://127.0.0.1:" + free)) {
      assertThatThrownBy(() -> source.fetch(null)).hasMessageContaining("onnection refused");
    }
    assertThat(time.pauses).hasSize(2);
    time.pauses.clear();
    try (ServerSocket rude = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
      Thread thread = new Thread(() -> reset(rude));
      thread.start();
      try (GitStateSource source = source("http://127.0.0.1:" + rude.getLocalPort())) {
        assertThatThrownBy(() -> source.fetch(null)).hasMessageContaining("127.0.0.1");
      }
    }
    assertThat(time.pauses).hasSize(2);
  }

  private static void reset(ServerSocket server) {
    try {
      while (true) {
        try (Socket client = server.accept()) {
          client.getInputStream().read();
          client.setSoLinger(true, 0);
        }
      }
    } catch (java.io.IOException e) {
      // It was closed.
    }
  }
}
