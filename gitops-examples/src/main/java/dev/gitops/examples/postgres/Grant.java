// SPDX-License-Identifier: Apache-2.0
package dev.gitops.examples.postgres;

import dev.gitops.core.model.Kind;
import java.util.Collections;
import java.util.Set;
import java.util.TreeSet;

/**
 * What a role may do in a schema. Its scope is the schema, its name is the role.
 *
 * @param privileges all that the role has there; what is not listed is taken away
 */
public record Grant(Set<Privilege> privileges) {
  /** How manifests call it. */
  public static final Kind<Grant> KIND = Kind.of("Grant", Grant.class).setList("/privileges");

  /** Refuses an empty grant with {@link IllegalArgumentException}; sorts the privileges. */
  @SuppressWarnings("ConstantValue") // a binder passes null for what a manifest leaves out
  public Grant {
    if (privileges == null || privileges.isEmpty()) {
      throw new IllegalArgumentException(
          "privileges is empty: list USAGE, CREATE or both, or remove the grant");
    }
    privileges = Collections.unmodifiableSet(new TreeSet<>(privileges));
  }

  /** What PostgreSQL lets a role do in a schema. */
  public enum Privilege {
    /** Reach what is in it. */
    USAGE,
    /** Create something in it. */
    CREATE
  }
}
