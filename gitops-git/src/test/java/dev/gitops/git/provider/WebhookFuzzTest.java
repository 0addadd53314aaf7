// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git.provider;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** Whatever arrives is answered, and without the secret nothing triggers. */
class WebhookFuzzTest {
  private static final String SECRET = "0123456789abcdef";

  private static List<Webhooks> all() {
    return List.of(
        Webhooks.gitHub("acme/kafka", SECRET),
        Webhooks.gitLab("acme/kafka", SECRET),
        Webhooks.gitea("acme/kafka", SECRET),
        Webhooks.bitbucket("acme/kafka", SECRET),
        Webhooks.bitbucketDataCenter("acme/kafka", SECRET));
  }

  @Provide
  Arbitrary<String> headerNames() {
    return Arbitraries.oneOf(
        Arbitraries.of(
            "X-GitHub-Event",
            "x-gitlab-event",
            "X-Gitea-Event",
            "X-Event-Key",
            "X-Gitlab-Token",
            "webhook-signature",
            "webhook-timestamp",
            "X-Hub-Signature",
            "X-Hub-Signature-256",
            "X-Forgejo-Signature"),
        Arbitraries.strings().ofMaxLength(20));
  }

  @Provide
  Arbitrary<Map<String, List<String>>> headers() {
    Arbitrary<String> values =
        Arbitraries.oneOf(
            Arbitraries.of(
                "push", "Push Hook", "repo:push", "repo:refs_changed", "ping", "sha256="),
            Arbitraries.strings().ofMaxLength(90));
    return Arbitraries.maps(headerNames(), values.list().ofMaxSize(3)).ofMaxSize(6);
  }

  @Provide
  Arbitrary<String> payloads() {
    Arbitrary<String> pieces =
        Arbitraries.of(
            "{",
            "}",
            "[",
            "]",
            ",",
            ":",
            "\"ref\"",
            "\"refs/heads/main\"",
            "\"repository\"",
            "\"full_name\"",
            "\"acme/kafka\"",
            "\"project\"",
            "\"path_with_namespace\"",
            "\"push\"",
            "\"changes\"",
            "\"new\"",
            "\"name\"",
            "\"type\"",
            "null",
            "1e999999999",
            "-0",
            "\"\\ud800\"",
            "true",
            " ",
            "\u0000",
            "\uFEFF");
    return Arbitraries.oneOf(
        pieces.list().ofMaxSize(40).map(list -> String.join("", list)),
        Arbitraries.strings().ofMaxLength(200));
  }

  @Property(tries = 1000, seed = "42")
  void nothingTriggersWithoutTheSecret(
      @ForAll("headers") Map<String, List<String>> headers, @ForAll("payloads") String payload) {
    byte[] body = payload.getBytes(StandardCharsets.UTF_8);
    for (Webhooks webhooks : all()) {
      Webhooks.Result result = webhooks.handle(headers, body);
      assertThat(result.triggers()).isFalse();
      assertThat(result.status()).isEqualTo(401);
    }
  }

  @Property(tries = 2000, seed = "42")
  void whateverIsSignedIsAnswered(@ForAll("payloads") String payload) {
    byte[] body = payload.getBytes(StandardCharsets.UTF_8);
    String hex = HexFormat.of().formatHex(WebhooksTest.hmac(SECRET, body));
    Map<String, List<String>> headers = new HashMap<>();
    headers.put("X-Hub-Signature-256", List.of("sha256=" + hex));
    headers.put("X-Gitea-Signature", List.of(hex));
    headers.put("X-Gitlab-Token", List.of(SECRET));
    headers.put("X-GitHub-Event", List.of("push"));
    headers.put("X-Gitea-Event", List.of("push"));
    headers.put("X-Gitlab-Event", List.of("Push Hook"));
    for (String key : new String[] {"repo:push", "repo:refs_changed"}) {
      headers.put("X-Event-Key", List.of(key));
      for (Webhooks webhooks : all()) {
        Webhooks.Result result = webhooks.handle(headers, body);
        assertThat(result.status()).isIn(200, 202, 400);
        assertThat(result.reason().length()).isLessThan(400);
      }
    }
  }
}
