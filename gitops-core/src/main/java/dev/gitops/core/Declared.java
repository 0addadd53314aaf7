// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core;

import dev.gitops.core.model.Document;
import dev.gitops.core.model.Resource;
import dev.gitops.core.model.ResourceId;
import java.util.List;

/**
 * A declaration, bound to its type. Kept as long as its document is, so that an unchanged file
 * costs nothing.
 *
 * @param document where it came from
 * @param route where it goes
 * @param resource with canonical ids
 * @param implied what it needs by its nature
 * @param digest of everything that it declares
 */
record Declared<T>(
    Document document,
    Route<T> route,
    Resource<T> resource,
    List<ResourceId> implied,
    String digest)
    implements Declarations.Bound {
  ResourceId id() {
    return resource.id();
  }
}
