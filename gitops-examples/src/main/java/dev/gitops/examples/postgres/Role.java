// SPDX-License-Identifier: Apache-2.0
package dev.gitops.examples.postgres;

import dev.gitops.core.model.Kind;
import dev.gitops.core.model.SecretRef;
import java.util.Collections;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Who there is: a user or a group of a PostgreSQL cluster. What is null is not declared.
 *
 * @param login whether it may log in
 * @param connectionLimit how many connections it may have at once; -1 for any number
 * @param memberOf the groups whose rights it has; all of them, so a membership that is not listed
 *     is taken away
 * @param password where its password is found; change the reference to roll a new one out
 */
public record Role(
    @Nullable Boolean login,
    @Nullable Integer connectionLimit,
    @Nullable Set<String> memberOf,
    @Nullable SecretRef password) {
  /** How manifests call it. */
  public static final Kind<Role> KIND = Kind.of("Role", Role.class).setList("/memberOf");

  /**
   * Refuses a limit below -1 and a reference of several lines with {@link
   * IllegalArgumentException}; sorts the groups.
   */
  public Role {
    if (connectionLimit != null && connectionLimit < -1) {
      throw new IllegalArgumentException(
          "connectionLimit is -1 (any number) or more, not " + connectionLimit);
    }
    if (password != null && password.secretRef().lines().count() != 1) {
      throw new IllegalArgumentException("password's secretRef is a single line");
    }
    memberOf = memberOf == null ? null : Collections.unmodifiableSet(new TreeSet<>(memberOf));
  }
}
