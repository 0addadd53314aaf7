// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.function.Supplier;

/** What is shown to a server over HTTP. */
interface HttpCredentials {
  /**
   * What to show in one conversation.
   *
   * @param wire over which tokens may be got, from whom the credentials say
   * @throws AccessException when there is nothing to show
   */
  Authorization authorization(HttpWire wire, Deadline deadline) throws IOException;

  /** The server did not accept what was shown last; what is cached is no longer good. */
  default void refused() {}

  /**
   * The header of that name.
   *
   * @param secrets what must not be shown of it, in every form that somebody may quote
   */
  record Authorization(String header, List<String> secrets) {
    static Authorization basic(String user, String password) {
      String both =
          Base64.getEncoder()
              .encodeToString((user + ":" + password).getBytes(StandardCharsets.UTF_8));
      // A user alone is a token.
      return new Authorization(
          "Basic " + both, List.of(both, password.isEmpty() ? user : password));
    }

    @Override
    public String toString() {
      return "(authorization)";
    }
  }

  /** User and password. */
  record Basic(String user, Supplier<String> password) implements HttpCredentials {
    @Override
    public Authorization authorization(HttpWire wire, Deadline deadline) throws AccessException {
      return Authorization.basic(user, ask("password", password));
    }
  }

  /** A token. */
  record Bearer(Supplier<String> token) implements HttpCredentials {
    @Override
    public Authorization authorization(HttpWire wire, Deadline deadline) throws AccessException {
      String now = ask("token", token);
      return new Authorization("Bearer " + now, List.of(now));
    }
  }

  /** Asks the embedder; what comes must fit into one line of a header. */
  private static String ask(String what, Supplier<String> supplier) throws AccessException {
    String secret = AccessException.ask(what, supplier);
    if (secret.chars().anyMatch(Character::isISOControl)) {
      throw new AccessException(
          "The %s has control characters, such as a line break at its end: strip it"
              .formatted(what));
    }
    return secret;
  }
}
