// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.policy;

import dev.gitops.core.model.Change;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.spi.Gate;
import dev.gitops.core.spi.Review;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * Refuses changes of resources outside of what a reconciler is for, whoever declares them.
 * Immutable.
 */
public final class Boundary implements Gate {
  private final Set<String> kinds;
  private final Set<String> scopes;
  private final Pattern names;

  private Boundary(Set<String> kinds, Set<String> scopes, Pattern names) {
    this.kinds = new TreeSet<>(kinds);
    this.scopes = new TreeSet<>(scopes);
    this.names = names;
  }

  /** Only these kinds, in any scope and of any name. At least one kind. */
  public static Boundary kinds(String first, String... more) {
    return new Boundary(all(first, more), Set.of(), Pattern.compile(".*", Pattern.DOTALL));
  }

  /** Any kind, only in these scopes, of any name. At least one scope; the empty one is none. */
  public static Boundary scopes(String first, String... more) {
    return new Boundary(Set.of(), all(first, more), Pattern.compile(".*", Pattern.DOTALL));
  }

  /**
   * The same, and only names that this regular expression matches as a whole.
   *
   * @throws java.util.regex.PatternSyntaxException when it is none
   */
  public Boundary names(String regex) {
    return new Boundary(kinds, scopes, Pattern.compile(regex));
  }

  /** The same, and only in these scopes. */
  public Boundary in(String first, String... more) {
    return new Boundary(kinds, all(first, more), names);
  }

  @Override
  public void review(Review review) {
    for (Change change : review.changes()) {
      ResourceId id = change.id();
      if (!kinds.isEmpty() && !kinds.contains(id.kind())) {
        refuse(review, change, "kind " + id.kind() + " is not one of " + kinds);
      } else if (!scopes.isEmpty() && !scopes.contains(id.scope())) {
        refuse(review, change, "scope '" + id.scope() + "' is not one of " + scopes);
      } else if (!names.matcher(id.name()).matches()) {
        refuse(review, change, "the name does not match " + names);
      }
    }
  }

  private static void refuse(Review review, Change change, String why) {
    review.refuse(
        change,
        "Outside of this reconciler's boundary: " + why,
        "declare it elsewhere, or widen it");
  }

  private static Set<String> all(String first, String... more) {
    Set<String> all = new TreeSet<>(List.of(more));
    all.add(first);
    return all;
  }
}
