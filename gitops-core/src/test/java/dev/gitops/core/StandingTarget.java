// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core;

import dev.gitops.core.model.Health;
import dev.gitops.core.model.Kind;
import dev.gitops.core.model.Live;
import dev.gitops.core.model.Observed;
import dev.gitops.core.model.Resource;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.spi.Differ;
import dev.gitops.core.spi.HealthCheck;
import dev.gitops.core.spi.ReadScope;
import dev.gitops.core.spi.Target;
import dev.gitops.core.spi.Written;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A system whose every change is known: it answers with the same object as long as nothing has
 * changed.
 */
final class StandingTarget<T> implements Target<T> {
  final Map<ResourceId, Observed<T>> resources = new LinkedHashMap<>();
  final Set<ResourceId> unreadable = new LinkedHashSet<>();
  HealthCheck<T> health = live -> Health.HEALTHY;
  @Nullable Differ<T> differ;
  boolean down;
  ReadScope asked = ReadScope.of(Set.of(), Set.of());
  private Live<T> live = Live.of(List.of());
  private int handles;

  void put(ResourceId id, T value) {
    Observed<T> before = resources.get(id);
    String handle = before == null ? "handle " + ++handles : before.handle();
    resources.put(id, Observed.of(id, value).withHandle(String.valueOf(handle)));
    renew();
  }

  void remove(ResourceId id) {
    resources.remove(id);
    renew();
  }

  /** From now on this id can be read, or can't. */
  void readable(ResourceId id, boolean readable) {
    if (readable ? unreadable.remove(id) : unreadable.add(id)) {
      renew();
    }
  }

  /** Answers with an object of its own from now on, though nothing has changed. */
  void renew() {
    Live.Builder<T> answer = Live.builder();
    resources.values().stream().filter(r -> !unreadable.contains(r.id())).forEach(answer::found);
    unreadable.forEach(id -> answer.unknown(id, new IOException("no access")));
    live = answer.build();
  }

  @Override
  public Live<T> read(ReadScope scope) throws IOException {
    asked = scope;
    if (down) {
      throw new IOException("no route to host");
    }
    return live;
  }

  @Override
  public Written create(Resource<T> desired) {
    put(desired.id(), desired.spec());
    return Written.of(null, String.valueOf(resources.get(desired.id()).handle()));
  }

  @Override
  public Written update(Observed<T> observed, Resource<T> desired) {
    return create(desired);
  }

  @Override
  public void delete(Observed<T> observed) {
    remove(observed.id());
  }

  @Override
  public Differ<T> differ(Kind<T> kind) {
    return differ == null ? Target.super.differ(kind) : differ;
  }

  @Override
  public HealthCheck<T> health(Kind<T> kind) {
    return observed -> health.judge(observed);
  }
}
