// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.contract;

import dev.gitops.core.contract.Faults.Call;
import dev.gitops.core.contract.Faults.Operation;
import dev.gitops.core.contract.WriteLog.Entry;
import dev.gitops.core.model.Live;
import dev.gitops.core.model.Observed;
import dev.gitops.core.model.Resource;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.spi.ConflictException;
import dev.gitops.core.spi.ReadScope;
import dev.gitops.core.spi.Target;
import dev.gitops.core.spi.Written;
import java.io.IOException;
import java.time.Duration;
import java.util.Collection;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A target that lives in memory: a fake for tests of whatever embeds a reconciler. It keeps a log
 * of every write with its true author, can be told what a real system of its sort can and can't do,
 * and can be made to fail in every way that real systems do. Thread-safe.
 *
 * @param <T> the type of the values; must be immutable
 */
public final class MemoryTarget<T> implements Target<T> {
  private final MemoryOptions<T> options;
  private final WriteLog<T> log;
  private final String actor;

  MemoryTarget(MemoryOptions<T> options, WriteLog<T> log, String actor) {
    this.options = options;
    this.log = log;
    this.actor = actor;
  }

  /** An empty system with versions and handles, in which an update replaces the whole value. */
  public static <T> MemoryTarget<T> empty() {
    return new MemoryOptions<T>().build();
  }

  /** For a system that is different. */
  public static <T> MemoryOptions<T> options() {
    return new MemoryOptions<>();
  }

  /** The same system as another user sees it: everything is shared but the author of the writes. */
  public MemoryTarget<T> as(String otherActor) {
    return new MemoryTarget<>(options, log, otherActor);
  }

  /** Everything that was ever written, by anybody. */
  public WriteLog<T> log() {
    return log;
  }

  /** Creates or overwrites as somebody who knows neither preconditions nor faults. */
  public void put(ResourceId id, T value) {
    ResourceId key = canonical(id);
    synchronized (log) {
      Entry<T> before = log.live(key).orElse(null);
      if (before == null) {
        log.created(now(), actor, key, options.normalizer.apply(value), null);
      } else {
        log.updated(now(), actor, before, options.normalizer.apply(value), before.mark());
      }
    }
  }

  /** Deletes as somebody who knows neither preconditions nor faults; whether there was anything. */
  public boolean remove(ResourceId id) {
    synchronized (log) {
      Entry<T> before = log.live(canonical(id)).orElse(null);
      if (before != null) {
        log.deleted(now(), actor, before);
      }
      return before != null;
    }
  }

  @Override
  public String identity() throws Exception {
    Fault fault = begin(Operation.IDENTITY, null);
    end(fault);
    return options.identity;
  }

  @Override
  public ResourceId canonical(ResourceId id) {
    return options.foldsCase
        ? new ResourceId(
            id.kind(), id.scope().toLowerCase(Locale.ROOT), id.name().toLowerCase(Locale.ROOT))
        : id;
  }

  @Override
  public Duration settle() {
    return options.settle;
  }

  @Override
  public boolean merges() {
    return options.merge != null;
  }

  @Override
  public Collection<ResourceId> impliedDependencies(Resource<T> resource) {
    return options.implied.apply(resource);
  }

  @Override
  public Live<T> read(ReadScope scope) throws Exception {
    Fault fault = begin(Operation.READ, null);
    long at = fault.age().isZero() ? Long.MAX_VALUE : now() - fault.age().toNanos();
    Map<ResourceId, Entry<T>> live = log.liveAt(at);
    Live.Builder<T> answer = Live.builder();
    for (Entry<T> entry : live.values()) {
      if (scope.contains(entry.id()) && !fault.hidden().test(entry.id())) {
        answer.found(observed(entry));
      }
    }
    for (ResourceId id : scope.everything() ? live.keySet() : scope.ids()) {
      if (fault.hidden().test(id)) {
        answer.unknown(id, new IOException("Could not read " + id));
      }
    }
    end(fault);
    return answer.build();
  }

  @Override
  public Written create(Resource<T> desired) throws Exception {
    ResourceId id = canonical(desired.id());
    Fault fault = begin(Operation.CREATE, id);
    Written written = Written.done();
    synchronized (log) {
      if (fault.takesEffect()) {
        if (log.live(id).isPresent()) {
          throw new ConflictException(id + " exists already");
        }
        T value = options.normalizer.apply(desired.spec());
        written = written(log.created(now(), actor, id, value, options.ownerMark));
      }
    }
    end(fault);
    return written;
  }

  @Override
  public Written update(Observed<T> live, Resource<T> desired) throws Exception {
    return update(live, desired, Set.of());
  }

  @Override
  public Written update(Observed<T> live, Resource<T> desired, Set<String> removed)
      throws Exception {
    ResourceId id = canonical(desired.id());
    Fault fault = begin(Operation.UPDATE, id);
    Written written = Written.done();
    synchronized (log) {
      if (fault.takesEffect()) {
        Entry<T> before = log.live(id).orElse(null);
        if (before == null) {
          throw new ConflictException(id + " is gone");
        }
        checkPreconditions(live, before);
        T value =
            options.merge == null
                ? desired.spec()
                : options.merge.merge(before.value(), desired.spec(), removed);
        String mark = options.ownerMark == null ? before.mark() : options.ownerMark;
        written = written(log.updated(now(), actor, before, options.normalizer.apply(value), mark));
      }
    }
    end(fault);
    return written;
  }

  @Override
  public void delete(Observed<T> live) throws Exception {
    ResourceId id = canonical(live.id());
    Fault fault = begin(Operation.DELETE, id);
    synchronized (log) {
      Entry<T> before = fault.takesEffect() ? log.live(id).orElse(null) : null;
      if (before != null) {
        checkPreconditions(live, before);
        log.deleted(now(), actor, before);
      }
    }
    end(fault);
  }

  private void checkPreconditions(Observed<T> live, Entry<T> actual) {
    if (!options.preconditions) {
      return;
    }
    if (live.handle() != null && !live.handle().equals(handle(actual))) {
      throw new ConflictException(actual.id() + " is not the one that was read, but a successor");
    }
    if (live.version() != null && !live.version().equals(version(actual))) {
      throw new ConflictException(actual.id() + " was changed by " + actual.actor());
    }
  }

  private Observed<T> observed(Entry<T> entry) {
    return new Observed<>(entry.id(), entry.value(), version(entry), handle(entry), entry.mark());
  }

  private Written written(Entry<T> entry) {
    return Written.of(version(entry), handle(entry));
  }

  private @Nullable String version(Entry<T> entry) {
    return options.versions ? Long.toString(entry.tick()) : null;
  }

  private @Nullable String handle(Entry<T> entry) {
    return options.handles ? "h" + entry.handle() : null;
  }

  private Fault begin(Operation operation, @Nullable ResourceId id) throws InterruptedException {
    if (Thread.interrupted()) {
      throw new InterruptedException("Interrupted before " + operation);
    }
    Fault fault = options.faults.next(new Call(actor, operation, id));
    fault.stall().await();
    return fault;
  }

  private static void end(Fault fault) throws Exception {
    if (fault.failure() instanceof Exception exception) {
      throw exception;
    } else if (fault.failure() instanceof Error error) {
      throw error;
    }
  }

  private long now() {
    return options.clock.getAsLong();
  }
}
