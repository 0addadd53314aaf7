// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.spi;

import dev.gitops.core.model.Kind;
import dev.gitops.core.model.Resource;
import dev.gitops.core.model.ResourceId;
import java.time.Duration;
import java.util.Collection;
import java.util.List;

/**
 * A system whose resources are reconciled. Four methods are needed: {@code read}, {@code create},
 * {@code update}, {@code delete}; everything else that a target may say has a safe default. One
 * target may be routed for several kinds.
 *
 * @param <T> the embedder's type
 */
public interface Target<T> extends LiveStateProvider<T>, Applier<T> {
  /**
   * What tells this system from every other of its sort (a cluster's UID, PostgreSQL's system
   * identifier). When it is not the one that was written to before, every write is held. Empty:
   * can't be told, so nothing is checked.
   *
   * @throws Exception when it could not be read; nothing is written in this cycle
   */
  default String identity() throws Exception {
    return "";
  }

  /**
   * The one spelling of an id that the target itself would answer with: case folded, moved groups
   * resolved. Pure and idempotent. Two declarations with one canonical id are an error.
   */
  default ResourceId canonical(ResourceId id) {
    return id;
  }

  /**
   * How long after a write a read may still show the state before it, and a timed-out write may
   * still take effect.
   */
  default Duration settle() {
    return Duration.ZERO;
  }

  /**
   * What a resource needs by its nature (a topic its quota, a table its schema), besides what it
   * declares. Ids that are neither declared nor owned are disregarded. Pure.
   */
  default Collection<ResourceId> impliedDependencies(Resource<T> resource) {
    return List.of();
  }

  /**
   * Whether {@link #update} leaves alone what the declaration does not say. If not, the engine
   * fills it in from live.
   */
  default boolean merges() {
    return true;
  }

  /** How this kind's resources are compared. */
  default Differ<T> differ(Kind<T> kind) {
    return Differ.declaredFields(kind);
  }

  /** How this kind's resources are judged. */
  default HealthCheck<T> health(Kind<T> kind) {
    return HealthCheck.present();
  }
}
