// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import static dev.gitops.git.HttpServers.basic;
import static dev.gitops.git.HttpServers.gitBackend;
import static dev.gitops.git.HttpServers.only;
import static dev.gitops.git.RealGit.topic;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Map;
import javax.net.ssl.HostnameVerifier;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** HTTPS with an authority of our own, and with certificates of clients. */
class TlsTest {
  @TempDir Path directory;
  private final HttpServers servers = new HttpServers();
  private Certificates certificates;
  private GitTransport trusting;

  @BeforeEach
  void create() throws Exception {
    RealGit git = new RealGit(directory);
    git.commit("main", Map.of("a.yaml", topic("a", 1)));
    certificates = Certificates.get();
    trusting = GitTransport.defaults().authorities(certificates.authority).attempts(1);
  }

  @AfterEach
  void close() {
    servers.close();
  }

  private GitStateSource source(String url, GitAccess access, GitTransport transport) {
    return GitStateSource.of(url + "/remote.git")
        .branch("main")
        .access(access)
        .transport(transport)
        .cache(directory.resolve("cache"))
        .build();
  }

  private String start(String alias, boolean needsClient) throws Exception {
    return servers.startTls(certificates.server(alias), needsClient, gitBackend(directory));
  }

  @Test
  void anAuthorityOfOurOwnIsTrustedWhenItIsNamed() throws Exception {
    String url = start("server", false);
    try (GitStateSource trusts = source(url, GitAccess.anonymous(), trusting)) {
      assertThat(trusts.fetch(null).documents()).hasSize(1);
    }
    GitTransport plain = GitTransport.defaults().attempts(1);
    try (GitStateSource doubts = source(url, GitAccess.anonymous(), plain)) {
      assertThatThrownBy(() -> doubts.fetch(null))
          .hasMessageContaining(url)
          .hasMessageContaining("TLS failed")
          .hasMessageContaining("GitTransport.authorities(pem)");
    }
  }

  @Test
  void aCertificateOfAStrangerOrForAnotherNameIsRefused() throws Exception {
    String stranger = start("stranger", false);
    try (GitStateSource source = source(stranger, GitAccess.anonymous(), trusting)) {
      assertThatThrownBy(() -> source.fetch(null)).hasMessageContaining("TLS failed");
    }
    String other = start("server", false).replace("localhost", "127.0.0.1");
    try (GitStateSource source = source(other, GitAccess.anonymous(), trusting)) {
      assertThatThrownBy(() -> source.fetch(null)).hasMessageContaining("TLS failed");
    }
  }

  @Test
  void whatOthersInTheJvmTrustDoesNotCount() throws Exception {
    SSLSocketFactory sockets = HttpsURLConnection.getDefaultSSLSocketFactory();
    HostnameVerifier names = HttpsURLConnection.getDefaultHostnameVerifier();
    SSLContext naive = SSLContext.getInstance("TLS");
    naive.init(null, new TrustManager[] {new Naive()}, null);
    HttpsURLConnection.setDefaultSSLSocketFactory(naive.getSocketFactory());
    HttpsURLConnection.setDefaultHostnameVerifier((host, session) -> true);
    try {
      aCertificateOfAStrangerOrForAnotherNameIsRefused();
    } finally {
      HttpsURLConnection.setDefaultSSLSocketFactory(sockets);
      HttpsURLConnection.setDefaultHostnameVerifier(names);
    }
  }

  private static final class Naive implements X509TrustManager {
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }

  @Test
  void aClientShowsItsCertificate() throws Exception {
    String url = start("server", true);
    GitAccess known =
        GitAccess.anonymous().clientCertificate(certificates.client, certificates.clientKey);
    try (GitStateSource source = source(url, known, trusting)) {
      assertThat(source.fetch(null).documents()).hasSize(1);
    }
    try (GitStateSource source = source(url, GitAccess.anonymous(), trusting)) {
      assertThatThrownBy(() -> source.fetch(null)).hasMessageContaining(url);
    }
  }

  @Test
  void aCertificateGoesTogetherWithCredentials() throws Exception {
    String url =
        servers.startTls(
            certificates.server("server"),
            true,
            only(() -> basic("bob", "pw"), gitBackend(directory)));
    GitAccess both =
        GitAccess.basic("bob", () -> "pw")
            .clientCertificate(certificates.client, certificates.clientKey);
    try (GitStateSource source = source(url, both, trusting)) {
      assertThat(source.fetch(null).documents()).hasSize(1);
    }
  }

  @Test
  void aCertificateIsReadAgainWhenItsFilesHaveChanged() throws Exception {
    String url = start("server", true);
    Path chain = directory.resolve("chain.pem");
    Path key = directory.resolve("key.pem");
    Files.copy(certificates.client, chain);
    Files.copy(certificates.strangerKey, key);
    GitAccess renewed = GitAccess.anonymous().clientCertificate(chain, key);
    try (GitStateSource source = source(url, renewed, trusting)) {
      assertThatThrownBy(() -> source.fetch(null)).hasMessageContaining(url);
      Files.writeString(key, Files.readString(certificates.clientKey));
      Files.setLastModifiedTime(key, FileTime.from(Instant.now().plusSeconds(5)));
      assertThat(source.fetch(null).documents()).hasSize(1);
    }
  }

  @Test
  void filesThatAreNotThereOrHoldSomethingElseAreNamed() throws Exception {
    String url = start("server", true);
    Path missing = directory.resolve("missing.pem");
    Path wrong = Files.writeString(directory.resolve("wrong.pem"), "-----BEGIN s3cret-----");
    GitAccess[] all = {
      GitAccess.anonymous().clientCertificate(missing, certificates.clientKey),
      GitAccess.anonymous().clientCertificate(certificates.client, missing),
      GitAccess.anonymous().clientCertificate(wrong, certificates.clientKey),
      GitAccess.anonymous().clientCertificate(certificates.client, wrong),
    };
    for (int i = 0; i < all.length; i++) {
      String name = i < 2 ? missing.toString() : wrong.toString();
      try (GitStateSource source = source(url, all[i], trusting)) {
        assertThatThrownBy(() -> source.fetch(null))
            .hasMessageContaining(name)
            .message()
            .doesNotContain("s3cret");
      }
    }
    try (GitStateSource source =
        source(url, GitAccess.anonymous(), GitTransport.defaults().authorities(missing))) {
      assertThatThrownBy(() -> source.fetch(null)).hasMessageContaining(missing.toString());
    }
    // A missing certificate is no damaged clone.
    assertThat(directory.resolve("cache")).isDirectoryNotContaining("glob:**.git/shallow");
  }

  @Test
  void aRedirectFromHttpsToHttpIsRefused() throws Exception {
    String plain = servers.start(gitBackend(directory));
    String url =
        servers.startTls(
            certificates.server("server"),
            false,
            exchange -> HttpServers.redirect(exchange, plain.replace("127.0.0.1", "localhost")));
    for (GitAccess access :
        new GitAccess[] {GitAccess.anonymous(), GitAccess.basic("bob", () -> "pw")}) {
      int before = servers.requests.size();
      try (GitStateSource source = source(url, access, trusting)) {
        assertThatThrownBy(() -> source.fetch(null)).hasMessageContaining("edirect");
      }
      assertThat(servers.requests).hasSize(before + 1);
    }
  }
}
