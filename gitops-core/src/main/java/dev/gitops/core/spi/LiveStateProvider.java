// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.spi;

import dev.gitops.core.model.Live;
import dev.gitops.core.model.ResourceId;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Reads what is really there.
 *
 * @param <T> the embedder's type
 */
public interface LiveStateProvider<T> {
  /**
   * Reads the resources asked for. What is neither found nor reported as unknown is taken for
   * proven absent.
   *
   * <p>A target that knows of every change, by a watch, may return the very same object as the last
   * time as long as nothing in it has changed: then nothing in it is compared again. Neither it nor
   * the values in it may ever be modified.
   *
   * @throws Exception when nothing could be read; everything asked for is then unknown in this
   *     cycle
   */
  Live<T> read(ReadScope scope) throws Exception;

  /**
   * Tells of live changes as they happen, so that drift is corrected without waiting for the next
   * poll. A hint only: missing or repeated calls do no harm.
   *
   * @param changed called from any thread with what may have changed; returns at once
   * @return closes the watch; empty when this target can't watch
   */
  default Optional<AutoCloseable> watch(Consumer<ResourceId> changed) {
    return Optional.empty();
  }
}
