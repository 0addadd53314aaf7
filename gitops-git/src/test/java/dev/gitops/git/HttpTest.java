// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import static dev.gitops.git.RealGit.topic;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gitops.core.model.Snapshot;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.eclipse.jgit.lib.Config;
import org.eclipse.jgit.lib.StoredConfig;
import org.eclipse.jgit.storage.file.FileBasedConfig;
import org.eclipse.jgit.util.FS;
import org.eclipse.jgit.util.SystemReader;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The smart HTTP protocol of Git's own server, with credentials, redirects, silence. */
class HttpTest {
  private static final String BASIC = HttpServers.basic("bob", "s3cret");

  @TempDir Path directory;
  private final HttpServers servers = new HttpServers();
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

  private GitStateSource source(String url) {
    return GitStateSource.of(url)
        .branch("main")
        .cache(directory.resolve("cache"))
        .timeout(Duration.ofSeconds(20))
        .build();
  }

  @Test
  void commitsAreFetchedIncrementallyAndOnlyWhenTheRefHasMoved() throws Exception {
    String url = servers.start(HttpServers.gitBackend(directory));
    try (GitStateSource source = source(url + "/remote.git")) {
      Snapshot first = source.fetch(null);
      int asked = servers.requests.size();
      assertThat(source.fetch(null)).isSameAs(first);

      assertThat(servers.requests.subList(asked, servers.requests.size()))
          .hasSizeBetween(1, 2)
          .allMatch(request -> !request.startsWith("POST") || request.contains("git-upload-pack"));
      String second = git.commit("main", Map.of("b.yaml", topic("b", 1)));
      assertThat(source.fetch(null).revision().id()).isEqualTo(second);
    }
  }

  @Test
  void credentialsOfTheUrlAreUsedAndStandNowhereElse() throws Exception {
    String url = servers.start(HttpServers.only(() -> BASIC, HttpServers.gitBackend(directory)));
    String withUser = url.replace("//", "//bob:s3cret@") + "/remote.git";
    try (GitStateSource source = source(withUser)) {
      assertThat(source.fetch(null).documents()).hasSize(1);
      assertThat(source.identity()).doesNotContain("s3cret").doesNotContain("bob");
    }
    try (Stream<Path> files = Files.walk(directory.resolve("cache"))) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        assertThat(Files.readString(file, StandardCharsets.ISO_8859_1)).doesNotContain("s3cret");
      }
    }
    try (GitStateSource wrong = source(withUser.replace("s3cret", "0therSecret"))) {
      assertThatThrownBy(() -> wrong.fetch(null))
          .isInstanceOf(IOException.class)
          .hasMessageContaining(url + "/remote.git")
          .hasMessageContaining("credentials")
          .hasStackTraceContaining("not authorized")
          .satisfies(e -> assertThat(stackTrace(e)).doesNotContain("0therSecret"));
    }
    try (GitStateSource none = source(url + "/remote.git")) {
      assertThatThrownBy(() -> none.fetch(null)).hasMessageContaining("credentials");
    }
  }

  private static String stackTrace(Throwable failure) {
    StringWriter text = new StringWriter();
    failure.printStackTrace(new PrintWriter(text));
    return text.toString();
  }

  @Test
  void aServerThatQuotesThePasswordDoesNotGetItIntoAnException() throws Exception {
    String url =
        servers.start(
            HttpServers.only(
                () -> BASIC,
                exchange -> {
                  exchange.getResponseHeaders().add("Location", "ftp://x/s3cret/info/refs");
                  exchange.sendResponseHeaders(302, -1);
                }));
    try (GitStateSource source = source(url.replace("//", "//bob:s3cret@") + "/remote.git")) {
      assertThatThrownBy(() -> source.fetch(null))
          .hasMessageContaining("ftp://x/(secret)/info/refs")
          .satisfies(e -> assertThat(stackTrace(e)).doesNotContain("s3cret"));
    }
  }

  @Test
  void credentialsDoNotFollowARedirectToAnotherHost() throws Exception {
    HttpServers thieves = new HttpServers();
    try (thieves) {
      String thief = thieves.start(HttpServers.gitBackend(directory));
      String url =
          servers.start(
              HttpServers.only(() -> BASIC, exchange -> HttpServers.redirect(exchange, thief)));
      try (GitStateSource source = source(url.replace("//", "//bob:s3cret@") + "/remote.git")) {
        assertThatThrownBy(() -> source.fetch(null))
            .isInstanceOf(IOException.class)
            .hasMessageContaining("redirects to another host");
      }
      assertThat(thieves.requests).isEmpty();
    }
  }

  @Test
  void withoutCredentialsARedirectIsFollowed() throws Exception {
    String target = servers.start(HttpServers.gitBackend(directory));
    String url = servers.start(exchange -> HttpServers.redirect(exchange, target));
    try (GitStateSource source = source(url + "/remote.git")) {
      assertThat(source.fetch(null).documents()).hasSize(1);
    }
  }

  @Test
  void aMissingRepositoryAndABrokenServerAreErrorsWithAdvice() throws Exception {
    String url = servers.start(HttpServers.gitBackend(directory));
    try (GitStateSource missing = source(url + "/missing.git")) {
      assertThatThrownBy(() -> missing.fetch(null))
          .isInstanceOf(IOException.class)
          .hasMessageContaining(url + "/missing.git")
          .hasMessageContaining("no Git repository");
    }
    String broken = servers.start(exchange -> exchange.sendResponseHeaders(500, -1));
    try (GitStateSource source = source(broken + "/x.git")) {
      assertThatThrownBy(() -> source.fetch(null)).hasMessageContaining("500");
    }
    String html =
        servers.start(
            exchange -> {
              exchange.sendResponseHeaders(200, 0);
              exchange.getResponseBody().write("<html>Sign in".getBytes(StandardCharsets.UTF_8));
            });
    try (GitStateSource source = source(html + "/x.git")) {
      assertThatThrownBy(() -> source.fetch(null)).isInstanceOf(IOException.class);
    }
  }

  @Test
  void aRemoteThatIsSilentOrDripsIsGivenUp() throws Exception {
    StoppedTime time = new StoppedTime();
    CountDownLatch end = new CountDownLatch(1);
    String silent = servers.start(exchange -> await(end));
    String dripping =
        servers.start(
            exchange -> {
              exchange
                  .getResponseHeaders()
                  .add("Content-Type", "application/x-git-upload-pack-advertisement");
              exchange.sendResponseHeaders(200, 0);
              OutputStream body = exchange.getResponseBody();
              packet(body, "# service=git-upload-pack\n");
              body.write("0000".getBytes(StandardCharsets.US_ASCII));
              for (int i = 0; end.getCount() > 0; i++) {
                String capabilities = i == 0 ? "\0ofs-delta" : "";
                packet(body, "1".repeat(40) + " refs/heads/b" + i + capabilities + "\n");
                time.pass(Duration.ofMillis(100));
                body.flush();
              }
            });
    for (String url : new String[] {silent, dripping}) {
      try (GitStateSource source =
          GitStateSource.of(url + "/x.git")
              .branch("main")
              .cache(directory.resolve("cache"))
              .timing(time)
              .timeout(Duration.ofSeconds(1))
              .build()) {
        assertThatThrownBy(() -> source.fetch(null))
            .isInstanceOf(IOException.class)
            .hasMessageContaining(url)
            .satisfies(
                e ->
                    assertThat(e.getMessage().toLowerCase(Locale.ROOT))
                        .matches(".*(timed? ?out|timeout).*"));
      }
    }
    end.countDown();
  }

  private static void packet(OutputStream to, String line) throws IOException {
    to.write("%04x%s".formatted(line.length() + 4, line).getBytes(StandardCharsets.US_ASCII));
  }

  private static void await(CountDownLatch end) {
    try {
      end.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void theConfigurationOfTheUserHasNoInfluence() throws Exception {
    String url = servers.start(HttpServers.gitBackend(directory));
    String thief = servers.start(exchange -> exchange.sendResponseHeaders(418, -1));
    Path config = directory.resolve("hostile");
    Files.writeString(
        config,
        """
        [url "%2$s/"]
          insteadOf = %1$s/
        [http]
          extraHeader = Authorization: Basic aG9zdGlsZQ==
          cookieFile = /nowhere
        [http "%1$s/"]
          extraHeader = Authorization: Basic aG9zdGlsZQ==
          userAgent = hostile
        [remote "origin"]
          url = %2$s
        [core]
          bare = false
          worktree = /nowhere
        [transfer]
          fsckObjects = true
        """
            .formatted(url, thief));
    SystemReader before = SystemReader.getInstance();
    SystemReader.setInstance(new HostileReader(before, config));
    try (GitStateSource source = source(url + "/remote.git")) {
      assertThat(source.fetch(null).documents()).hasSize(1);
    } finally {
      SystemReader.setInstance(before);
    }
    assertThat(servers.requests).isNotEmpty().allMatch(request -> request.endsWith(" -"));
  }

  private static final class HostileReader extends SystemReader.Delegate {
    private final FileBasedConfig config;

    HostileReader(SystemReader machine, Path file) throws Exception {
      super(machine);
      config = new FileBasedConfig(null, file.toFile(), FS.DETECTED);
      config.load();
    }

    @Override
    public FileBasedConfig openUserConfig(Config parent, FS fs) {
      return config;
    }

    @Override
    public StoredConfig getUserConfig() {
      return config;
    }
  }
}
