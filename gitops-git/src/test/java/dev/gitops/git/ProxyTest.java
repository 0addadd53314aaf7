// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import static dev.gitops.git.HttpServers.basic;
import static dev.gitops.git.HttpServers.gitBackend;
import static dev.gitops.git.HttpServers.only;
import static dev.gitops.git.RealGit.topic;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.Authenticator;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.PasswordAuthentication;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.ServerSocket;
import java.net.SocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A forward proxy with a user and password of its own. */
class ProxyTest {
  @TempDir Path directory;
  private final HttpServers servers = new HttpServers();
  private final ProxySelector selector = ProxySelector.getDefault();
  private ForwardProxy proxy;
  private GitTransport through;

  @BeforeEach
  void create() throws Exception {
    RealGit git = new RealGit(directory);
    git.commit("main", Map.of("a.yaml", topic("a", 1)));
    proxy = new ForwardProxy(basic("ann", "pr0xy"));
    through =
        GitTransport.defaults()
            .attempts(1)
            .authorities(Certificates.get().authority)
            .proxy(proxy.url(), "ann", () -> "pr0xy");
  }

  @AfterEach
  void close() throws IOException {
    ProxySelector.setDefault(selector);
    Authenticator.setDefault(null);
    servers.close();
    proxy.close();
  }

  private GitStateSource source(String url, GitTransport transport) {
    return GitStateSource.of(url + "/remote.git")
        .branch("main")
        .access(GitAccess.basic("bob", () -> "s3cret"))
        .transport(transport)
        .cache(directory.resolve("cache"))
        .build();
  }

  /** A name that only the proxy can resolve. */
  private String plain() throws IOException {
    return servers
        .start(only(() -> basic("bob", "s3cret"), gitBackend(directory)))
        .replace("127.0.0.1", "git.example");
  }

  private String tls() throws Exception {
    return servers
        .startTls(
            Certificates.get().server("server"),
            false,
            only(() -> basic("bob", "s3cret"), gitBackend(directory)))
        .replace("localhost", "git.example");
  }

  @Test
  void httpAndHttpsGoThroughItWithBothCredentialsWhereTheyBelong() throws Exception {
    String plain = plain();
    String tls = tls();
    for (String url : new String[] {plain, tls}) {
      try (GitStateSource source = source(url, through)) {
        assertThat(source.fetch(null).documents()).hasSize(1);
      }
    }
    assertThat(proxy.passed)
        .anyMatch(line -> line.startsWith("GET " + plain + "/remote.git/info/refs?"))
        .anyMatch(line -> line.equals("CONNECT " + URI.create(tls).getAuthority() + " HTTP/1.1"));
    assertThat(servers.requests).allMatch(request -> request.endsWith(basic("bob", "s3cret")));
  }

  @Test
  void aTunnelIsKeptFromOneFetchToTheNext() throws Exception {
    try (GitStateSource source = source(tls(), through)) {
      for (int i = 0; i < 5; i++) {
        source.fetch(null);
      }
    }
    // JGit keeps one answer open while it asks for the objects.
    assertThat(servers.requests).hasSizeGreaterThan(10);
    assertThat(proxy.passed).hasSizeBetween(1, 2);
  }

  @Test
  void itsOwnRefusalIsToldApartFromTheServers() throws Exception {
    GitTransport wrong = through.proxy(proxy.url(), "ann", () -> "0therSecret");
    GitTransport nobody = through.proxy(proxy.url());
    for (String url : new String[] {plain(), tls()}) {
      for (GitTransport transport : List.of(wrong, nobody)) {
        try (GitStateSource source = source(url, transport)) {
          assertThatThrownBy(() -> source.fetch(null))
              .hasMessageContaining("proxy")
              .hasMessageContaining("407")
              .message()
              .doesNotContain("0therSecret");
        }
      }
    }
    assertThat(servers.requests).isEmpty();
  }

  @Test
  void whatIsNoProxyOrNotThereIsSaidToBe() throws Exception {
    String server = servers.start(exchange -> exchange.sendResponseHeaders(404, -1));
    try (GitStateSource source = source(tls(), through.proxy(server))) {
      assertThatThrownBy(() -> source.fetch(null)).hasMessageContaining("proxy");
    }
    int free;
    try (ServerSocket socket = new ServerSocket(0)) {
      free = socket.getLocalPort();
    }
    GitTransport gone = through.proxy("http://127.0.0.1:" + free);
    try (GitStateSource source = source(tls(), gone)) {
      assertThatThrownBy(() -> source.fetch(null)).hasMessageContaining("onnection");
    }
  }

  @Test
  void theProxyOfTheJvmHoldsUnlessSomethingElseIsSaid() throws Exception {
    try (ForwardProxy open = new ForwardProxy("")) {
      ProxySelector.setDefault(new Always(URI.create(open.url()).getPort()));
      GitTransport jvm =
          GitTransport.defaults().attempts(1).authorities(Certificates.get().authority);
      for (String url : new String[] {plain(), tls()}) {
        try (GitStateSource source = source(url, jvm)) {
          assertThat(source.fetch(null).documents()).hasSize(1);
        }
      }
      int passed = open.passed.size();
      assertThat(passed).isPositive();
      try (GitStateSource source = source(tls(), through)) {
        source.fetch(null);
      }
      String here = tls().replace("git.example", "localhost");
      try (GitStateSource source = source(here, jvm.direct())) {
        source.fetch(null);
      }
      assertThat(open.passed).hasSize(passed);
    }
  }

  private static final class Always extends ProxySelector {
    private final int port;

    Always(int port) {
      this.port = port;
    }

    @Override
    public List<Proxy> select(URI uri) {
      return List.of(
          new Proxy(
              Proxy.Type.HTTP, new InetSocketAddress(InetAddress.getLoopbackAddress(), port)));
    }

    @Override
    public void connectFailed(URI uri, SocketAddress address, IOException failure) {}
  }

  @Test
  void nobodyElseInTheJvmIsAskedForAPassword() throws Exception {
    Authenticator.setDefault(
        new Authenticator() {
          @Override
          protected PasswordAuthentication getPasswordAuthentication() {
            return new PasswordAuthentication("ann", "pr0xy".toCharArray());
          }
        });
    itsOwnRefusalIsToldApartFromTheServers();
    String url = servers.start(only(() -> basic("ann", "pr0xy"), gitBackend(directory)));
    try (GitStateSource source =
        GitStateSource.of(url + "/remote.git").cache(directory.resolve("cache")).build()) {
      assertThatThrownBy(() -> source.fetch(null)).hasMessageContaining("none were given");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "proxy:3128",
        "https://proxy:3128",
        "http://proxy",
        "http://ann:s3cret@proxy:3128",
        "http://proxy:3128/path",
        "http://proxy:3128?s3cret",
        "http://proxy:99999",
        "http://pro xy:3128",
        "",
      })
  void aProxyIsAHostAndAPort(String url) {
    assertThatThrownBy(() -> GitTransport.defaults().proxy(url))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("http://host:port")
        .hasNoCause()
        .message()
        .doesNotContain("s3cret");
  }
}
