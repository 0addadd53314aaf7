// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git.provider;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.Base64;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;

/** Webhooks in the forms that the services document, right and wrong. */
class WebhooksTest {
  private static final String SECRET = "0123456789abcdef";
  private static final String PUSH =
      "{'ref': 'refs/heads/main', 'before': '%s', 'after': '%s', 'repository': {'id': 1, 'name':"
          + " 'kafka', 'full_name': 'Acme/Kafka'}, 'commits': []}";

  private final ManualTime time = new ManualTime();
  private final Webhooks gitHub = Webhooks.gitHub("acme/kafka", SECRET).branch("main").timing(time);

  static byte[] hmac(String secret, byte[] body) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
      return mac.doFinal(body);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  static byte[] json(String text) {
    return text.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
  }

  static byte[] push(int number) {
    return json(PUSH.formatted("0".repeat(40), ("" + number).repeat(40)));
  }

  static Map<String, List<String>> headers(String... pairs) {
    Map<String, List<String>> headers = new HashMap<>();
    for (int i = 0; i < pairs.length; i += 2) {
      headers.put(pairs[i], List.of(pairs[i + 1]));
    }
    return headers;
  }

  static Map<String, List<String>> signed(String event, byte[] body, String secret) {
    return headers(
        "X-GitHub-Event",
        event,
        "X-GitHub-Delivery",
        "72d3162e-cc78-11e3-81ab-4c9367dc0958",
        "X-Hub-Signature-256",
        "sha256=" + HexFormat.of().formatHex(hmac(secret, body)));
  }

  private Webhooks.Result handle(byte[] body) {
    return gitHub.handle(signed("push", body, SECRET), body);
  }

  @Test
  void pushTriggers() {
    Webhooks.Result result = handle(push(1));
    assertThat(result).isEqualTo(new Webhooks.Result(true, 202, result.reason(), result.refs()));
    assertThat(result.refs()).containsExactly("refs/heads/main");
    assertThat(result.reason()).isEqualTo("push to refs/heads/main");
  }

  @Test
  void sameDeliveryTriggersOnceUnderWhateverId() {
    assertThat(handle(push(1)).triggers()).isTrue();
    assertThat(handle(push(1)).triggers()).isFalse();
    assertThat(handle(push(1)).status()).isEqualTo(200);
    byte[] body = push(1);
    Map<String, List<String>> again = signed("push", body, SECRET);
    again.put("X-GitHub-Delivery", List.of("another"));
    assertThat(gitHub.handle(again, body).triggers()).isFalse();
    assertThat(handle(push(2)).triggers()).isTrue();
  }

  @Test
  void deliveriesAreForgottenAfterAnHour() {
    handle(push(1));
    time.pass(Duration.ofMinutes(59));
    assertThat(handle(push(1)).triggers()).isFalse();
    time.pass(Duration.ofMinutes(2));
    assertThat(handle(push(1)).triggers()).isTrue();
  }

  @Test
  void deliveriesThatAreRememberedAreBounded() {
    Deliveries deliveries = new Deliveries(time, Duration.ofHours(1));
    for (int i = 0; i < 10_001; i++) {
      assertThat(deliveries.first("d" + i, null)).isEqualTo(Deliveries.Verdict.NEW);
    }
    assertThat(deliveries.first("d1", null)).isEqualTo(Deliveries.Verdict.SEEN);
    assertThat(deliveries.first("d0", null)).isEqualTo(Deliveries.Verdict.NEW);
  }

  @Test
  void wrongOrMissingSignatureIsRejectedBeforeAnythingIsRead() {
    byte[] body = push(1);
    assertThat(gitHub.handle(signed("push", body, "another secret 1"), body).status())
        .isEqualTo(401);
    assertThat(gitHub.handle(signed("push", push(2), SECRET), body).status()).isEqualTo(401);
    assertThat(gitHub.handle(headers("X-GitHub-Event", "push"), body).status()).isEqualTo(401);
    Map<String, List<String>> twice = signed("push", body, SECRET);
    String good = twice.get("X-Hub-Signature-256").get(0);
    twice.put("X-Hub-Signature-256", List.of("sha256=" + "0".repeat(64), good));
    assertThat(gitHub.handle(twice, body).status()).isEqualTo(401);
    byte[] garbage = json("{{{");
    assertThat(gitHub.handle(signed("push", garbage, "another secret 1"), garbage).status())
        .isEqualTo(401);
    assertThat(handle(body).triggers()).as("the rejected ones left no trace").isTrue();
  }

  @Test
  void secretsCanBeRotatedAndMustBeStrong() {
    Webhooks both = Webhooks.gitHub("acme/kafka", "the new secret!!!", SECRET).timing(time);
    assertThat(both.handle(signed("push", push(1), SECRET), push(1)).triggers()).isTrue();
    assertThat(both.handle(signed("push", push(2), "the new secret!!!"), push(2)).triggers())
        .isTrue();
    assertThatThrownBy(() -> Webhooks.gitHub("acme/kafka", "short"))
        .hasMessageContaining("16 characters")
        .hasMessageNotContaining("short");
    assertThatThrownBy(() -> Webhooks.gitHub("acme/kafka"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void whatIsNotAboutOurBranchIsIgnored() {
    byte[] other = json("{'ref': 'refs/heads/dev', 'repository': {'full_name': 'acme/kafka'}}");
    byte[] fork = json("{'ref': 'refs/heads/main', 'repository': {'full_name': 'mallory/kafka'}}");
    byte[] ping = json("{'zen': 'Keep it logically awesome.', 'hook_id': 1}");
    assertThat(handle(other).reason()).contains("another branch");
    assertThat(handle(fork).reason()).contains("another repository");
    assertThat(gitHub.handle(signed("ping", ping, SECRET), ping).reason()).contains("ping");
    byte[] issue = json("{'action': 'opened'}");
    assertThat(gitHub.handle(signed("issues", issue, SECRET), issue).reason())
        .contains("not a push");
    assertThat(handle(push(7)).triggers()).isTrue();
  }

  @Test
  void payloadIsBounded() {
    byte[] large = new byte[Webhooks.LARGEST + 1];
    assertThat(handle(large).status()).isEqualTo(413);
    byte[] deep = json("[".repeat(1_000) + "]".repeat(1_000));
    assertThat(handle(deep).status()).isEqualTo(400);
    byte[] twice = json("{'ref': 'refs/heads/main', 'ref': 'refs/heads/x'}");
    assertThat(handle(twice).status()).isEqualTo(400);
    assertThat(handle(json("{} {}")).status()).isEqualTo(400);
  }

  @Test
  void whatIsLoggedIsInert() {
    Webhooks any = Webhooks.gitHub("acme/kafka", SECRET);
    byte[] body =
        json("{'ref': 'refs/heads/\\u001b[2J\\nx', 'repository': {'full_name': 'acme/kafka'}}");
    Webhooks.Result result = any.handle(signed("push", body, SECRET), body);
    assertThat(result.triggers()).isTrue();
    assertThat(result.reason()).doesNotContain("\u001b", "\n");
  }

  @Test
  void gitLabTokenTriggers() {
    Webhooks gitLab = Webhooks.gitLab("acme/data/kafka", SECRET).branch("main").timing(time);
    byte[] body =
        json(
            "{'object_kind': 'push', 'ref': 'refs/heads/main', 'project':"
                + " {'path_with_namespace': 'acme/data/kafka'}}");
    assertThat(
            gitLab
                .handle(headers("X-Gitlab-Event", "Push Hook", "X-Gitlab-Token", "x"), body)
                .status())
        .isEqualTo(401);
    assertThat(
            gitLab
                .handle(headers("X-Gitlab-Event", "Push Hook", "X-Gitlab-Token", SECRET), body)
                .triggers())
        .isTrue();
  }

  @Test
  void gitLabSignatureCoversTheTime() throws Exception {
    byte[] key = "a key of many bytes for GitLab..".getBytes(StandardCharsets.UTF_8);
    Webhooks gitLab =
        Webhooks.gitLab("acme/kafka", "whsec_" + Base64.getEncoder().encodeToString(key))
            .timing(time);
    byte[] body =
        json("{'ref': 'refs/heads/main', 'project': {'path_with_namespace': 'acme/kafka'}}");
    long now = time.now().getEpochSecond();
    assertThat(gitLab.handle(signedByGitLab("m1", now, body, key), body).triggers()).isTrue();
    assertThat(gitLab.handle(signedByGitLab("m1", now, body, key), body).triggers()).isFalse();
    assertThat(gitLab.handle(signedByGitLab("m2", now, body, key), body).triggers()).isTrue();
    assertThat(gitLab.handle(signedByGitLab("m3", now - 600, body, key), body).status())
        .isEqualTo(401);
    Map<String, List<String>> moved = signedByGitLab("m4", now, body, key);
    moved.put("webhook-timestamp", List.of(String.valueOf(now + 1)));
    assertThat(gitLab.handle(moved, body).status()).isEqualTo(401);
  }

  private static Map<String, List<String>> signedByGitLab(
      String id, long at, byte[] body, byte[] key) throws GeneralSecurityException {
    Mac mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(key, "HmacSHA256"));
    mac.update((id + "." + at + ".").getBytes(StandardCharsets.UTF_8));
    return headers(
        "X-Gitlab-Event",
        "Push Hook",
        "webhook-id",
        id,
        "webhook-timestamp",
        String.valueOf(at),
        "webhook-signature",
        "v1,AAAA v1," + Base64.getEncoder().encodeToString(mac.doFinal(body)));
  }

  @Test
  void giteaAndForgejoTrigger() {
    byte[] body = push(1);
    String good = HexFormat.of().formatHex(hmac(SECRET, body));
    Map<String, List<String>> gitea =
        headers("X-Gitea-Event", "push", "X-Gitea-Signature", good, "X-Gitea-Delivery", "1");
    assertThat(gitea().handle(gitea, body).triggers()).isTrue();
    gitea.put("X-Forgejo-Signature", List.of("0".repeat(64)));
    assertThat(gitea().handle(gitea, body).status()).isEqualTo(401);
    gitea.put("X-Forgejo-Signature", List.of(good));
    assertThat(gitea().handle(gitea, body).triggers()).isTrue();
  }

  private Webhooks gitea() {
    return Webhooks.gitea("acme/kafka", SECRET).branch("main").timing(time);
  }

  @Test
  void bitbucketTriggersForAnyOfItsChanges() {
    Webhooks cloud = Webhooks.bitbucket("acme/kafka", SECRET).branch("main").timing(time);
    byte[] body =
        json(
            "{'repository': {'full_name': 'acme/kafka'}, 'push': {'changes': [{'new': {'type':"
                + " 'tag', 'name': 'main'}, 'old': null}, {'new': {'type': 'branch', 'name':"
                + " 'main'}}, {'new': null, 'old': {'type': 'branch', 'name': 'gone'}}]}}");
    String signature = "sha256=" + HexFormat.of().formatHex(hmac(SECRET, body));
    Webhooks.Result result =
        cloud.handle(headers("X-Event-Key", "repo:push", "X-Hub-Signature", signature), body);
    assertThat(result.refs()).containsExactly("refs/heads/main");

    Webhooks center =
        Webhooks.bitbucketDataCenter("ACME/kafka", SECRET).branch("main").timing(time);
    byte[] changed =
        json(
            "{'repository': {'slug': 'kafka', 'project': {'key': 'ACME'}}, 'changes': [{'ref':"
                + " {'id': 'refs/heads/main'}, 'type': 'UPDATE'}]}");
    signature = "sha256=" + HexFormat.of().formatHex(hmac(SECRET, changed));
    assertThat(
            center
                .handle(
                    headers("X-Event-Key", "repo:refs_changed", "X-Hub-Signature", signature),
                    changed)
                .triggers())
        .isTrue();
  }
}
