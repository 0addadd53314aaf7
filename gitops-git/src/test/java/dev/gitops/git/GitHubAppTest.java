// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import static dev.gitops.git.HttpServers.basic;
import static dev.gitops.git.HttpServers.gitBackend;
import static dev.gitops.git.HttpServers.only;
import static dev.gitops.git.RealGit.topic;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Installation tokens, from a server that checks who asks as GitHub does. */
class GitHubAppTest {
  private static KeyPair key;

  @TempDir Path directory;
  private final HttpServers github = new HttpServers();
  private final HttpServers servers = new HttpServers();
  private final StoppedTime time = new StoppedTime();
  private RealGit git;
  private Path pem;
  private int given;
  private String token = "none yet";
  private int failWith;
  private String answer;

  @BeforeAll
  static void generate() throws Exception {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
    generator.initialize(2048);
    key = generator.generateKeyPair();
  }

  @BeforeEach
  void create() throws Exception {
    git = new RealGit(directory);
    git.commit("main", Map.of("a.yaml", topic("a", 1)));
    pem = directory.resolve("app.pem");
    Files.writeString(pem, pkcs1());
  }

  /** As GitHub gives it out: what PKCS#8 wraps. */
  private static String pkcs1() {
    byte[] pkcs8 = key.getPrivate().getEncoded();
    return Certificates.pem("RSA PRIVATE KEY", Arrays.copyOfRange(pkcs8, 26, pkcs8.length));
  }

  @AfterEach
  void close() {
    github.close();
    servers.close();
  }

  private String api() throws Exception {
    return github.start(this::giveToken) + "/api/v3";
  }

  private void giveToken(HttpExchange exchange) throws IOException {
    boolean known =
        exchange.getRequestMethod().equals("POST")
            && exchange
                .getRequestURI()
                .toString()
                .equals("/api/v3/app/installations/42/access_tokens")
            && "application/vnd.github+json".equals(exchange.getRequestHeaders().getFirst("Accept"))
            && isApp(exchange.getRequestHeaders().getFirst("Authorization"));
    int status = failWith != 0 ? failWith : known ? 201 : 401;
    token = "ghs_token" + ++given;
    String body =
        answer != null
            ? answer
            : "{\"token\":\"%s\",\"expires_at\":\"%s\",\"permissions\":{\"contents\":\"read\"}}"
                .formatted(token, time.now().plusSeconds(3600));
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(status, bytes.length);
    exchange.getResponseBody().write(bytes);
  }

  private boolean isApp(String authorization) {
    try {
      String[] parts = authorization.substring("Bearer ".length()).split("\\.", -1);
      Signature signature = Signature.getInstance("SHA256withRSA");
      signature.initVerify(key.getPublic());
      signature.update((parts[0] + "." + parts[1]).getBytes(StandardCharsets.US_ASCII));
      JsonNode header = JsonMapper.shared().readTree(Base64.getUrlDecoder().decode(parts[0]));
      JsonNode claims = JsonMapper.shared().readTree(Base64.getUrlDecoder().decode(parts[1]));
      Instant issued = Instant.ofEpochSecond(claims.get("iat").asLong());
      Instant end = Instant.ofEpochSecond(claims.get("exp").asLong());
      return signature.verify(Base64.getUrlDecoder().decode(parts[2]))
          && header.get("alg").asString().equals("RS256")
          && claims.get("iss").asString().equals("Iv1.app")
          && !issued.isAfter(time.now())
          && end.isAfter(time.now())
          && Duration.between(issued, end).compareTo(Duration.ofMinutes(10)) <= 0;
    } catch (Exception e) {
      return false;
    }
  }

  private GitStateSource source(GitAccess access) throws Exception {
    String url = servers.start(only(() -> basic("x-access-token", token), gitBackend(directory)));
    return GitStateSource.of(url + "/remote.git")
        .branch("main")
        .access(access)
        .timing(time)
        .cache(directory.resolve("cache"))
        .build();
  }

  private GitAccess app(String api) {
    return GitAccess.gitHubApp("Iv1.app", 42, pem, URI.create(api));
  }

  @Test
  void aTokenIsKeptUntilShortlyBeforeItsEnd() throws Exception {
    try (GitStateSource source = source(app(api()))) {
      assertThat(source.fetch(null).documents()).hasSize(1);
      time.pass(Duration.ofMinutes(54));
      source.fetch(null);
      assertThat(given).isEqualTo(1);
      time.pass(Duration.ofMinutes(1));
      source.fetch(null);
      assertThat(given).isEqualTo(2);
    }
  }

  @Test
  void severalSourcesShareOne() throws Exception {
    GitAccess app = app(api());
    try (GitStateSource one = source(app);
        GitStateSource two = source(app)) {
      one.fetch(null);
      two.fetch(null);
    }
    assertThat(given).isEqualTo(1);
  }

  @Test
  void aTokenThatIsRefusedIsNotShownAgain() throws Exception {
    try (GitStateSource source = source(app(api()))) {
      source.fetch(null);
      token = "revoked the other";
      assertThatThrownBy(() -> source.fetch(null)).hasMessageContaining("does not accept");
      assertThat(source.fetch(null).documents()).hasSize(1);
    }
    assertThat(given).isEqualTo(2);
  }

  @Test
  void theKeyMayBeATextAndRotate() throws Exception {
    String pkcs8 = Certificates.pem("PRIVATE KEY", key.getPrivate().getEncoded());
    URI api = URI.create(api() + "/");
    try (GitStateSource source = source(GitAccess.gitHubApp("Iv1.app", 42, () -> pkcs8, api))) {
      assertThat(source.fetch(null).documents()).hasSize(1);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "401, this machine's clock",
    "403, suspended",
    "404, no such installation",
    "302, the URL of its API",
  })
  void aRefusalSaysWhatToCheckAndIsNotRepeated(int status, String words) throws Exception {
    failWith = status;
    try (GitStateSource source = source(app(api()))) {
      assertThatThrownBy(() -> source.fetch(null))
          .hasMessageContaining("App Iv1.app")
          .hasMessageContaining("status " + status)
          .hasMessageContaining(words);
    }
    assertThat(github.requests).hasSize(1);
    assertThat(servers.requests).isEmpty();
  }

  @Test
  void aTroubleOfTheApiIsWaitedFor() throws Exception {
    failWith = 503;
    try (GitStateSource source = source(app(api()))) {
      assertThatThrownBy(() -> source.fetch(null)).hasMessageContaining("503");
      assertThat(github.requests).hasSize(3);
      failWith = 0;
      assertThat(source.fetch(null).documents()).hasSize(1);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "no JSON: ghs_s3cret",
        "{\"token\":\"ghs_s3cret\"}",
        "{\"token\":\"ghs_s3cret\\r\\nHost: x\",\"expires_at\":\"2027-01-01T00:00:00Z\"}",
        "{\"token\":{},\"expires_at\":\"2027-01-01T00:00:00Z\"}",
        "{\"token\":\"ghs_s3cret\",\"expires_at\":\"tomorrow\"}",
        "[1]",
      })
  void anAnswerWithoutATokenIsRefusedAndNotQuoted(String body) throws Exception {
    answer = body;
    try (GitStateSource source = source(app(api()))) {
      assertThatThrownBy(() -> source.fetch(null))
          .hasMessageContaining("holds no token")
          .message()
          .doesNotContain("s3cret");
    }
  }

  @Test
  void aKeyThatIsNoneIsRefused() throws Exception {
    Files.writeString(
        pem, "-----BEGIN RSA PRIVATE KEY-----\ns3cret\n-----END RSA PRIVATE KEY-----");
    try (GitStateSource source = source(app(api()))) {
      assertThatThrownBy(() -> source.fetch(null))
          .hasMessageContaining("key of GitHub App Iv1.app")
          .message()
          .doesNotContain("s3cret");
    }
    Files.delete(pem);
    try (GitStateSource source = source(app(api()))) {
      assertThatThrownBy(() -> source.fetch(null)).hasMessageContaining(pem.toString());
    }
    assertThat(github.requests).isEmpty();
  }

  @Test
  void whatCanBeNoAppIsRefusedWhenItIsNamed() {
    assertThatThrownBy(() -> GitAccess.gitHubApp("a\"b", 1, pem)).hasMessageContaining("its id");
    assertThatThrownBy(() -> GitAccess.gitHubApp("a", 0, pem)).hasMessageContaining("above 0");
    for (String api : new String[] {"ftp://x", "https://a:b@x", "https:///x", "https://x?y"}) {
      assertThatThrownBy(() -> GitAccess.gitHubApp("a", 1, pem, URI.create(api)))
          .hasMessageContaining("https URL");
    }
  }
}
