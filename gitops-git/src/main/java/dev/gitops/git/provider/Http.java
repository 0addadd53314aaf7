// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git.provider;

import dev.gitops.core.report.Inert;
import dev.gitops.core.spi.Timing;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * JSON over HTTP with one service: one request at a time from each caller, to one base URL, never
 * redirected, with a bound on the time of the whole exchange and on the size of the answer. While
 * the service wants to be left alone, it is not asked at all.
 */
final class Http {
  private static final Duration CONNECT = Duration.ofSeconds(10);

  private final Providers options;
  private final Auth auth;
  private final Supplier<HttpClient> client;
  private volatile long quietUntil;
  private volatile boolean quiet;

  /** How a service wants to see the token. */
  enum Auth {
    BEARER {
      @Override
      String header(String token) {
        return "Bearer " + token;
      }
    },
    TOKEN {
      @Override
      String header(String token) {
        return "token " + token;
      }
    },
    /** Basic for {@code account:token}, else bearer. */
    BASIC_OR_BEARER {
      @Override
      String header(String token) {
        return token.indexOf(':') < 0
            ? "Bearer " + token
            : "Basic " + Base64.getEncoder().encodeToString(token.getBytes(StandardCharsets.UTF_8));
      }
    };

    abstract String header(String token);
  }

  Http(Providers options, Auth auth) {
    this.options = options;
    this.auth = auth;
    HttpClient given = options.client;
    this.client = given == null ? new Own() : () -> given;
  }

  /** A client of our own, made when it is needed: it has threads. */
  private static final class Own implements Supplier<HttpClient> {
    private @Nullable HttpClient made;

    @Override
    public synchronized HttpClient get() {
      HttpClient now = made;
      if (now == null) {
        now = HttpClient.newBuilder().connectTimeout(CONNECT).build();
        made = now;
      }
      return now;
    }
  }

  /** An answer: the body as JSON, and where the next page is, if the service has said so. */
  record Answer(JsonNode body, HttpHeaders headers) {}

  Answer get(String path) throws IOException, InterruptedException {
    return send("GET", path, null);
  }

  /** Asks; {@code path} starts with a slash, all its parts encoded, and may have a query. */
  Answer send(String method, String path, @Nullable JsonNode body)
      throws IOException, InterruptedException {
    String what = method + " " + path(path);
    checkQuiet(what);
    String token = options.token.get();
    if (token.isEmpty() || token.chars().anyMatch(c -> c <= ' ' || c > '~')) {
      // The client's own complaint would quote it.
      throw new IOException("The token for " + options.base + " is empty or not plain ASCII text");
    }
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(options.base + path))
            .timeout(options.timeout)
            .header("Accept", "application/json")
            .header("User-Agent", "gitops")
            .header("Authorization", auth.header(token));
    if (body == null) {
      request.method(method, HttpRequest.BodyPublishers.noBody());
    } else {
      request.header("Content-Type", "application/json; charset=utf-8");
      request.method(method, HttpRequest.BodyPublishers.ofByteArray(Json.bytes(body)));
    }
    HttpResponse<byte[]> response = exchange(request.build(), what);
    if (response.statusCode() / 100 != 2) {
      throw refusal(what, response, token);
    }
    byte[] answer = response.body();
    try {
      return new Answer(Json.parse(answer), response.headers());
    } catch (IOException e) {
      throw new ProviderException(
          "%s at %s was answered with something that is no JSON of the expected size and shape: %s"
              .formatted(what, options.base, e.getMessage()),
          response.statusCode(),
          true,
          Duration.ZERO);
    }
  }

  private HttpResponse<byte[]> exchange(HttpRequest request, String what)
      throws IOException, InterruptedException {
    CompletableFuture<HttpResponse<byte[]>> answer =
        client.get().sendAsync(request, info -> new Bounded());
    try {
      return answer.get(options.timeout.toNanos(), TimeUnit.NANOSECONDS);
    } catch (ExecutionException e) {
      throw failure(what, String.valueOf(e.getCause()));
    } catch (TimeoutException e) {
      InterruptedIOException late = new InterruptedIOException(timeout(what));
      late.initCause(e);
      throw late;
    } finally {
      answer.cancel(true);
    }
  }

  private String timeout(String what) {
    return "%s at %s took longer than %s".formatted(what, options.base, options.timeout);
  }

  private IOException failure(String what, String cause) {
    // Without the cause itself, which may hold the request with its headers.
    return new IOException("%s at %s failed: %s".formatted(what, options.base, Inert.text(cause)));
  }

  private ProviderException refusal(String what, HttpResponse<byte[]> response, String token) {
    int status = response.statusCode();
    Timing timing = options.timing;
    Duration wait = RateLimit.wait(response.headers(), status, timing.now());
    boolean limited = status == 429 || (status == 403 && !wait.isZero());
    if (limited) {
      Duration atLeast = wait.isZero() ? Duration.ofSeconds(1) : wait;
      quietUntil = timing.nanos() + atLeast.toNanos();
      quiet = true;
    }
    String said = Inert.text(scrubbed(Json.message(response.body()), token), 200);
    return new ProviderException(
        "%s answered %d to %s%s. %s"
            .formatted(
                options.base,
                status,
                what,
                said.isEmpty() ? "" : " (" + said + ")",
                advice(status, limited)),
        status,
        limited || status == 408 || status >= 500,
        wait);
  }

  /** A service may quote anything. */
  private static String scrubbed(String text, String token) {
    String bare = token.substring(token.indexOf(':') + 1);
    return text.replace(token, "(secret)").replace(bare.isEmpty() ? token : bare, "(secret)");
  }

  private static String advice(int status, boolean limited) {
    if (limited) {
      return "It wants to be asked less often; it is asked again later";
    }
    return switch (status) {
      case 401 -> "Check the token";
      case 403, 404 -> "Check the repository's name, and what the token may do";
      case 301, 302, 303, 307, 308 -> "Redirects are not followed: correct the URL or the name";
      default -> status >= 500 ? "It is asked again later" : "Check what was asked for";
    };
  }

  private void checkQuiet(String what) throws ProviderException {
    long left = quietUntil - options.timing.nanos();
    if (quiet && left > 0) {
      Duration wait = Duration.ofNanos(left);
      throw new ProviderException(
          "%s wants to be left alone for another %d s; %s was not asked"
              .formatted(options.base, wait.toSeconds() + 1, what),
          429,
          true,
          wait);
    }
    quiet = false;
  }

  private static String path(String path) {
    int query = path.indexOf('?');
    return Inert.text(query < 0 ? path : path.substring(0, query), 200);
  }
}
