// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.model;

import tools.jackson.databind.json.JsonMapper;

/** Turns specs into the embedder's values and back. */
interface Binding<T> {
  T bind(Tree spec, Kind<T> kind) throws BindingException;

  /** Binds what {@link #tree} said of values, which may have fields that nobody can declare. */
  default T rebind(Tree spec, Kind<T> kind) throws BindingException {
    return bind(spec, kind);
  }

  Tree tree(T value);

  /** Refuses a pattern under which the type can have no field, where that is known. */
  default void requireField(String pattern) {}

  static <T> Binding<T> of(Class<T> type, JsonMapper mapper) {
    return new JacksonBinding<>(type, mapper);
  }

  static JsonMapper strictMapper() {
    return JacksonBinding.STRICT;
  }

  static Binding<Tree> trees() {
    return new Binding<>() {
      @Override
      public Tree bind(Tree spec, Kind<Tree> kind) {
        return spec;
      }

      @Override
      public Tree tree(Tree value) {
        return value;
      }
    };
  }
}
