// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.model;

import java.util.List;
import java.util.stream.Collectors;

/** A spec does not fit its kind's type: every violation that was found, each with its field. */
public final class BindingException extends Exception {
  private static final long serialVersionUID = 1L;

  private final transient List<Violation> violations;

  /** Needs at least one violation. */
  public BindingException(List<Violation> violations) {
    super(violations.stream().map(Violation::message).collect(Collectors.joining("; ")));
    this.violations = List.copyOf(violations);
  }

  /** What is wrong, in the order of the fields. */
  public List<Violation> violations() {
    return violations;
  }

  /**
   * One thing wrong.
   *
   * @param pointer JSON Pointer into the spec
   * @param message what is wrong and what would be right; never quotes a secret field's value
   */
  public record Violation(String pointer, String message) {}
}
