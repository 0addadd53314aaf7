// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import static dev.gitops.git.HttpServers.basic;
import static dev.gitops.git.HttpServers.gitBackend;
import static dev.gitops.git.HttpServers.only;
import static dev.gitops.git.RealGit.topic;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpHandler;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Credentials over HTTP: shown where they belong, and nowhere else. */
class AccessTest {
  private static final String SECRET = "s3cret/+ü";

  @TempDir Path directory;
  private final HttpServers servers = new HttpServers();
  private final GitAccess bob = GitAccess.basic("bob", () -> SECRET);
  private RealGit git;

  @BeforeEach
  void create() {
    git = new RealGit(directory);
    git.commit("main", Map.of("a.yaml", topic("a", 1)));
  }

  @AfterEach
  void close() {
    servers.close();
  }

  private GitStateSource source(String url, GitAccess access) {
    return GitStateSource.of(url)
        .branch("main")
        .access(access)
        .transport(GitTransport.defaults().attempts(1))
        .cache(directory.resolve("cache"))
        .build();
  }

  private HttpHandler forBob() {
    return only(() -> basic("bob", SECRET), gitBackend(directory));
  }

  @Test
  void aPasswordIsShownFromTheFirstRequestOn() throws Exception {
    String url = servers.start(forBob()) + "/remote.git";
    try (GitStateSource source = source(url, bob)) {
      assertThat(source.fetch(null).documents()).hasSize(1);
    }
    assertThat(servers.requests).isNotEmpty().allMatch(r -> r.endsWith(basic("bob", SECRET)));
  }

  @Test
  void aTokenIsAskedForAnewInEachConversation() throws Exception {
    AtomicInteger turn = new AtomicInteger();
    AtomicReference<String> valid = new AtomicReference<>();
    String url =
        servers.start(only(() -> "Bearer " + valid.get(), gitBackend(directory))) + "/remote.git";
    GitAccess access =
        GitAccess.bearer(
            () -> {
              valid.set("token-" + turn.incrementAndGet());
              return valid.get();
            });
    try (GitStateSource source = source(url, access)) {
      source.fetch(null);
      git.commit("main", Map.of("b.yaml", topic("b", 1)));
      assertThat(source.fetch(null).documents()).hasSize(1);
    }
    assertThat(turn).hasValue(2);
  }

  @Test
  void nothingOfASecretIsKeptOrSaid() throws Exception {
    String url = servers.start(forBob()) + "/remote.git";
    try (GitStateSource source = source(url, bob)) {
      var snapshot = source.fetch(null);
      assertThat(source.identity() + snapshot.revision() + snapshot + bob)
          .doesNotContain(SECRET)
          .doesNotContain("bob");
    }
    try (Stream<Path> files = Files.walk(directory.resolve("cache"))) {
      for (Path file : files.toList()) {
        assertThat(file.toString()).doesNotContain("bob");
        if (Files.isRegularFile(file)) {
          assertThat(Files.readString(file, StandardCharsets.ISO_8859_1))
              .doesNotContain("s3cret")
              .doesNotContain(basic("bob", SECRET).substring(6));
        }
      }
    }
  }

  @Test
  void aServerMayEchoWhatItWasShownInAnyForm() throws Exception {
    String encoded = "s3cret%2F%2B%C3%BC";
    String echo = basic("bob", SECRET).substring(6);
    String url =
        servers.start(
            exchange -> {
              exchange
                  .getResponseHeaders()
                  .add("Location", "ftp://x/" + encoded + "/" + echo + "/info/refs");
              exchange.sendResponseHeaders(302, -1);
            });
    try (GitStateSource source = source(url + "/remote.git", bob)) {
      assertThatThrownBy(() -> source.fetch(null))
          .hasMessageContaining("ftp://x/(secret)/(secret)")
          .satisfies(
              e -> {
                StringWriter trace = new StringWriter();
                e.printStackTrace(new PrintWriter(trace));
                assertThat(trace.toString()).doesNotContain(encoded).doesNotContain(echo);
              });
    }
  }

  @Test
  void refusedCredentialsAreSaidToBe() throws Exception {
    String url = servers.start(forBob()) + "/remote.git";
    try (GitStateSource wrong = source(url, GitAccess.basic("bob", () -> "other"));
        GitStateSource none = source(url, GitAccess.anonymous())) {
      assertThatThrownBy(() -> wrong.fetch(null))
          .isInstanceOf(IOException.class)
          .hasMessageContaining(url)
          .hasMessageContaining("does not accept the credentials")
          .hasMessageContaining("401");
      assertThatThrownBy(() -> none.fetch(null))
          .hasMessageContaining("wants credentials, and none were given");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"line\n", "a\r\nHost: evil", "nul\0"})
  void aSecretThatDoesNotFitIntoAHeaderIsRefusedBeforeAnythingIsSent(String secret)
      throws Exception {
    String url = servers.start(forBob()) + "/remote.git";
    try (GitStateSource password = source(url, GitAccess.basic("bob", () -> secret));
        GitStateSource token = source(url, GitAccess.bearer(() -> secret))) {
      for (GitStateSource source : new GitStateSource[] {password, token}) {
        assertThatThrownBy(() -> source.fetch(null))
            .hasMessageContaining("has control characters")
            .message()
            .doesNotContain("evil");
      }
    }
    assertThat(servers.requests).isEmpty();
    assertThatThrownBy(() -> GitAccess.basic("a:b", () -> "")).hasMessageContaining("no colon");
    assertThatThrownBy(() -> GitAccess.basic("a\nb", () -> "")).hasMessageContaining("no colon");
  }

  @Test
  void aSupplierThatFailsFailsTheFetchWithoutItsWords() throws Exception {
    String url = servers.start(forBob()) + "/remote.git";
    GitAccess access =
        GitAccess.bearer(
            () -> {
              throw new IllegalStateException("vault said " + SECRET);
            });
    try (GitStateSource source = source(url, access)) {
      assertThatThrownBy(() -> source.fetch(null))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("supplier of the token failed with java.lang.IllegalStateException")
          .satisfies(
              e -> {
                for (Throwable t = e; t != null; t = t.getCause()) {
                  assertThat(t).message().doesNotContain(SECRET);
                }
              });
    }
    try (GitStateSource source = source(url, GitAccess.bearer(() -> null))) {
      assertThatThrownBy(() -> source.fetch(null)).hasMessageContaining("gave null");
    }
  }

  @Test
  void aRedirectElsewhereOnTheSameHostIsFollowedWithoutThem() throws Exception {
    HttpHandler backend = gitBackend(directory);
    String url =
        servers.start(
            exchange -> {
              if (exchange.getRequestURI().getPath().startsWith("/old/")) {
                exchange
                    .getResponseHeaders()
                    .add("Location", "/remote.git/info/refs?service=git-upload-pack");
                exchange.sendResponseHeaders(302, -1);
              } else {
                backend.handle(exchange);
              }
            });
    try (GitStateSource source = source(url + "/old/x.git", bob)) {
      assertThat(source.fetch(null).documents()).hasSize(1);
    }
    assertThat(servers.requests)
        .filteredOn(request -> request.contains("/old/"))
        .allMatch(request -> request.endsWith(basic("bob", SECRET)));
    assertThat(servers.requests)
        .filteredOn(request -> request.contains("/remote.git/"))
        .isNotEmpty()
        .allMatch(request -> request.endsWith(" -"));
  }

  @Test
  void whereTheyWouldBeNeededTheErrorSaysHowToExtendThem() throws Exception {
    HttpHandler backend = forBob();
    String url =
        servers.start(
            exchange -> {
              if (exchange.getRequestURI().getPath().startsWith("/old/")) {
                exchange
                    .getResponseHeaders()
                    .add("Location", "/remote.git/info/refs?service=git-upload-pack");
                exchange.sendResponseHeaders(302, -1);
              } else {
                backend.handle(exchange);
              }
            });
    try (GitStateSource source = source(url + "/old/x.git", bob)) {
      assertThatThrownBy(() -> source.fetch(null))
          .hasMessageContaining(url + "/remote.git/info/refs")
          .hasMessageContaining("GitAccess.below(url)");
    }
    try (GitStateSource source = source(url + "/old/x.git", bob.below(url + "/"))) {
      assertThat(source.fetch(null).documents()).hasSize(1);
    }
  }

  @Test
  void theyDoNotFollowToAnotherHost() throws Exception {
    try (HttpServers thieves = new HttpServers()) {
      String thief = thieves.start(gitBackend(directory));
      String url = servers.start(exchange -> HttpServers.redirect(exchange, thief));
      for (GitAccess access : new GitAccess[] {bob, bob.below(url)}) {
        try (GitStateSource source = source(url + "/remote.git", access)) {
          assertThatThrownBy(() -> source.fetch(null))
              .hasMessageContaining("redirects to another host");
        }
      }
      assertThat(thieves.requests).isEmpty();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "https://h/team/x.git, https://h/team/x.git/info/refs, true",
    "https://h/team/x, https://h/team/x.git/info/refs, true",
    "https://h/team/x.git, https://h/team/x/info/refs, true",
    "https://h/team/x.git, https://H:443/team/x.git/git-upload-pack, true",
    "https://h/team/, https://h/team/y.git/info/refs, true",
    "https://h, https://h/y.git/info/refs, true",
    "https://h/team/x.git, https://h/team/xy.git/info/refs, false",
    "https://h/team/x.git, https://h/team/y.git/info/refs, false",
    "https://h/team/x.git, https://h/team/info/refs, false",
    "https://h/team/x.git, https://h/team/x.git/../y.git/info/refs, false",
    "https://h/team/x.git, https://h/team/x.git/%2e%2e/y.git/info/refs, false",
    "https://h/team/x.git, https://h/team/x.git/%252e%252e/y.git/info/refs, false",
    "https://h/team/x.git, https://h/team/x.git/..%2fy.git/info/refs, false",
    "https://h/team/x.git, https://h/team/x.git/..%5cy.git/info/refs, false",
    "https://h/team/x.git, https://h/team/x.git/..\\y.git/info/refs, false",
    "https://h/team/x.git, https://h/team/x.git//info/refs, false",
    "https://h/team/x.git, http://h/team/x.git/info/refs, false",
    "https://h/team/x.git, https://h:8443/team/x.git/info/refs, false",
    "https://h/team/x.git, https://evil/team/x.git/info/refs, false",
    "https://h/, https://h/../x/info/refs, false",
  })
  void theirExtentIsAPath(String scope, String to, boolean within) throws Exception {
    assertThat(GitUrl.parse(scope).isAbove(new URL(to))).isEqualTo(within);
  }

  @Test
  void anAccessThatDoesNotGoWithTheUrlIsRefusedWhenTheSourceIsBuilt() {
    assertThatThrownBy(() -> source("https://a:b@h/x.git", bob)).hasMessageContaining("leave one");
    assertThatThrownBy(() -> source("git@host:x.git", bob)).hasMessageContaining("GitAccess.ssh");
    assertThatThrownBy(() -> source("git@host:x.git", GitAccess.anonymous()))
        .hasMessageContaining("GitAccess.ssh");
    GitAccess ssh = GitAccess.ssh("key", "hosts");
    assertThatThrownBy(() -> source("https://h/x.git", ssh)).hasMessageContaining("SSH key");
    assertThatThrownBy(() -> source("https://h/x.git", bob.below("https://h/y")))
        .hasMessageContaining("is not");
    assertThatThrownBy(() -> bob.below("https://a:b@h")).hasMessageContaining("without credent");
    assertThatThrownBy(() -> ssh.below("https://h")).hasMessageContaining("over SSH");
    assertThatThrownBy(() -> ssh.clientCertificate(Path.of("c"), Path.of("k")))
        .hasMessageContaining("over SSH");
  }

  @Test
  void aCloneBelongsToOneAccess() throws Exception {
    String url = servers.start(gitBackend(directory)) + "/remote.git";
    GitAccess token = GitAccess.bearer(() -> "x");
    GitAccess[] all = {
      GitAccess.anonymous(),
      bob,
      GitAccess.basic("ann", () -> SECRET),
      token,
      token.named("one"),
      token.named("two")
    };
    for (int round = 0; round < 2; round++) {
      for (GitAccess access : all) {
        try (GitStateSource source = source(url, access)) {
          source.fetch(null);
        }
      }
    }
    try (Stream<Path> clones = Files.list(directory.resolve("cache"))) {
      assertThat(clones.filter(path -> path.toString().endsWith(".git"))).hasSize(all.length);
    }
  }

  @Test
  void anOldProtocolAndAPageToLogInAreNoGitServers() throws Exception {
    String dumb =
        servers.start(
            exchange -> {
              exchange.getResponseHeaders().add("Content-Type", "text/plain");
              exchange.sendResponseHeaders(200, 0);
              exchange.getResponseBody().write("1".repeat(40).getBytes(StandardCharsets.US_ASCII));
              exchange
                  .getResponseBody()
                  .write("\trefs/heads/main\n".getBytes(StandardCharsets.US_ASCII));
            });
    try (GitStateSource source = source(dumb + "/remote.git", bob)) {
      assertThatThrownBy(() -> source.fetch(null)).hasMessageContaining("not answer as a Git");
    }
    assertThat(servers.requests).hasSize(1);
  }
}
