// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.contract;

import dev.gitops.core.model.Resource;
import dev.gitops.core.model.ResourceId;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link MemoryTarget} can and can't do. Set before it is built, and not changed afterwards;
 * not thread-safe.
 *
 * @param <T> the type of the values
 */
public final class MemoryOptions<T> {
  boolean versions = true;
  boolean handles = true;
  boolean preconditions = true;
  boolean foldsCase;
  UnaryOperator<T> normalizer = UnaryOperator.identity();
  @Nullable Merge<T> merge;
  @Nullable String ownerMark;
  String identity = "memory";
  Duration settle = Duration.ZERO;
  LongSupplier clock = System::nanoTime;
  Faults faults = Faults.none();
  Function<Resource<T>, Collection<ResourceId>> implied = resource -> List.of();

  MemoryOptions() {}

  /** It has no versions, so an update can't be made conditional on one. */
  public MemoryOptions<T> withoutVersions() {
    versions = false;
    return this;
  }

  /** It has no handles, so a successor looks like its predecessor. */
  public MemoryOptions<T> withoutHandles() {
    handles = false;
    return this;
  }

  /** It shows versions and handles but disregards them in writes. */
  public MemoryOptions<T> ignoringPreconditions() {
    preconditions = false;
    return this;
  }

  /** Scopes and names that differ only in case are one. */
  public MemoryOptions<T> foldingCase() {
    foldsCase = true;
    return this;
  }

  /** It stores what this function makes of a value. */
  public MemoryOptions<T> normalizing(UnaryOperator<T> function) {
    normalizer = function;
    return this;
  }

  /** An update leaves alone what it does not say. */
  public MemoryOptions<T> merging(Merge<T> function) {
    merge = function;
    return this;
  }

  /** What this library writes carries this mark. */
  public MemoryOptions<T> marking(String reconciler) {
    ownerMark = reconciler;
    return this;
  }

  /** What it says of its identity; empty when it can't be told. */
  public MemoryOptions<T> identity(String text) {
    identity = text;
    return this;
  }

  /** How long a read may be stale, and a write be on its way. */
  public MemoryOptions<T> settling(Duration time) {
    settle = time;
    return this;
  }

  /** The clock of its log, in nanoseconds; it is what ages are measured by. */
  public MemoryOptions<T> clock(LongSupplier nanos) {
    clock = nanos;
    return this;
  }

  /** How calls go wrong. */
  public MemoryOptions<T> faults(Faults hook) {
    faults = hook;
    return this;
  }

  /** What a resource needs by its nature. */
  public MemoryOptions<T> implying(Function<Resource<T>, Collection<ResourceId>> function) {
    implied = function;
    return this;
  }

  /** An empty system, written to by {@code "engine"} unless {@link MemoryTarget#as} says else. */
  public MemoryTarget<T> build() {
    return new MemoryTarget<>(this, new WriteLog<>(), "engine");
  }

  /** How an update and what is there become one. */
  @FunctionalInterface
  public interface Merge<T> {
    /** The value after an update; {@code removed} names the fields to reset, as JSON Pointers. */
    T merge(T live, T desired, Set<String> removed);
  }
}
