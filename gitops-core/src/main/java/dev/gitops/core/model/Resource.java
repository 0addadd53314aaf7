// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.model;

import java.util.List;
import java.util.Map;

/**
 * A declaration: one resource as somebody wants it to be.
 *
 * @param <T> the embedder's type of the kind's {@code spec}, or {@link Tree} before binding
 * @param id what it is called, in its target's canonical form once planned
 * @param spec the fields declared; a null component means undeclared, which is not the same as
 *     empty
 * @param metadata order, dependencies, labels and policies
 * @param origin file and line, or {@link Origin#NONE}
 */
public record Resource<T>(ResourceId id, T spec, Metadata metadata, Origin origin) {
  /** A declaration made by code, with default metadata. */
  public static <T> Resource<T> of(ResourceId id, T spec) {
    return new Resource<>(id, spec, Metadata.DEFAULT, Origin.NONE);
  }

  /** The same declaration with another spec. */
  public <U> Resource<U> withSpec(U other) {
    return new Resource<>(id, other, metadata, origin);
  }

  /** The same declaration under another id. */
  public Resource<T> withId(ResourceId other) {
    return other.equals(id) ? this : new Resource<>(other, spec, metadata, origin);
  }

  /** The same declaration with other metadata. */
  public Resource<T> withMetadata(Metadata other) {
    return new Resource<>(id, spec, other, origin);
  }

  /** The labels of its metadata. */
  public Map<String, String> labels() {
    return metadata.labels();
  }

  /** The explicit dependencies of its metadata. */
  public List<ResourceId> dependsOn() {
    return metadata.dependsOn();
  }
}
