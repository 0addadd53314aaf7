// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import static dev.gitops.git.RealGit.topic;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ProxySelector;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** SSH to a server in this process: one key, strictly checked hosts. */
class SshTest {
  @TempDir Path directory;
  private SshServers server;
  private RealGit git;

  @BeforeEach
  void create() throws Exception {
    git = new RealGit(directory);
    git.commit("main", Map.of("a.yaml", topic("a", 1)));
    server = new SshServers(directory);
  }

  @AfterEach
  void close() throws IOException {
    server.close();
  }

  private GitStateSource source(GitAccess access) {
    return GitStateSource.of(server.url())
        .branch("main")
        .access(access)
        .timeout(Duration.ofSeconds(60))
        .cache(directory.resolve("cache"))
        .build();
  }

  @ParameterizedTest
  @ValueSource(strings = {"rsa", "ecdsa", "ed25519"})
  void aKeyOfEverySortLetsIn(String type) throws Exception {
    GitAccess access = GitAccess.ssh(server.key(type, ""), server.knownHosts());
    try (GitStateSource source = source(access)) {
      assertThat(source.fetch(null).documents()).hasSize(1);
      String second = git.commit("main", Map.of("b.yaml", topic("b", 1)));
      assertThat(source.fetch(null).revision().id()).isEqualTo(second);
      assertThat(source.identity()).doesNotContain("id_" + type);
    }
    assertThat(server.commands).allMatch(c -> c.equals("git-upload-pack '" + git.remote + "'"));
  }

  @Test
  void anEncryptedKeyNeedsItsPassphrase() throws Exception {
    Path key = server.key("ed25519", "s3cret");
    try (GitStateSource right = source(GitAccess.ssh(key, server.knownHosts(), () -> "s3cret"));
        GitStateSource wrong =
            source(GitAccess.ssh(key, server.knownHosts(), () -> "0therSecret"));
        GitStateSource none = source(GitAccess.ssh(key, server.knownHosts()))) {
      assertThat(right.fetch(null).documents()).hasSize(1);
      for (GitStateSource source : new GitStateSource[] {wrong, none}) {
        assertThatThrownBy(() -> source.fetch(null))
            .isInstanceOf(IOException.class)
            .hasMessageContaining("private key can't be used")
            .hasMessageContaining("passphrase")
            .message()
            .doesNotContain("0therSecret");
      }
    }
  }

  @Test
  void keyAndHostsMayBeTexts() throws Exception {
    String key = Files.readString(server.key("ed25519", ""));
    GitAccess access = GitAccess.ssh(key, server.knownHost());
    try (GitStateSource source = source(access)) {
      assertThat(source.fetch(null).documents()).hasSize(1);
    }
    assertThat(access + access.identity()).doesNotContain(key.substring(100, 140));
    try (Stream<Path> files = Files.walk(directory.resolve("cache"))) {
      assertThat(files.filter(Files::isRegularFile))
          .allSatisfy(
              file ->
                  assertThat(Files.readString(file, StandardCharsets.ISO_8859_1))
                      .doesNotContain(key.substring(100, 140)));
    }
  }

  @Test
  void anUnknownHostIsRefusedBeforeTheKeyIsShown() throws Exception {
    Path hosts = Files.writeString(directory.resolve("none"), "# nobody\n");
    try (GitStateSource source = source(GitAccess.ssh(server.key("ed25519", ""), hosts))) {
      assertThatThrownBy(() -> source.fetch(null))
          .hasMessageContaining(server.url())
          .hasMessageContaining("[127.0.0.1]:" + server.port() + " is not among the known hosts")
          .hasMessageContaining("SHA256:");
    }
    assertThat(server.commands).isEmpty();
    assertThat(hosts).hasContent("# nobody\n"); // nothing is learned
  }

  @Test
  void anotherKeyOfAKnownHostIsRefused() throws Exception {
    Path hosts = server.knownHosts();
    server.changeHostKey();
    try (GitStateSource source = source(GitAccess.ssh(server.key("ed25519", ""), hosts))) {
      assertThatThrownBy(() -> source.fetch(null))
          .hasMessageContaining("not the one in line 1")
          .hasMessageContaining("somebody else may be answering");
    }
  }

  @Test
  void aRevokedKeyOfAHostIsRefusedThoughItIsAlsoListed() throws Exception {
    Path hosts =
        Files.writeString(
            directory.resolve("revoked"), server.knownHost() + "@revoked * " + keyOnly() + "\n");
    try (GitStateSource source = source(GitAccess.ssh(server.key("ed25519", ""), hosts))) {
      assertThatThrownBy(() -> source.fetch(null)).hasMessageContaining("revoked by line 2");
    }
  }

  private String keyOnly() {
    return server.knownHost().substring(server.knownHost().indexOf(' ') + 1).strip();
  }

  @Test
  void namesOfHostsMayBeHashed() throws Exception {
    Path hosts = server.knownHosts();
    Process hash = new ProcessBuilder("ssh-keygen", "-q", "-H", "-f", hosts.toString()).start();
    assertThat(hash.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(Files.readString(hosts)).startsWith("|1|");
    try (GitStateSource source = source(GitAccess.ssh(server.key("ed25519", ""), hosts))) {
      assertThat(source.fetch(null).documents()).hasSize(1);
    }
  }

  @Test
  void aKeyThatIsNotRegisteredIsSaidToBe() throws Exception {
    GitAccess access = GitAccess.ssh(server.stranger("ed25519", ""), server.knownHosts());
    try (GitStateSource source = source(access)) {
      assertThatThrownBy(() -> source.fetch(null))
          .hasMessageContaining("does not accept the key SHA256:")
          .hasMessageContaining("is it registered there");
    }
  }

  @Test
  void whatIsMissingOrNoKeyIsNamed() throws Exception {
    Path none = directory.resolve("none");
    try (GitStateSource source = source(GitAccess.ssh(none, server.knownHosts()))) {
      assertThatThrownBy(() -> source.fetch(null)).hasMessageContaining(none.toString());
    }
    try (GitStateSource source = source(GitAccess.ssh(server.key("ed25519", ""), none))) {
      assertThatThrownBy(() -> source.fetch(null)).hasMessageContaining(none.toString());
    }
    try (GitStateSource source = source(GitAccess.ssh("s3cret", server.knownHost()))) {
      assertThatThrownBy(() -> source.fetch(null))
          .hasMessageContaining("private key")
          .message()
          .doesNotContain("s3cret");
    }
  }

  @Test
  void aRepositoryThatIsNotThereIsSaidToBe() throws Exception {
    GitAccess access = GitAccess.ssh(server.key("ed25519", ""), server.knownHosts());
    try (GitStateSource source =
        GitStateSource.of(server.url().replace("remote.git", "missing.git"))
            .access(access)
            .cache(directory.resolve("cache"))
            .build()) {
      assertThatThrownBy(() -> source.fetch(null))
          .hasMessageContaining("missing.git")
          .hasMessageContaining("no Git repository");
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void itGoesThroughAProxy(boolean hasty) throws Exception {
    GitAccess access = GitAccess.ssh(server.key("ed25519", ""), server.knownHosts());
    try (ForwardProxy proxy = new ForwardProxy(HttpServers.basic("ann", "pr0xy"));
        GitStateSource source =
            GitStateSource.of(server.url())
                .access(access)
                .transport(GitTransport.defaults().proxy(proxy.url(), "ann", () -> "pr0xy"))
                .cache(directory.resolve("cache"))
                .build()) {
      proxy.hasty = hasty;
      assertThat(source.fetch(null).documents()).hasSize(1);
      assertThat(proxy.passed).hasSize(1);
    }
  }

  @Test
  void theJvmsProxyIsUsedUnlessToldNotTo() throws Exception {
    ProxySelector before = ProxySelector.getDefault();
    GitAccess access = GitAccess.ssh(server.key("ed25519", ""), server.knownHosts());
    try (ForwardProxy proxy = new ForwardProxy("")) {
      proxy.hasty = true;
      URI at = URI.create(proxy.url());
      ProxySelector.setDefault(ProxySelector.of(new InetSocketAddress(at.getHost(), at.getPort())));
      try (GitStateSource source = source(access)) {
        source.fetch(null);
      }
      assertThat(proxy.passed).hasSize(1);
      try (GitStateSource source =
          GitStateSource.of(server.url())
              .access(access)
              .transport(GitTransport.defaults().direct())
              .cache(directory.resolve("another"))
              .build()) {
        source.fetch(null);
      }
      assertThat(proxy.passed).hasSize(1);
    } finally {
      ProxySelector.setDefault(before);
    }
  }

  @Test
  void aProxyThatDoesNotLetInIsNamed() throws Exception {
    GitAccess access = GitAccess.ssh(server.key("ed25519", ""), server.knownHosts());
    try (ForwardProxy proxy = new ForwardProxy(HttpServers.basic("ann", "pr0xy"));
        GitStateSource source =
            GitStateSource.of(server.url())
                .access(access)
                .transport(GitTransport.defaults().proxy(proxy.url(), "ann", () -> "wr0ng"))
                .cache(directory.resolve("cache"))
                .build()) {
      assertThatThrownBy(() -> source.fetch(null))
          .hasMessageContaining("The proxy " + URI.create(proxy.url()).getAuthority())
          .message()
          .doesNotContain("wr0ng");
      assertThat(proxy.passed).isEmpty();
    }
  }

  @Test
  void aStrangerOnThisMachineDoesNotGetThroughTheTunnel() throws Exception {
    try (ServerSocket behind = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
        SshTunnel tunnel = new SshTunnel(Socket::new, "127.0.0.1", behind.getLocalPort(), 60_000)) {
      InetSocketAddress at = (InetSocketAddress) tunnel.proxy().getProxy().address();
      for (String header : List.of("", "Proxy-Authorization: Basic Z2l0b3BzOg==\r\n")) {
        try (Socket stranger = new Socket(at.getAddress(), at.getPort())) {
          stranger
              .getOutputStream()
              .write(("CONNECT x:1 HTTP/1.1\r\n" + header + "\r\n").getBytes(US_ASCII));
          assertThat(stranger.getInputStream().read()).isEqualTo(-1);
        }
      }
    }
  }

  @Test
  void aServerThatIsSilentIsGivenUp() throws Exception {
    try (ServerSocket silent = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
        GitStateSource source =
            GitStateSource.of("ssh://127.0.0.1:" + silent.getLocalPort() + "/x.git")
                .access(GitAccess.ssh(server.key("ed25519", ""), server.knownHosts()))
                .timeout(Duration.ofSeconds(1))
                .cache(directory.resolve("cache"))
                .build()) {
      long start = System.nanoTime();
      assertThatThrownBy(() -> source.fetch(null)).hasMessageContaining("time out");
      assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(15));
    }
  }

  @Test
  void aServerThatIsGoneIsTriedAgain() throws Exception {
    StoppedTime time = new StoppedTime();
    GitAccess access = GitAccess.ssh(server.key("ed25519", ""), server.knownHosts());
    String url = server.url();
    server.close();
    try (GitStateSource source =
        GitStateSource.of(url)
            .access(access)
            .timing(time)
            .cache(directory.resolve("cache"))
            .build()) {
      assertThatThrownBy(() -> source.fetch(null)).hasMessageContaining("refused");
    }
    assertThat(time.pauses).hasSize(2);
  }
}
