// SPDX-License-Identifier: Apache-2.0
package dev.gitops.examples.postgres;

import dev.gitops.core.model.Kind;

/**
 * A room for tables in a PostgreSQL database.
 *
 * @param owner the role that it belongs to
 */
public record Schema(String owner) {
  /** How manifests call it. */
  public static final Kind<Schema> KIND = Kind.of("Schema", Schema.class);

  /** Refuses a missing owner with {@link IllegalArgumentException}. */
  @SuppressWarnings("ConstantValue") // a binder passes null for what a manifest leaves out
  public Schema {
    if (owner == null || owner.isEmpty()) {
      throw new IllegalArgumentException("owner is missing: name the role that owns the schema");
    }
  }
}
