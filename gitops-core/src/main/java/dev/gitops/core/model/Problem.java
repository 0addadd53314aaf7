// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.model;

import java.util.function.BiPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Something wrong in a snapshot, and what it may hide. Nothing that it may hide is taken for
 * absent.
 *
 * @param origin file, line and column
 * @param message what is wrong and what to do, for the author of the file
 * @param id the resource that it makes invalid; null where no id could be read
 * @param hides whether a resource, last declared in the given file (empty if unknown), may be
 *     declared behind this problem
 */
public record Problem(
    Origin origin, String message, @Nullable ResourceId id, BiPredicate<ResourceId, String> hides) {

  /** A resource that is declared, but wrongly: only it is affected. */
  public static Problem invalid(ResourceId id, Origin origin, String message) {
    return new Problem(origin, message, id, (other, file) -> other.equals(id));
  }

  /** Something unread that may declare anything: while it lasts nothing is deleted. */
  public static Problem hidesAnything(Origin origin, String message) {
    return new Problem(origin, message, null, (other, file) -> true);
  }

  /**
   * Something unread that may declare only some resources, told by id and the file that last
   * declared them.
   */
  public static Problem hides(
      Origin origin, String message, BiPredicate<ResourceId, String> which) {
    return new Problem(origin, message, null, which);
  }

  /** {@code file:line:column: message}, as compilers print it. */
  @Override
  public String toString() {
    String where = origin.toString();
    return where.isEmpty() ? message : where + ": " + message;
  }
}
