// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.Signature;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.eclipse.jgit.errors.TransportException;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * An installation of a GitHub App. A token lives for an hour; one is kept until five minutes before
 * its end, which is longer than it takes to begin a fetch, and not beyond a refusal. Thread-safe;
 * only one thread at a time asks for a new token.
 */
final class GitHubApp implements HttpCredentials {
  private static final Duration MARGIN = Duration.ofMinutes(5);
  private static final Duration CLOCK_SKEW = Duration.ofMinutes(1);
  private static final Duration STATEMENT = Duration.ofMinutes(9); // GitHub allows ten
  private static final int MAX_ANSWER = 1 << 16;
  private static final JsonMapper JSON = JsonMapper.shared();
  private static final Pattern ID = Pattern.compile("[A-Za-z0-9._-]{1,100}");
  private static final Pattern TOKEN = Pattern.compile("[\\x21-\\x7e]{1,4096}");

  private final String app;
  private final long installation;
  private final Supplier<String> privateKey;
  private final URI tokens;
  private @Nullable Token token;

  private record Token(String text, Instant end) {}

  GitHubApp(String app, long installation, Supplier<String> privateKey, URI api) {
    if (!ID.matcher(app).matches() || installation <= 0) {
      throw new IllegalArgumentException(
          "A GitHub App is known by its id, an installation by a number above 0");
    }
    boolean web = "https".equalsIgnoreCase(api.getScheme()) || "http".equals(api.getScheme());
    if (!web || api.getHost() == null || api.getRawQuery() != null || api.getUserInfo() != null) {
      throw new IllegalArgumentException(
          "The API of GitHub is an https URL such as https://github.example.com/api/v3");
    }
    this.app = app;
    this.installation = installation;
    this.privateKey = privateKey;
    this.tokens =
        URI.create(
            api.toString().replaceFirst("/+$", "")
                + "/app/installations/"
                + installation
                + "/access_tokens");
  }

  @Override
  public synchronized Authorization authorization(HttpWire wire, Deadline deadline)
      throws IOException {
    Instant now = deadline.now();
    Token known = token;
    if (known == null || !now.isBefore(known.end.minus(MARGIN))) {
      known = request(wire, deadline, now);
      token = known;
    }
    return Authorization.basic("x-access-token", known.text);
  }

  @Override
  public synchronized void refused() {
    token = null;
  }

  private Token request(HttpWire wire, Deadline deadline, Instant now) throws IOException {
    URL url = tokens.toURL();
    HttpURLConnection call = wire.open(url, false, deadline);
    call.setRequestMethod("POST");
    call.setRequestProperty("Authorization", "Bearer " + statement(now));
    call.setRequestProperty("Accept", "application/vnd.github+json");
    call.setRequestProperty("X-GitHub-Api-Version", "2022-11-28");
    call.setRequestProperty("User-Agent", "gitops");
    call.setDoOutput(true);
    call.setFixedLengthStreamingMode(0);
    try (OutputStream body = call.getOutputStream()) {
      body.flush();
    }
    int status = HttpCall.status(call);
    if (status != HttpURLConnection.HTTP_CREATED) {
      throw refused(call, status, deadline);
    }
    try (InputStream body = deadline.bound(call.getInputStream())) {
      return parse(body.readNBytes(MAX_ANSWER));
    }
  }

  private TransportException refused(HttpURLConnection call, int status, Deadline deadline) {
    if (HttpStatusException.isPassing(status)) {
      return HttpStatusException.of(call, status, deadline.now());
    }
    return new AccessException(
        "GitHub gives no token for installation %d of App %s at %s (status %d): %s"
            .formatted(
                installation,
                app,
                tokens,
                status,
                switch (status) {
                  case 401 -> "check the App's id, its private key, and this machine's clock";
                  case 403 -> "the installation is suspended, or lacks permissions";
                  case 404 -> "the App has no such installation";
                  default -> "is this the URL of its API?";
                }));
  }

  private Token parse(byte[] answer) throws AccessException {
    try {
      JsonNode tree = JSON.readTree(answer);
      String text = tree.path("token").asString("");
      Instant end = Instant.parse(tree.path("expires_at").asString(""));
      if (TOKEN.matcher(text).matches()) {
        return new Token(text, end);
      }
    } catch (JacksonException | DateTimeException e) {
      // Told below, without the parser's words: they may quote the token.
    }
    throw new AccessException("What " + tokens + " answers holds no token");
  }

  /** A JSON Web Token by which the App says who it is. */
  private String statement(Instant now) throws AccessException {
    String header = encoded("{\"alg\":\"RS256\",\"typ\":\"JWT\"}");
    String claims =
        "{\"iat\":%d,\"exp\":%d,\"iss\":\"%s\"}"
            .formatted(
                now.minus(CLOCK_SKEW).getEpochSecond(), now.plus(STATEMENT).getEpochSecond(), app);
    String signed = header + "." + encoded(claims);
    String where = "the key of GitHub App " + app;
    PrivateKey key =
        Pem.privateKey(AccessException.ask("key of GitHub App " + app, privateKey), where);
    if (!key.getAlgorithm().equals("RSA")) {
      throw new AccessException("It is no RSA key: " + where);
    }
    try {
      Signature signature = Signature.getInstance("SHA256withRSA");
      signature.initSign(key);
      signature.update(signed.getBytes(StandardCharsets.US_ASCII));
      return signed + "." + base64(signature.sign());
    } catch (GeneralSecurityException e) {
      throw new AccessException("Nothing can be signed with " + where);
    }
  }

  private static String encoded(String json) {
    return base64(json.getBytes(StandardCharsets.US_ASCII));
  }

  private static String base64(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }
}
