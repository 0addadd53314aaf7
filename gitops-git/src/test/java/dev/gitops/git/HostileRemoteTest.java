// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import static dev.gitops.git.HttpServers.gitBackend;
import static dev.gitops.git.RealGit.topic;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpHandler;
import dev.gitops.core.model.Snapshot;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A remote that breaks off or breaks what it sends: an error, and what was read before stays. */
class HostileRemoteTest {
  @TempDir Path directory;
  private final HttpServers servers = new HttpServers();
  private RealGit git;
  private String url;
  private volatile HttpHandler server;
  private String good;

  @BeforeEach
  void create() throws IOException {
    git = new RealGit(directory);
    server = gitBackend(directory);
    url = servers.start(exchange -> server.handle(exchange));
    good = git.commit("main", Map.of("a.yaml", topic("a", 1)));
  }

  @AfterEach
  void close() {
    servers.close();
  }

  private GitStateSource source() {
    return GitStateSource.of(url + "/remote.git")
        .branch("main")
        .cache(directory.resolve("cache"))
        .timing(new StoppedTime())
        .build();
  }

  private static List<String> names(Snapshot snapshot) {
    assertThat(snapshot.problems()).isEmpty();
    return snapshot.documents().stream().map(d -> d.resource().id().name()).toList();
  }

  /** Changes packs on their way; everything else passes. */
  private void onPacks(UnaryOperator<byte[]> change) {
    server =
        gitBackend(directory, answer -> indexOfPack(answer) < 0 ? answer : change.apply(answer));
  }

  private static int indexOfPack(byte[] answer) {
    return new String(answer, StandardCharsets.ISO_8859_1).indexOf("PACK\0\0\0\2");
  }

  /**
   * The next commit can't be had: that is said, and the last is still there, unless it is asked.
   */
  private void assertNothingIsLost(String... said) throws Exception {
    git.commit("main", Map.of("b.yaml", topic("b", 1), "a.yaml", topic("a", 2)));
    try (GitStateSource source = source()) {
      assertThatThrownBy(() -> source.fetch(null, good))
          .isInstanceOf(IOException.class)
          .hasMessageContaining(url + "/remote.git")
          .message()
          .contains(said);
      assertThat(names(source.fetch(good))).containsExactly("a");
    }
    server = gitBackend(directory);
    try (GitStateSource source = source()) {
      assertThat(names(source.fetch(null, good))).containsExactly("a", "b");
    }
  }

  private void readGood() throws Exception {
    try (GitStateSource source = source()) {
      assertThat(names(source.fetch(null))).containsExactly("a");
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {4, 11, 12, 13, 40, -30, -21, -4})
  void aPackThatIsCutOff(int length) throws Exception {
    readGood();
    onPacks(
        answer ->
            Arrays.copyOf(
                answer, length < 0 ? answer.length + length : indexOfPack(answer) + length));

    assertNothingIsLost("nothing was changed");
  }

  @ParameterizedTest
  @ValueSource(ints = {4, 8, 12, 13, 20, 60, 90})
  void aPackWithAFlippedBit(int at) throws Exception {
    readGood();
    onPacks(
        answer -> {
          answer[indexOfPack(answer) + at] ^= 0x20;
          return answer;
        });

    assertNothingIsLost("branch 'main'");
  }

  @Test
  void aPackThatAnnouncesBillionsOfObjects() throws Exception {
    readGood();
    onPacks(
        answer -> {
          Arrays.fill(answer, indexOfPack(answer) + 8, indexOfPack(answer) + 12, (byte) 0xff);
          return answer;
        });

    assertNothingIsLost("it sends 4,294,967,295 objects", "-Xmx", "nothing was changed");
  }

  @Test
  void aBranchThatVanishesBetweenTheListingAndTheObjects() throws Exception {
    readGood();
    git.commit("main", Map.of("b.yaml", topic("b", 1)));
    HttpHandler backend = gitBackend(directory);
    AtomicInteger posts = new AtomicInteger();
    server =
        exchange -> {
          // The first post lists the refs, the second asks for the objects.
          if (exchange.getRequestMethod().equals("POST") && posts.incrementAndGet() == 2) {
            git.git("update-ref", "-d", "refs/heads/main");
            git.git("gc", "-q", "--prune=now");
          }
          backend.handle(exchange);
        };
    try (GitStateSource source = source()) {
      assertThatThrownBy(() -> source.fetch(null, good))
          .hasMessageContaining("branch 'main'")
          .hasMessageContaining(url + "/remote.git")
          .hasMessageContaining("nothing was changed");
      assertThatThrownBy(() -> source.fetch(null, good))
          .hasMessageContaining("has no branch 'main'; it was deleted or renamed");
      assertThat(names(source.fetch(good))).containsExactly("a");
    }
    git.commit("main", Map.of("b.yaml", topic("b", 2)));
    try (GitStateSource source = source()) {
      assertThat(names(source.fetch(null, good))).containsExactly("b");
    }
  }

  @Test
  void aFirstFetchThatBreaksOffLeavesNothingThatIsBelieved() throws Exception {
    onPacks(answer -> Arrays.copyOf(answer, indexOfPack(answer) + 30));
    try (GitStateSource source = source()) {
      assertThatThrownBy(() -> source.fetch(null)).hasMessageContaining("nothing was changed");
      assertThatThrownBy(() -> source.fetch(good)).hasMessageContaining(url);
    }
    server = gitBackend(directory);
    readGood();
  }
}
