// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core;

import dev.gitops.core.model.Kind;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.spi.Gate;
import dev.gitops.core.spi.Lease;
import dev.gitops.core.spi.Secrets;
import dev.gitops.core.spi.StateSource;
import dev.gitops.core.spi.StateStore;
import dev.gitops.core.spi.Timing;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Executor;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Everything that a builder was told. */
record Settings(
    String name,
    StateSource source,
    Map<String, Route<?>> routes,
    Set<String> ignoredKinds,
    StateStore store,
    boolean ephemeral,
    @Nullable Lease lease,
    List<Gate> gates,
    List<ReconcileListener> listeners,
    Secrets secrets,
    @Nullable Executor executor,
    Timing timing,
    RandomGenerator random,
    int concurrency,
    Duration timeout,
    Duration progressDeadline,
    Duration retryAtFirst,
    Duration retryAtMost,
    boolean strict,
    boolean rollsBack,
    @Nullable String group) {

  /** The route of a kind, or of all kinds; null where it has none. */
  @Nullable Route<?> route(String kind) {
    Route<?> route = routes.get(kind);
    return route == null ? routes.get(Kind.ANY) : route;
  }

  /** What decides which resources can be declared at all. */
  String sourceIdentity() {
    return source.identity() + " kinds=" + String.join(",", new TreeSet<>(routes.keySet()));
  }

  /** What went wrong, in one text without revealed secrets. */
  String message(Throwable thrown) {
    String text = thrown.getMessage();
    return secrets.scrub(text == null || text.isBlank() ? thrown.toString() : text);
  }

  /** The target's spelling of an id; the id itself where its kind has no route. */
  ResourceId canonical(ResourceId id) {
    Route<?> route = route(id.kind());
    return route == null ? id : route.canonical(id);
  }
}
