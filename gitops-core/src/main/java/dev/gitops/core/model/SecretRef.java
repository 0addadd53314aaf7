// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.model;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A reference to a secret that lives elsewhere, such as {@code env:DB_PASSWORD} or {@code
 * vault:db/app#password}. As a component of an embedder's type it stays a reference in every tree,
 * plan, digest and store; a target turns it into the value at write time through {@code
 * Secrets.reveal}. To roll a secret out, change the reference (a version in it), since nobody can
 * see that the value behind an unchanged one has changed. In a manifest: {@code {secretRef:
 * "env:X"}}.
 *
 * <p>A secret is compared by its reference: only another one than was last applied is a difference,
 * and a value that somebody changed in the target goes unseen. Most systems don't tell a secret
 * that they were given, so a target answers null for it or, better, the reference, which it keeps
 * beside the resource (in a comment, a label, a tag): then what is read also says which one
 * arrived.
 *
 * @param secretRef what the embedder's resolver understands; never empty
 */
public record SecretRef(String secretRef) {
  /** Refuses an empty reference with {@link IllegalArgumentException}. */
  public SecretRef {
    if (secretRef.isEmpty()) {
      throw new IllegalArgumentException("A secret reference must not be empty");
    }
  }

  /**
   * Whether this value of a tree ({@link Tree#value}) is a reference: an object whose one field
   * {@code secretRef} is a text.
   */
  public static boolean isReference(@Nullable Object value) {
    return value instanceof Map<?, ?> map
        && map.size() == 1
        && map.get("secretRef") instanceof String;
  }
}
