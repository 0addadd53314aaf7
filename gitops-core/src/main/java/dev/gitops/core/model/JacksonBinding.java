// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.model;

import tools.jackson.databind.json.JsonMapper;

/** Binds by Jackson. */
final class JacksonBinding<T> implements Binding<T> {
  static final JsonMapper STRICT = JsonMapper.builder().build();

  private final Class<T> type;
  private final JsonMapper mapper;

  JacksonBinding(Class<T> type, JsonMapper mapper) {
    this.type = type;
    this.mapper = mapper;
  }

  @Override
  public T bind(Tree spec, Kind<T> kind) throws BindingException {
    return mapper.convertValue(spec.value(), type);
  }

  @Override
  public Tree tree(T value) {
    return Tree.of(mapper.convertValue(value, Object.class));
  }
}
