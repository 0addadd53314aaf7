// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git.provider;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * How a service proves that a webhook is its own. Every secret is tried and every comparison takes
 * the same time, wherever the first difference is. Header names are in lower case.
 */
enum Signature {
  /** GitHub and Bitbucket: {@code sha256=} and the hexadecimal HMAC of the body. */
  HUB {
    @Override
    boolean verifies(Map<String, String> headers, byte[] body, byte[] secret) {
      String given = value(headers, "x-hub-signature-256");
      given = given.isEmpty() ? value(headers, "x-hub-signature") : given;
      return given.startsWith(SHA256)
          && same(given.substring(SHA256.length()), hex(hmac(secret, body)));
    }
  },

  /**
   * Gitea and Forgejo: the hexadecimal HMAC of the body, bare; Forgejo's own header counts first.
   */
  GITEA {
    @Override
    boolean verifies(Map<String, String> headers, byte[] body, byte[] secret) {
      String given = value(headers, "x-forgejo-signature");
      given = given.isEmpty() ? value(headers, "x-gitea-signature") : given;
      return same(given, hex(hmac(secret, body)));
    }
  },

  /**
   * GitLab: an HMAC of id, time and body in the form of Standard Webhooks where a signing token is
   * set, else the secret itself.
   */
  GITLAB {
    @Override
    boolean verifies(Map<String, String> headers, byte[] body, byte[] secret) {
      String signed = value(headers, "webhook-signature");
      if (signed.isEmpty()) {
        return same(value(headers, "x-gitlab-token"), new String(secret, StandardCharsets.UTF_8));
      }
      String prefix =
          value(headers, "webhook-id") + "." + value(headers, "webhook-timestamp") + ".";
      byte[] start = prefix.getBytes(StandardCharsets.UTF_8);
      byte[] text = new byte[start.length + body.length];
      System.arraycopy(start, 0, text, 0, start.length);
      System.arraycopy(body, 0, text, start.length, body.length);
      String expected = "v1," + Base64.getEncoder().encodeToString(hmac(key(secret), text));
      boolean matches = false;
      for (String one : signed.split(" ", MOST_SIGNATURES)) {
        matches |= same(one, expected);
      }
      return matches;
    }

    @Override
    String delivery(Map<String, String> headers, byte[] body) {
      boolean signed = !value(headers, "webhook-signature").isEmpty();
      return signed ? value(headers, "webhook-id") : super.delivery(headers, body);
    }

    @Override
    @Nullable Instant sent(Map<String, String> headers) {
      String at = value(headers, "webhook-timestamp");
      boolean signed = !value(headers, "webhook-signature").isEmpty();
      return signed && at.matches("\\d{1,12}") ? Instant.ofEpochSecond(Long.parseLong(at)) : null;
    }
  };

  private static final String SHA256 = "sha256=";
  private static final String STANDARD = "whsec_";
  private static final int MOST_SIGNATURES = 10;

  abstract boolean verifies(Map<String, String> headers, byte[] body, byte[] secret);

  boolean verifies(Map<String, String> headers, byte[] body, List<byte[]> secrets) {
    boolean verified = false;
    for (byte[] secret : secrets) {
      verified |= verifies(headers, body, secret);
    }
    return verified;
  }

  /** When it was signed, where the signature covers that; null where it doesn't. */
  @Nullable Instant sent(Map<String, String> headers) {
    return null;
  }

  /**
   * What makes two deliveries the same: what is signed. An id that is not could be another each
   * time that somebody sends again what he has recorded.
   */
  String delivery(Map<String, String> headers, byte[] body) {
    try {
      return hex(MessageDigest.getInstance("SHA-256").digest(body));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e); // every Java has it
    }
  }

  private static byte[] key(byte[] secret) {
    String text = new String(secret, StandardCharsets.UTF_8);
    if (!text.startsWith(STANDARD)) {
      return secret;
    }
    try {
      return Base64.getDecoder().decode(text.substring(STANDARD.length()));
    } catch (IllegalArgumentException e) {
      return secret; // not in that form after all
    }
  }

  private static String value(Map<String, String> headers, String name) {
    return headers.getOrDefault(name, "");
  }

  private static boolean same(String given, String expected) {
    return MessageDigest.isEqual(
        given.getBytes(StandardCharsets.UTF_8), expected.getBytes(StandardCharsets.UTF_8));
  }

  private static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }

  private static byte[] hmac(byte[] secret, byte[] body) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(secret, "HmacSHA256"));
      return mac.doFinal(body);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e); // every Java has it
    }
  }
}
