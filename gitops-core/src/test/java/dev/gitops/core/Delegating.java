// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core;

import dev.gitops.core.model.Live;
import dev.gitops.core.model.Observed;
import dev.gitops.core.model.Resource;
import dev.gitops.core.spi.ReadScope;
import dev.gitops.core.spi.Target;
import dev.gitops.core.spi.Written;
import java.time.Duration;

/** Does what another target does; a test overrides what it is about. */
class Delegating<T> implements Target<T> {
  private final Target<T> other;

  Delegating(Target<T> other) {
    this.other = other;
  }

  @Override
  public String identity() throws Exception {
    return other.identity();
  }

  @Override
  public Duration settle() {
    return other.settle();
  }

  @Override
  public boolean merges() {
    return other.merges();
  }

  @Override
  public Live<T> read(ReadScope scope) throws Exception {
    return other.read(scope);
  }

  @Override
  public Written create(Resource<T> desired) throws Exception {
    return other.create(desired);
  }

  @Override
  public Written update(Observed<T> live, Resource<T> desired) throws Exception {
    return other.update(live, desired);
  }

  @Override
  public void delete(Observed<T> live) throws Exception {
    other.delete(live);
  }
}
