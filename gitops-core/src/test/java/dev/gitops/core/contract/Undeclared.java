// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.contract;

import dev.gitops.core.model.Tree;
import java.util.LinkedHashMap;
import java.util.Map;

/** The fields of a live value that its declaration does not mention. */
final class Undeclared {
  private Undeclared() {}

  /** A value with the fields of a declaration laid over it. */
  static Tree overlay(Tree under, Tree over) {
    if (under.fields().isEmpty() || over.fields().isEmpty()) {
      return over;
    }
    Map<String, Object> both = new LinkedHashMap<>(under.fields());
    over.fields()
        .forEach((key, field) -> both.put(key, overlay(at(both, key), Tree.of(field)).value()));
    return Tree.of(both);
  }

  /** What of a value a declaration does not mention. */
  static Tree of(Tree value, Tree declared) {
    Map<String, Object> rest = new LinkedHashMap<>(value.fields());
    declared
        .fields()
        .forEach(
            (key, field) -> {
              Tree left = of(at(rest, key), Tree.of(field));
              if (left.fields().isEmpty()) {
                rest.remove(key);
              } else {
                rest.put(key, left.value());
              }
            });
    return Tree.of(rest);
  }

  private static Tree at(Map<String, Object> fields, String key) {
    return Tree.of(fields.get(key));
  }
}
