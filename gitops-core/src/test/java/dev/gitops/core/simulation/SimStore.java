// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.simulation;

import dev.gitops.core.spi.StateStore;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A store that survives its processes, and goes wrong. Commits are all or nothing, as the contract
 * says; whether they took effect is not always told. It can be lost, and set back to a backup.
 */
final class SimStore {
  /** One operation in so many fails; 0 for none. */
  int troubleOneIn;

  private final boolean exclusive;
  private Map<String, Map<String, StateStore.Stored>> tables = new TreeMap<>();
  private Map<String, Map<String, StateStore.Stored>> backup = new TreeMap<>();
  private final Map<String, StateStore.Stored> messages = new LinkedHashMap<>();
  private long version;
  private @Nullable Process holder;

  SimStore(boolean exclusive) {
    this.exclusive = exclusive;
  }

  StateStore of(Process process) {
    return new View(process);
  }

  void backUp() {
    backup = copy(tables);
  }

  void restore() {
    tables = copy(backup);
  }

  void lose() {
    tables.clear();
  }

  @Nullable String peek(String table, String key) {
    StateStore.Stored stored = tables.getOrDefault(table, Map.of()).get(key);
    return stored == null ? null : stored.value();
  }

  Map<String, StateStore.Stored> peek(String table) {
    return tables.getOrDefault(table, Map.of());
  }

  void eachValue(Consumer<String> each) {
    tables.values().forEach(table -> table.values().forEach(stored -> each.accept(stored.value())));
    messages.values().forEach(stored -> each.accept(stored.value()));
  }

  private static Map<String, Map<String, StateStore.Stored>> copy(
      Map<String, Map<String, StateStore.Stored>> tables) {
    Map<String, Map<String, StateStore.Stored>> copy = new TreeMap<>();
    tables.forEach((name, records) -> copy.put(name, new TreeMap<>(records)));
    return copy;
  }

  private boolean trouble(Process process) {
    process.hook();
    return process.sim.chance(troubleOneIn);
  }

  private final class View implements StateStore, StateStore.Inbox {
    private final Process process;

    View(Process process) {
      this.process = process;
    }

    @Override
    public Session open(String namespace) throws IOException {
      if (trouble(process)) {
        throw new IOException("The store can't be reached");
      }
      if (exclusive && holder != null && !holder.dead() && holder != process) {
        throw new IOException(namespace + " is held by another process");
      }
      holder = process;
      return new Space(process);
    }

    @Override
    public Inbox inbox(String namespace) {
      return this;
    }

    @Override
    public boolean exclusive() {
      return exclusive;
    }

    @Override
    public void close() {}

    @Override
    public void append(String id, String message) {
      messages.putIfAbsent(id, new Stored(id, messages.size() + 1, message));
    }

    @Override
    public List<Stored> read() throws IOException {
      if (trouble(process)) {
        throw new IOException("The inbox can't be reached");
      }
      return List.copyOf(messages.values());
    }

    @Override
    public void remove(String id) throws IOException {
      boolean trouble = trouble(process);
      if (!trouble || process.sim.chance(2)) {
        messages.remove(id);
      }
      if (trouble) {
        throw new IOException("The inbox did not answer");
      }
    }
  }

  private final class Space implements StateStore.Session {
    private final Process process;

    Space(Process process) {
      this.process = process;
    }

    @Override
    public Optional<StateStore.Stored> read(String table, String key) throws IOException {
      if (trouble(process)) {
        throw new IOException("Could not read " + table + "/" + key);
      }
      return Optional.ofNullable(peek(table).get(key));
    }

    @Override
    public void scan(String table, Consumer<StateStore.Stored> each) throws IOException {
      if (trouble(process)) {
        throw new IOException("Could not scan " + table);
      }
      new ArrayList<>(peek(table).values()).forEach(each);
    }

    @Override
    public long commit(List<StateStore.Write> writes) throws IOException {
      boolean trouble = trouble(process);
      if (trouble && process.sim.chance(2)) {
        throw new IOException("The commit failed");
      }
      for (StateStore.Write write : writes) {
        StateStore.Stored now = peek(write.table()).get(write.key());
        long actual = now == null ? StateStore.Write.ABSENT : now.version();
        if (write.expected() != StateStore.Write.ANY && write.expected() != actual) {
          throw new StateStore.StaleRecordException(write.table(), write.key());
        }
      }
      version++;
      for (StateStore.Write write : writes) {
        if (!write.checkOnly()) {
          put(write.table(), write.key(), write.value());
        }
      }
      process.lastCommit = process.nanos();
      process.hook();
      if (trouble) {
        throw new IOException("The commit was not confirmed");
      }
      return version;
    }

    private void put(String table, String key, @Nullable String value) {
      Map<String, StateStore.Stored> records =
          tables.computeIfAbsent(table, name -> new TreeMap<>());
      if (value == null) {
        records.remove(key);
      } else {
        records.put(key, new StateStore.Stored(key, version, value));
      }
    }

    @Override
    public void close() {
      if (holder == process) {
        holder = null;
      }
    }
  }
}
