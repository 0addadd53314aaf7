// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Pushing against others, against a server that refuses, and over a line that breaks. */
class GitWriterPushTest {
  private static final String ANN = "Ann <ann@example.com>";

  @TempDir Path directory;
  private final HttpServers servers = new HttpServers();
  private RealGit git;
  private Colleague ann;
  private String bad;

  @BeforeEach
  void aBadCommitIsPushed() {
    git = new RealGit(directory);
    git.git("config", "http.receivepack", "true");
    ann = new Colleague(git, directory.resolve("ann"));
    ann.write("orders", "6\n").push("Declare orders");
    bad = ann.write("orders", "24\n").push("More of it");
  }

  @AfterEach
  void everythingThatWasPushedIsSound() {
    git.git("fsck", "--strict", "--no-dangling");
    servers.close();
  }

  private GitWriter writer(String url) {
    return GitWriter.of(url).branch("main").author(ANN).cache(directory.resolve("cache")).build();
  }

  private GitWriter writer() {
    return writer(git.remote.toString());
  }

  private void preReceive(String script) throws IOException {
    Path hook = git.remote.resolve("hooks/pre-receive");
    Files.createDirectories(hook.getParent());
    Files.writeString(hook, "#!/bin/sh\n" + script + "\n");
    Files.setPosixFilePermissions(hook, PosixFilePermissions.fromString("rwx------"));
  }

  @Test
  void whatOthersPushMeanwhileStaysAndTheRevertGoesOnTop() throws IOException {
    AtomicInteger calls = new AtomicInteger();
    try (GitWriter repo = writer()) {
      Pushed pushed =
          repo.message(
                  standard -> {
                    if (calls.incrementAndGet() <= 2) {
                      ann.write("other", calls + "\n").push("Meanwhile " + calls);
                    }
                    return standard;
                  })
              .revert(bad);

      assertThat(calls).hasValue(3);
      assertThat(git.git("log", "-3", "--format=%s", "main").lines())
          .containsExactly("Revert \"More of it\"", "Meanwhile 2", "Meanwhile 1");
      assertThat(git.git("rev-parse", "main")).isEqualTo(pushed.head());
      assertThat(git.git("show", "main:orders", "main:other")).isEqualTo("6\n2");
    }
  }

  @Test
  void aBranchThatNeverRestsIsGivenUpInTheEnd() throws IOException {
    AtomicInteger calls = new AtomicInteger();
    try (GitWriter repo = writer()) {
      GitWriter unlucky =
          repo.message(
              standard -> {
                ann.write("other", calls.incrementAndGet() + "\n").push("Meanwhile");
                return standard;
              });

      assertThatThrownBy(() -> unlucky.revert(bad))
          .hasMessageContaining("Branch 'main'")
          .hasMessageContaining("moved 10 times");

      assertThat(git.git("log", "-1", "--format=%s", "main")).isEqualTo("Meanwhile");
      assertThat(git.git("show", "main:orders")).isEqualTo("24");
    }
  }

  @Test
  void aRewrittenBranchIsNotForcedBack() throws IOException {
    AtomicInteger calls = new AtomicInteger();
    try (GitWriter repo = writer()) {
      GitWriter unlucky =
          repo.message(
              standard -> {
                if (calls.incrementAndGet() == 1) {
                  git.git("update-ref", "refs/heads/main", bad + "^");
                }
                return standard;
              });

      assertThatThrownBy(() -> unlucky.revert(bad)).hasMessageContaining("not in the history");

      assertThat(git.git("log", "-1", "--format=%s", "main")).isEqualTo("Declare orders");
    }
  }

  @Test
  void writersInManyThreadsLoseNothing() throws Exception {
    List<String> commits = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      commits.add(ann.write("file" + i, "bad\n").push("Bad " + i));
    }
    ExecutorService threads = Executors.newFixedThreadPool(4);
    try {
      List<Future<Pushed>> all = new ArrayList<>();
      for (String commit : commits) {
        Path cache = directory.resolve("cache" + all.size() % 4);
        all.add(
            threads.submit(
                () -> {
                  try (GitWriter repo =
                      GitWriter.of(git.remote.toString())
                          .branch("main")
                          .author(ANN)
                          .cache(cache)
                          .build()) {
                    return repo.revert(commit);
                  }
                }));
      }
      for (Future<Pushed> one : all) {
        assertThat(one.get().commits()).hasSize(1);
      }
    } finally {
      threads.shutdownNow();
    }
    assertThat(git.git("ls-tree", "--name-only", "main")).isEqualTo("orders");
    assertThat(git.git("rev-list", "--count", "main")).isEqualTo("18");
  }

  @Test
  void aRefusalIsGivenInTheServersOwnWordsMadeHarmless() throws IOException {
    preReceive(
        "printf 'GH006: Protected branch update failed; you sent s3cr3t-token\\033[31m\\n' >&2;"
            + " exit 1");
    String url = servers.start(HttpServers.gitBackend(directory)) + "/remote.git";
    try (GitWriter repo = writer(url.replace("//", "//ann:s3cr3t-token@"))) {
      assertThatThrownBy(() -> repo.revert(bad))
          .isInstanceOfSatisfying(
              GitRejectedException.class,
              e ->
                  assertThat(e.words())
                      .contains("pre-receive hook declined")
                      .contains("GH006: Protected branch update failed; you sent (secret)")
                      .doesNotContain("\u001b", "s3cr3t"))
          .hasMessageContaining("refused the push to 'main'");
      assertThat(git.git("rev-parse", "main")).isEqualTo(bad);

      preReceive("exit 0");
      assertThat(repo.revert(bad).changed()).isTrue();
      assertThat(git.git("show", "main:orders")).isEqualTo("6");
    }
  }

  @Test
  void aPushThatMayNotBeMadeSendsNothing() throws IOException {
    git.git("config", "http.receivepack", "false");
    String url = servers.start(HttpServers.gitBackend(directory)) + "/remote.git";
    try (GitWriter repo = writer(url)) {
      assertThatThrownBy(() -> repo.revert(bad))
          .hasMessageContaining("Can't push to " + url)
          .hasMessageContaining("nothing was pushed");
      assertThat(git.git("rev-parse", "main")).isEqualTo(bad);
    }
  }

  @Test
  void anAnswerThatIsLostIsLookedUp() throws IOException {
    HttpHandler backend = HttpServers.gitBackend(directory);
    AtomicInteger lost = new AtomicInteger();
    String url =
        servers.start(
                exchange -> {
                  if (isPush(exchange) && lost.incrementAndGet() == 1) {
                    takeIt(exchange);
                    exchange.sendResponseHeaders(502, -1);
                  } else {
                    backend.handle(exchange);
                  }
                })
            + "/remote.git";
    try (GitWriter repo = writer(url)) {
      Pushed pushed = repo.revert(bad);

      assertThat(lost).hasValue(1);
      assertThat(git.git("rev-parse", "main")).isEqualTo(pushed.head());
      assertThat(git.git("rev-list", "--count", "main")).isEqualTo("3");
    }
  }

  private static boolean isPush(HttpExchange exchange) {
    return exchange.getRequestMethod().equals("POST")
        && exchange.getRequestURI().getPath().endsWith("/git-receive-pack");
  }

  /** Lets the real server do it, and tells nobody. */
  private void takeIt(HttpExchange exchange) throws IOException {
    boolean zipped = "gzip".equals(exchange.getRequestHeaders().getFirst("Content-Encoding"));
    InputStream body = exchange.getRequestBody();
    byte[] commands = (zipped ? new GZIPInputStream(body) : body).readAllBytes();
    git.run(git.remote, commands, "receive-pack", "--stateless-rpc", ".");
  }

  @Test
  void aLineThatBreaksBeforeAnythingArrivedIsAnError() throws IOException {
    HttpHandler backend = HttpServers.gitBackend(directory);
    String url =
        servers.start(
                exchange -> {
                  if (isPush(exchange)) {
                    exchange.getRequestBody().readAllBytes();
                    exchange.sendResponseHeaders(502, -1);
                  } else {
                    backend.handle(exchange);
                  }
                })
            + "/remote.git";
    try (GitWriter repo = writer(url)) {
      assertThatThrownBy(() -> repo.revert(bad))
          .isNotInstanceOf(GitRejectedException.class)
          .hasMessageContaining("broke off, and the branch has not moved");
      assertThat(git.git("rev-parse", "main")).isEqualTo(bad);
    }
  }

  @Test
  void aPasswordGoesWithThePush() throws IOException {
    HttpHandler backend = HttpServers.gitBackend(directory);
    String expected =
        "Basic " + Base64.getEncoder().encodeToString("ann:pw".getBytes(StandardCharsets.US_ASCII));
    String url =
        servers.start(
                exchange -> {
                  if (expected.equals(exchange.getRequestHeaders().getFirst("Authorization"))) {
                    backend.handle(exchange);
                  } else {
                    exchange.getResponseHeaders().add("WWW-Authenticate", "Basic realm=\"x\"");
                    exchange.sendResponseHeaders(401, -1);
                  }
                })
            + "/remote.git";
    try (GitWriter repo = writer(url.replace("//", "//ann:pw@"));
        GitWriter stranger = writer(url.replace("//", "//ann:wrong@"))) {
      assertThatThrownBy(() -> stranger.revert(bad)).hasMessageContaining("not authorized");
      assertThat(repo.revert(bad).changed()).isTrue();
    }
  }

  @Test
  void theTemporaryCloneGoesOnClose() throws IOException {
    GitWriter repo = GitWriter.of(git.remote.toString()).branch("main").author(ANN).build();
    repo.revert(bad);
    Path clone = repo.temporary();
    assertThat(clone).isDirectory();

    repo.on("other").close();

    assertThat(clone).doesNotExist();
  }
}
