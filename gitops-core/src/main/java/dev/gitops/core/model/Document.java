// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.model;

import java.util.function.Function;

/**
 * A declaration as it was read from a file, not yet bound to the embedder's type. A source hands
 * out the same instance as long as the content behind it is unchanged, so that work can be kept by
 * identity; equality is identity.
 */
public final class Document {
  private final Resource<Tree> resource;
  private final Function<String, Origin> positions;

  /**
   * A document.
   *
   * @param resource its id, metadata and spec as a tree
   * @param positions where the value at a JSON Pointer into the spec stands; for an unknown
   *     pointer, its nearest parent
   */
  public Document(Resource<Tree> resource, Function<String, Origin> positions) {
    this.resource = resource;
    this.positions = positions;
  }

  /** A document made by code. */
  public static Document of(Resource<Tree> resource) {
    return new Document(resource, pointer -> resource.origin());
  }

  /** Its id, metadata, origin, and spec as a tree. */
  public Resource<Tree> resource() {
    return resource;
  }

  /**
   * Where the value at this JSON Pointer (RFC 6901) into the spec stands, or its nearest parent.
   */
  public Origin locate(String pointer) {
    return positions.apply(pointer);
  }

  @Override
  public String toString() {
    return resource.id() + " at " + resource.origin();
  }
}
