// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.eclipse.jgit.errors.NoRemoteRepositoryException;

/**
 * What a remote says and what went wrong with it, as text that holds none of the secrets that were
 * shown to it, and that no terminal takes for more than text: a server may echo anything.
 */
final class Words {
  private static final int MAX = 2_000;
  private static final int DEPTH = 10;
  private static final String SECRET = "(secret)";

  private final Set<String> secrets = ConcurrentHashMap.newKeySet();

  /** What must not be shown from now on, in this form or as a part of an address. */
  void hide(Collection<String> newSecrets) {
    for (String secret : newSecrets) {
      if (!secret.isEmpty()) {
        String encoded = URLEncoder.encode(secret, StandardCharsets.UTF_8);
        secrets.add(secret);
        secrets.add(encoded);
        secrets.add(encoded.replace("+", "%20"));
      }
    }
  }

  /** Why nothing could be fetched, and what to do. */
  String ofFetch(Throwable failure) {
    String tooMuch = ReceivingRepository.tooMuch(failure);
    if (tooMuch != null) {
      return tooMuch + "; nothing was changed";
    }
    String details = inert(of(failure));
    if (failure instanceof NoRemoteRepositoryException) {
      return "there is no Git repository (or it is hidden from these credentials): "
          + details
          + ". Check the URL, and that the credentials may read it";
    }
    return details
        + ". Check the URL, the network, the credentials, and that the server is up; nothing was"
        + " changed, it is tried again at the next fetch";
  }

  /** Why nothing could be pushed, and what to do. */
  String ofPush(Throwable failure) {
    return inert(of(failure))
        + ". Check the URL, the network, and that the credentials may write there; nothing was"
        + " pushed";
  }

  /** What a remote says, on one line. */
  String inert(String text) {
    String lines = scrubbed(text).strip().replaceAll("\\s*[\\r\\n]+\\s*", " | ");
    String plain = lines.replaceAll("[\\p{C}\\p{Zl}\\p{Zp}]+", " ").strip();
    return plain.length() <= MAX ? plain : plain.substring(0, MAX) + "…";
  }

  /** Whether no message of it or its causes quotes a secret. */
  boolean areFitToShow(Throwable failure) {
    String text = of(failure);
    return text.equals(scrubbed(text));
  }

  private String scrubbed(String text) {
    String clean = text;
    for (String secret : secrets) {
      clean = clean.replace(secret, SECRET);
    }
    return clean;
  }

  /** JGit's own words, of which those about the root cause often say more. */
  static String of(Throwable failure) {
    StringBuilder text = new StringBuilder();
    int depth = 0;
    for (Throwable t = failure; t != null && depth++ < DEPTH; t = t.getCause()) {
      String message = t.getMessage() == null ? t.getClass().getSimpleName() : t.getMessage();
      if (text.indexOf(message) < 0) {
        text.append(text.isEmpty() ? "" : ": ").append(message);
      }
    }
    return text.toString();
  }
}
