// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git.provider;

import dev.gitops.core.report.Inert;
import dev.gitops.core.spi.Timing;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;

/**
 * Judges the webhooks by which a service tells of pushes. Only who sent it and which branch it is
 * about are found out; nothing else of what it says is believed, so that all it can do is to make a
 * reconciler look sooner. Thread-safe; starts nothing and opens nothing.
 *
 * <pre>{@code
 * Webhooks hooks = Webhooks.gitHub("acme/kafka", secret).branch("main");
 * Webhooks.Result result = hooks.handle(headers, body);
 * if (result.triggers()) {
 *   loop.trigger(result.reason());
 * }
 * return result.status();
 * }</pre>
 */
public final class Webhooks {
  /** What is not read of a payload that is larger. */
  public static final int LARGEST = 4 << 20;

  private static final int MOST_HEADERS = 200;
  private static final int LONGEST_HEADER = 1_000;
  private static final int SHORTEST_SECRET = 16;

  private final Signature signature;
  private final PushEvent event;
  private final String repository;
  private final Set<String> refs;
  private final List<byte[]> secrets;
  private final Deliveries deliveries;

  private Webhooks(
      Signature signature,
      PushEvent event,
      String repository,
      Set<String> refs,
      List<byte[]> secrets,
      Deliveries deliveries) {
    this.signature = signature;
    this.event = event;
    this.repository = repository;
    this.refs = refs;
    this.secrets = secrets;
    this.deliveries = deliveries;
  }

  private static Webhooks of(
      Signature signature, PushEvent event, String repository, String... secrets) {
    if (repository.isBlank() || secrets.length == 0) {
      throw new IllegalArgumentException("Webhooks are of one repository and have a secret");
    }
    List<byte[]> keys = new ArrayList<>();
    for (String secret : secrets) {
      if (secret.length() < SHORTEST_SECRET) {
        throw new IllegalArgumentException(
            "The secret of a webhook has at least 16 characters, so that nobody guesses it");
      }
      keys.add(secret.getBytes(StandardCharsets.UTF_8));
    }
    return new Webhooks(
        signature,
        event,
        repository.toLowerCase(Locale.ROOT),
        Set.of(),
        keys,
        new Deliveries(Timing.system(), Duration.ofHours(1)));
  }

  /**
   * Those of GitHub, of content type {@code application/json}.
   *
   * @param repository {@code owner/name}
   * @param secrets the webhook's secret; while it is being replaced, the new one and the old one
   * @throws IllegalArgumentException for no secret, or one that can be guessed
   */
  public static Webhooks gitHub(String repository, String... secrets) {
    return of(Signature.HUB, PushEvent.GITHUB, repository, secrets);
  }

  /**
   * Those of GitLab, with its signing token ({@code whsec_...}) or its secret token, which is sent
   * along in clear: use TLS.
   *
   * @param project {@code group/name}
   */
  public static Webhooks gitLab(String project, String... secrets) {
    return of(Signature.GITLAB, PushEvent.GITLAB, project, secrets);
  }

  /** Those of Gitea and Forgejo. */
  public static Webhooks gitea(String repository, String... secrets) {
    return of(Signature.GITEA, PushEvent.GITEA, repository, secrets);
  }

  /**
   * Those of Bitbucket Cloud.
   *
   * @param repository {@code workspace/name}
   */
  public static Webhooks bitbucket(String repository, String... secrets) {
    return of(Signature.HUB, PushEvent.BITBUCKET, repository, secrets);
  }

  /** Those of Bitbucket Data Center; {@code repository} is {@code PROJECT/name}. */
  public static Webhooks bitbucketDataCenter(String repository, String... secrets) {
    return of(Signature.HUB, PushEvent.BITBUCKET_DATA_CENTER, repository, secrets);
  }

  /** Only pushes to this branch, or to one of several, trigger; by default any push does. */
  public Webhooks branch(String name) {
    return ref("refs/heads/" + name);
  }

  /** The same for any ref, such as {@code refs/tags/live}. */
  public Webhooks ref(String name) {
    Set<String> more = new LinkedHashSet<>(refs);
    more.add(name);
    return new Webhooks(signature, event, repository, more, secrets, deliveries);
  }

  /** Another clock, for tests. */
  public Webhooks timing(Timing timing) {
    return new Webhooks(
        signature, event, repository, refs, secrets, new Deliveries(timing, Duration.ofHours(1)));
  }

  /**
   * What is to be done about a request.
   *
   * @param triggers whether a reconciler should look now
   * @param status the HTTP status to answer with; nothing else should be answered
   * @param reason what was found, for a log or as the trigger's reason: one inert line
   * @param refs the refs that were pushed, if it triggers
   */
  public record Result(boolean triggers, int status, String reason, List<String> refs) {
    /** Copies the list. */
    public Result {
      reason = Inert.text(reason);
      refs = List.copyOf(refs);
    }

    private static Result ignored(String why) {
      return new Result(false, 200, "ignored: " + why, List.of());
    }

    private static Result rejected(int status, String why) {
      return new Result(false, status, "rejected: " + why, List.of());
    }
  }

  /**
   * Judges a request. Never throws for what is in it; takes time in proportion to its size. The
   * same delivery triggers once, however often it is sent, within an hour.
   *
   * @param headers the request's headers, names in any case
   * @param body its body as it arrived, at most {@link #LARGEST} bytes; more is rejected
   */
  public Result handle(Map<String, List<String>> headers, byte[] body) {
    if (body.length > LARGEST) {
      return Result.rejected(413, "the payload is larger than " + LARGEST + " bytes");
    }
    Map<String, String> single = single(headers);
    if (!signature.verifies(single, body, secrets)) {
      return Result.rejected(401, "it is not signed with the secret");
    }
    String delivery = signature.delivery(single, body);
    Deliveries.Verdict verdict = deliveries.first(delivery, signature.sent(single));
    if (verdict != Deliveries.Verdict.NEW) {
      return verdict == Deliveries.Verdict.OLD
          ? Result.rejected(401, "it was signed too long ago, or in the future")
          : Result.ignored("this delivery was here before");
    }
    try {
      return judge(single, body);
    } catch (IOException e) {
      return Result.rejected(400, String.valueOf(e.getMessage()));
    }
  }

  private Result judge(Map<String, String> headers, byte[] body) throws IOException {
    if (event.isPing(headers)) {
      return Result.ignored("a ping; the secret is right");
    }
    if (!event.isPush(headers)) {
      return Result.ignored("not a push");
    }
    JsonNode payload = Json.parse(body);
    String from = event.repository(payload);
    if (!from.toLowerCase(Locale.ROOT).equals(repository)) {
      return Result.ignored("of another repository");
    }
    List<String> wanted = new ArrayList<>();
    for (String ref : event.refs(payload)) {
      if (refs.isEmpty() ? ref.startsWith("refs/") : refs.contains(ref)) {
        wanted.add(ref);
      }
    }
    return wanted.isEmpty()
        ? Result.ignored("of another branch")
        : new Result(true, 202, "push to " + String.join(", ", wanted), wanted);
  }

  /** What was sent more than once counts as not sent: nobody can tell which is meant. */
  private static Map<String, String> single(Map<String, List<String>> headers) {
    Map<String, String> single = new TreeMap<>();
    Map<String, Integer> seen = new LinkedHashMap<>();
    int count = 0;
    for (Map.Entry<String, List<String>> header : headers.entrySet()) {
      if (header.getKey() == null || ++count > MOST_HEADERS) {
        continue;
      }
      String name = header.getKey().toLowerCase(Locale.ROOT);
      for (String value : header.getValue()) {
        if (seen.merge(name, 1, Integer::sum) > 1 || value.length() > LONGEST_HEADER) {
          single.remove(name);
        } else {
          single.put(name, value.strip());
        }
      }
    }
    return single;
  }
}
