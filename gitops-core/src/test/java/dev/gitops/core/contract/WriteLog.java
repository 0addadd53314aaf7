// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.contract;

import dev.gitops.core.model.Change.Action;
import dev.gitops.core.model.ResourceId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What really happened in a {@link MemoryTarget}: every write that took effect, in order, with its
 * true author. A test's oracle. Thread-safe.
 *
 * @param <T> the type of the values
 */
public final class WriteLog<T> {
  private final List<Entry<T>> entries = new ArrayList<>();
  private final Map<ResourceId, Entry<T>> current = new HashMap<>();
  private long handles;

  WriteLog() {}

  /**
   * One write that took effect.
   *
   * @param tick its place in the log, counted from 1; also the resource's version from then on
   * @param nanos when, by the target's clock
   * @param actor who
   * @param action CREATE, UPDATE or DELETE
   * @param id the resource, in canonical form
   * @param value its value from then on; for a deletion, the last one
   * @param handle which incarnation of that id; never used again
   * @param creator who created this incarnation
   * @param mark the owner mark that the resource carries from then on; null for none
   */
  public record Entry<T>(
      long tick,
      long nanos,
      String actor,
      Action action,
      ResourceId id,
      T value,
      long handle,
      String creator,
      @Nullable String mark) {}

  /** Every write so far, oldest first. */
  public synchronized List<Entry<T>> entries() {
    return List.copyOf(entries);
  }

  /** Every write after the first {@code tick} ones, oldest first. */
  public synchronized List<Entry<T>> since(long tick) {
    return List.copyOf(entries.subList((int) tick, entries.size()));
  }

  /** How many writes there were so far. */
  public synchronized long tick() {
    return entries.size();
  }

  /** The last write of a resource that exists; empty when it does not. */
  public synchronized Optional<Entry<T>> live(ResourceId id) {
    return Optional.ofNullable(current.get(id));
  }

  /** The last write of each resource that exists. */
  public synchronized Map<ResourceId, Entry<T>> live() {
    return new HashMap<>(current);
  }

  /** The last write of each resource that existed at that time by the target's clock. */
  public synchronized Map<ResourceId, Entry<T>> liveAt(long nanos) {
    int end = entries.size();
    while (end > 0 && entries.get(end - 1).nanos > nanos) {
      end--;
    }
    if (end == entries.size()) {
      return new HashMap<>(current);
    }
    Map<ResourceId, Entry<T>> then = new HashMap<>();
    for (Entry<T> entry : entries.subList(0, end)) {
      if (entry.action == Action.DELETE) {
        then.remove(entry.id);
      } else {
        then.put(entry.id, entry);
      }
    }
    return then;
  }

  synchronized Entry<T> created(
      long nanos, String actor, ResourceId id, T value, @Nullable String mark) {
    long tick = entries.size() + 1L;
    return add(new Entry<>(tick, nanos, actor, Action.CREATE, id, value, ++handles, actor, mark));
  }

  synchronized Entry<T> updated(
      long nanos, String actor, Entry<T> before, T value, @Nullable String mark) {
    return add(
        new Entry<>(
            entries.size() + 1L,
            nanos,
            actor,
            Action.UPDATE,
            before.id,
            value,
            before.handle,
            before.creator,
            mark));
  }

  synchronized void deleted(long nanos, String actor, Entry<T> before) {
    Entry<T> entry =
        new Entry<>(
            entries.size() + 1L,
            nanos,
            actor,
            Action.DELETE,
            before.id,
            before.value,
            before.handle,
            before.creator,
            before.mark);
    entries.add(entry);
    current.remove(before.id);
  }

  private Entry<T> add(Entry<T> entry) {
    entries.add(entry);
    current.put(entry.id, entry);
    return entry;
  }
}
