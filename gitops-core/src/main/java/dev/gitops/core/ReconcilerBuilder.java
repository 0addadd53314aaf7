// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core;

import dev.gitops.core.model.Kind;
import dev.gitops.core.policy.DeletionLimit;
import dev.gitops.core.spi.Gate;
import dev.gitops.core.spi.Lease;
import dev.gitops.core.spi.Secrets;
import dev.gitops.core.spi.StateSource;
import dev.gitops.core.spi.StateStore;
import dev.gitops.core.spi.Target;
import dev.gitops.core.spi.Timing;
import dev.gitops.core.store.MemoryStateStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Collects what a {@link Reconciler} is made of. Not thread-safe; may be used again after {@link
 * #build}.
 */
public final class ReconcilerBuilder {
  private final String name;
  private final StateSource source;
  private final Map<String, Route<?>> routes = new LinkedHashMap<>();
  private final Set<String> ignoredKinds = new HashSet<>();
  private final List<Gate> gates = new ArrayList<>();
  private final List<ReconcileListener> listeners = new ArrayList<>();
  private @Nullable StateStore store;
  private boolean ephemeral;
  private @Nullable Lease lease;
  private Gate deletions = DeletionLimit.of(0);
  private Secrets secrets = Secrets.none();
  private @Nullable Executor executor;
  private Timing timing = Timing.system();
  private RandomGenerator random = RandomGenerator.getDefault();
  private int concurrency = 16;
  private Duration timeout = Duration.ofMinutes(1);
  private Duration progressDeadline = Duration.ofMinutes(10);
  private Duration retryAtFirst = Duration.ofSeconds(1);
  private Duration retryAtMost = Duration.ofMinutes(5);
  private boolean strict;
  private boolean rollsBack;
  private @Nullable String group;

  ReconcilerBuilder(String name, StateSource source) {
    if (name.isBlank()) {
      throw new IllegalArgumentException(
          "A reconciler needs a name: what it owns is remembered under it");
    }
    this.name = name;
    this.source = source;
  }

  /**
   * Sends the resources of a kind to a target. {@link Kind#any} takes every kind without a route of
   * its own.
   */
  public <T> ReconcilerBuilder route(Kind<T> kind, Target<T> target) {
    if (routes.putIfAbsent(kind.name(), Route.of(kind, target)) != null) {
      throw new IllegalArgumentException("The kind " + kind + " has a route already");
    }
    return this;
  }

  /** Disregards declarations of these kinds; an unknown kind that is not named here is an error. */
  public ReconcilerBuilder ignoreKinds(String... kinds) {
    ignoredKinds.addAll(List.of(kinds));
    return this;
  }

  /** Remembers what it owns in this store, which stays the caller's to close. */
  public ReconcilerBuilder store(StateStore newStore) {
    this.store = newStore;
    this.ephemeral = false;
    return this;
  }

  /**
   * Forgets everything when the process ends: for experiments. What it created before is then only
   * found, as somebody else's, and never deleted.
   */
  public ReconcilerBuilder ephemeral() {
    this.store = new MemoryStateStore();
    this.ephemeral = true;
    return this;
  }

  /** Elects the one writer by this lease instead of the store; it is closed with the reconciler. */
  public ReconcilerBuilder lease(Lease newLease) {
    this.lease = newLease;
    return this;
  }

  /**
   * At most this many deletions and replacements within an hour; beyond it all of them are held. 0
   * unless said.
   */
  public ReconcilerBuilder allowDeletes(int atMost) {
    return limitDeletes(DeletionLimit.of(atMost));
  }

  /** Another limit of deletions and replacements. */
  public ReconcilerBuilder limitDeletes(DeletionLimit limit) {
    this.deletions = limit;
    return this;
  }

  /** One more gate; all are asked, in this order. */
  public ReconcilerBuilder gate(Gate gate) {
    gates.add(gate);
    return this;
  }

  /** One more listener. */
  public ReconcilerBuilder listener(ReconcileListener listener) {
    listeners.add(listener);
    return this;
  }

  /** The secrets that its targets reveal, so that they can be kept out of messages. */
  public ReconcilerBuilder secrets(Secrets newSecrets) {
    this.secrets = newSecrets;
    return this;
  }

  /**
   * Calls sources and targets on this executor, which stays the caller's to close, and must not run
   * tasks in the thread that submits them. By default the reconciler has threads of its own,
   * virtual ones where the JVM has them.
   */
  public ReconcilerBuilder executor(Executor newExecutor) {
    this.executor = newExecutor;
    return this;
  }

  /** Another clock, for tests. */
  public ReconcilerBuilder timing(Timing newTiming) {
    this.timing = newTiming;
    return this;
  }

  /** Another source of randomness (jitter, ids), for tests. */
  public ReconcilerBuilder random(RandomGenerator newRandom) {
    this.random = newRandom;
    return this;
  }

  /** At most this many calls to one target at a time; 16 unless said. */
  public ReconcilerBuilder concurrency(int atMost) {
    if (atMost < 1) {
      throw new IllegalArgumentException("Concurrency must be at least 1, not " + atMost);
    }
    this.concurrency = atMost;
    return this;
  }

  /** How long one call to a source or target may take; a minute unless said. */
  public ReconcilerBuilder timeout(Duration newTimeout) {
    this.timeout = positive(newTimeout);
    return this;
  }

  /**
   * How long a resource may be on its way to health before it counts as degraded; ten minutes
   * unless said.
   */
  public ReconcilerBuilder progressDeadline(Duration deadline) {
    this.progressDeadline = positive(deadline);
    return this;
  }

  /**
   * How long to wait after a failure: this long at first, doubled each time, at most so long; never
   * given up.
   */
  public ReconcilerBuilder retry(Duration atFirst, Duration atMost) {
    this.retryAtFirst = positive(atFirst);
    this.retryAtMost = positive(atMost);
    return this;
  }

  /** Applies nothing at all while anything in the snapshot is wrong. */
  public ReconcilerBuilder strict() {
    this.strict = true;
    return this;
  }

  /**
   * Goes back by itself: when a component (what hangs together by dependencies, or one resource
   * alone) fails after something in it was declared anew, its last declarations with which all of
   * it was applied and healthy are applied again. It has failed when a target refuses a declaration
   * for good, or when something in it is not healthy within the {@linkplain #progressDeadline
   * progress deadline}; failures that are tried again, and what is held or can't be read, do not
   * count.
   *
   * <p>What failed stays away, also across restarts, until one of the component's resources is
   * declared otherwise, or a person says {@link Commands#retry}; meanwhile reports say so and are
   * HELD. Gates and the limit of deletions apply as always: a resource that is new in what failed
   * is deleted only within that limit, and only if it was created by this reconciler. Hooks do not
   * run for it. Suspension and pins come first. A component that never was good, or whose good
   * revision can't be read any more, stays as it is. Off unless said; needs a {@link #store}.
   */
  public ReconcilerBuilder rollBackWhenUnhealthy() {
    this.rollsBack = true;
    return this;
  }

  /**
   * Hands resources over to and from the other reconcilers of this group, instead of deleting what
   * has only moved from one to the other. They share a store (of their own choice of namespaces, by
   * name) and a source's revisions: the same repository, say, at different paths. Nothing is
   * deleted before all members are at the same revision; a member that is gone for good is waited
   * for until the deletions are confirmed.
   */
  public ReconcilerBuilder group(String name) {
    this.group = name;
    return this;
  }

  /**
   * Builds it; nothing is opened, read or started yet.
   *
   * @throws IllegalStateException when there is no route, neither {@link #store} nor {@link
   *     #ephemeral} was called, or {@link #rollBackWhenUnhealthy} has no store
   */
  public Reconciler build() {
    if (routes.isEmpty()) {
      throw new IllegalStateException(
          "The reconciler " + name + " has no route: call route(kind, target)");
    }
    if (store == null) {
      throw new IllegalStateException(
          "The reconciler "
              + name
              + " must remember what it owns: call store(...) or, for experiments, ephemeral()");
    }
    if (rollsBack && ephemeral) {
      throw new IllegalStateException(
          "The reconciler "
              + name
              + " can't go back when unhealthy without remembering what was good: call store(...)");
    }
    List<Gate> all = new ArrayList<>(gates);
    all.add(deletions);
    return new Reconciler(
        new Settings(
            name,
            source,
            Collections.unmodifiableMap(new LinkedHashMap<>(routes)), // in the order of calls
            Set.copyOf(ignoredKinds),
            store,
            ephemeral,
            lease,
            List.copyOf(all),
            List.copyOf(listeners),
            secrets,
            executor,
            timing,
            random,
            concurrency,
            timeout,
            progressDeadline,
            retryAtFirst,
            retryAtMost,
            strict,
            rollsBack,
            group));
  }

  private static Duration positive(Duration duration) {
    if (duration.isNegative() || duration.isZero()) {
      throw new IllegalArgumentException("Not a positive duration: " + duration);
    }
    return duration;
  }
}
