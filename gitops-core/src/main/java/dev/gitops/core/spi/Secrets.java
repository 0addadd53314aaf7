// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.spi;

import dev.gitops.core.model.SecretRef;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Turns references into secrets at write time, and keeps what it turned out of every message. A
 * target takes one in its constructor; the reconciler is given the same one, so that a secret which
 * an exception quotes is not passed on. Thread-safe.
 */
public final class Secrets {
  private static final int SHORTEST_SCRUBBED = 4;

  private final Resolver resolver;
  private final Set<String> revealed = ConcurrentHashMap.newKeySet();

  private Secrets(Resolver resolver) {
    this.resolver = resolver;
  }

  /** Looks up a secret. */
  @FunctionalInterface
  public interface Resolver {
    /**
     * The secret's current value.
     *
     * @return null when there is none, which is an error like any that is thrown
     * @throws Exception when there is none, or it can't be read
     */
    @Nullable String resolve(SecretRef reference) throws Exception;
  }

  /** Secrets that this function looks up. */
  public static Secrets of(Resolver resolver) {
    return new Secrets(resolver);
  }

  /** For reconcilers without secrets: every reference is an error. */
  public static Secrets none() {
    return new Secrets(
        reference -> {
          throw new TerminalException(
              "No secrets are configured, so " + reference.secretRef() + " has no value");
        });
  }

  /**
   * The value behind a reference; from now on it is scrubbed.
   *
   * @throws IllegalStateException when the resolver knows none; tried again later, as the value may
   *     only be missing for now
   * @throws Exception what the resolver throws
   */
  public String reveal(SecretRef reference) throws Exception {
    String value = resolver.resolve(reference);
    if (value == null) {
      throw new IllegalStateException("There is no value for " + reference.secretRef());
    }
    if (value.length() >= SHORTEST_SCRUBBED) {
      revealed.add(value);
    }
    return value;
  }

  /** The text without any revealed secret of four characters or more. */
  public String scrub(String text) {
    String clean = text;
    for (String secret : revealed) {
      clean = clean.replace(secret, "(secret)");
    }
    return clean;
  }
}
