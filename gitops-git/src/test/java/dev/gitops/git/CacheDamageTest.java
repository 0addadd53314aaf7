// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import static dev.gitops.git.HttpServers.gitBackend;
import static dev.gitops.git.RealGit.topic;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpHandler;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Clones that are damaged in one place after the other, between two runs. */
class CacheDamageTest {
  @TempDir Path directory;
  private final HttpServers servers = new HttpServers();
  private RealGit git;
  private String first;

  @BeforeEach
  void create() {
    git = new RealGit(directory);
    first = git.commit("main", Map.of("a.yaml", topic("a", 1)));
    git.commit("main", Map.of("b.yaml", topic("b", 1)));
  }

  @AfterEach
  void close() {
    servers.close();
  }

  private List<String> read(String url, String revision) throws IOException {
    try (GitStateSource source =
        GitStateSource.of(url).branch("main").cache(directory.resolve("cache")).build()) {
      return source.fetch(revision).documents().stream()
          .map(document -> document.resource().id().name())
          .toList();
    }
  }

  private List<String> read() throws IOException {
    return read(git.remote.toString(), null);
  }

  private Path cloned() throws IOException {
    try (Stream<Path> all = Files.list(directory.resolve("cache"))) {
      return all.filter(path -> path.toString().endsWith(".git")).findFirst().orElseThrow();
    }
  }

  private static void cut(Path file) throws IOException {
    assertThat(file.toFile().setWritable(true)).isTrue();
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      channel.truncate(channel.size() / 2);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"HEAD", "config", "gitops-clone", "refs/heads/main", "objects", "objects/pack"})
  void aPartThatIsLost(String part) throws Exception {
    read();
    Path lost = cloned().resolve(part);
    assertThat(lost).exists();
    CloneDirectory.delete(lost);

    assertThat(read()).containsExactly("b");
    assertThat(read(git.remote.toString(), first)).containsExactly("a");
  }

  @ParameterizedTest
  @ValueSource(strings = {"HEAD", "config", "gitops-clone", "refs/heads/main"})
  void aFileThatWasHalfWritten(String file) throws Exception {
    read();
    cut(cloned().resolve(file));

    assertThat(read()).containsExactly("b");
    assertThat(read(git.remote.toString(), first)).containsExactly("a");
  }

  @ParameterizedTest
  @ValueSource(strings = {".pack", ".idx"})
  void aPackOfWhichOnlyTheStartIsThereAlsoForACommitThatIsAskedForByItsId(String ending)
      throws Exception {
    read();
    try (Stream<Path> packs = Files.list(cloned().resolve("objects/pack"))) {
      for (Path pack : packs.filter(path -> path.toString().endsWith(ending)).toList()) {
        cut(pack);
      }
    }

    assertThat(read(git.remote.toString(), first)).containsExactly("a");
    assertThat(read()).containsExactly("b");
  }

  /** A program that reads once. */
  public static final class Reader {
    private Reader() {}

    /** Reads the URL through the cache. */
    public static void main(String[] arguments) throws Exception {
      JGitIsolation.enable();
      try (GitStateSource source =
          GitStateSource.of(arguments[0]).branch("main").cache(Path.of(arguments[1])).build()) {
        System.out.println(source.fetch(null).documents());
      }
    }
  }

  @Test
  void aProcessThatIsKilledInTheMiddleOfItsClone() throws Exception {
    HttpHandler whole = gitBackend(directory);
    AtomicBoolean stalls = new AtomicBoolean(true);
    CountDownLatch stalled = new CountDownLatch(1);
    CountDownLatch over = new CountDownLatch(1);
    String url =
        servers.start(
                exchange -> {
                  byte[] body = exchange.getRequestBody().readAllBytes();
                  exchange.setStreams(new ByteArrayInputStream(body), null);
                  if (!stalls.get() || !new String(body, US_ASCII).contains("want ")) {
                    whole.handle(exchange);
                    return;
                  }
                  exchange
                      .getResponseHeaders()
                      .add("Content-Type", "application/x-git-upload-pack-result");
                  exchange.sendResponseHeaders(200, 0);
                  exchange.getResponseBody().write("000dpackfile\n0".getBytes(US_ASCII));
                  exchange.getResponseBody().flush();
                  stalled.countDown();
                  try {
                    over.await();
                  } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                  }
                })
            + "/remote.git";
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                Reader.class.getName(),
                url,
                directory.resolve("cache").toString())
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("out").toFile())
            .start();
    CompletableFuture<Void> ended = process.onExit().thenRun(stalled::countDown);
    try {
      stalled.await();
      assertThat(cloned()).exists();
    } finally {
      process.destroyForcibly();
      ended.join();
      stalls.set(false);
      over.countDown();
    }

    assertThat(read(url, null)).as(Files.readString(directory.resolve("out"))).containsExactly("b");
  }
}
