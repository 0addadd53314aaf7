// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import java.io.UncheckedIOException;
import java.util.function.Supplier;
import org.eclipse.jgit.errors.TransportException;
import org.jspecify.annotations.Nullable;

/** There is nothing to show to a server, or it was not accepted; trying again would not help. */
final class AccessException extends TransportException {
  private static final long serialVersionUID = 1;

  AccessException(String message) {
    super(message);
  }

  /**
   * Asks the embedder for a secret.
   *
   * @throws AccessException when it gives none. Without the supplier's exception as a cause: that
   *     may quote the secret, and may look like damage of the clone
   */
  static String ask(String what, Supplier<String> supplier) throws AccessException {
    @Nullable String secret;
    try {
      secret = supplier.get();
    } catch (UncheckedIOException e) {
      Throwable cause = e.getCause();
      throw new AccessException(
          "The %s can't be read: %s".formatted(what, cause == null ? "" : cause.getMessage()));
    } catch (RuntimeException e) {
      throw new AccessException(
          "The supplier of the %s failed with %s".formatted(what, e.getClass().getName()));
    }
    if (secret == null) {
      throw new AccessException("The supplier of the %s gave null".formatted(what));
    }
    return secret;
  }
}
