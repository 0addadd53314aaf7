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
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A store that survives its processes, and goes wrong. Commits are all or nothing, as the contract
 * says; whether they took effect is not always told. It can be lost, and set back to a backup.
 */
final class SimStore {
  /** One operation in so many fails; 0 for none. */
  int troubleOneIn;

  /** What reconcilers have told their siblings of themselves last. */
  final Map<Integer, Told> published = new TreeMap<>();

  private final boolean exclusive;
  private final BiConsumer<Process, Present> presents;
  private Map<String, Map<String, Map<String, StateStore.Stored>>> spaces = new TreeMap<>();
  private Map<String, Map<String, Map<String, StateStore.Stored>>> backup = new TreeMap<>();
  private final Map<String, Map<String, StateStore.Stored>> inboxes = new TreeMap<>();
  private final Map<String, Process> holders = new TreeMap<>();
  private long version;

  /** What one reconciler hands to another: the message as it stands in the other's inbox. */
  record Present(String to, String message) {}

  /**
   * That a reconciler is one of the group.
   *
   * @param system in which system it was
   * @param since when it told so first
   */
  record Told(String system, long since) {}

  SimStore(boolean exclusive, BiConsumer<Process, Present> presents) {
    this.exclusive = exclusive;
    this.presents = presents;
  }

  StateStore of(Process process) {
    return new View(process);
  }

  void backUp() {
    backup = copy(spaces);
  }

  void restore() {
    spaces = copy(backup);
  }

  void lose() {
    spaces.clear();
  }

  @Nullable String peek(String space, String table, String key) {
    StateStore.Stored stored = peek(space, table).get(key);
    return stored == null ? null : stored.value();
  }

  Map<String, StateStore.Stored> peek(String space, String table) {
    return spaces.getOrDefault(space, Map.of()).getOrDefault(table, Map.of());
  }

  void eachValue(Consumer<String> each) {
    for (Map<String, Map<String, StateStore.Stored>> tables : spaces.values()) {
      for (Map<String, StateStore.Stored> table : tables.values()) {
        table.values().forEach(stored -> each.accept(stored.value()));
      }
    }
    for (Map<String, StateStore.Stored> inbox : inboxes.values()) {
      inbox.values().forEach(stored -> each.accept(stored.value()));
    }
  }

  private static Map<String, Map<String, Map<String, StateStore.Stored>>> copy(
      Map<String, Map<String, Map<String, StateStore.Stored>>> spaces) {
    Map<String, Map<String, Map<String, StateStore.Stored>>> copy = new TreeMap<>();
    spaces.forEach(
        (space, tables) -> {
          Map<String, Map<String, StateStore.Stored>> tablesCopy = new TreeMap<>();
          tables.forEach((name, records) -> tablesCopy.put(name, new TreeMap<>(records)));
          copy.put(space, tablesCopy);
        });
    return copy;
  }

  private boolean trouble(Process process) {
    process.hook();
    return process.sim.chance(troubleOneIn);
  }

  private final class View implements StateStore {
    private final Process process;

    View(Process process) {
      this.process = process;
    }

    @Override
    public Session open(String namespace) throws IOException {
      if (trouble(process)) {
        throw new IOException("The store can't be reached");
      }
      Process holder = holders.get(namespace);
      if (exclusive && holder != null && !holder.dead() && holder != process) {
        throw new IOException(namespace + " is held by another process");
      }
      holders.put(namespace, process);
      return new Space(process, namespace);
    }

    @Override
    public Inbox inbox(String namespace) {
      return new Box(process, namespace);
    }

    @Override
    public boolean exclusive() {
      return exclusive;
    }

    @Override
    public void close() {}
  }

  private final class Box implements StateStore.Inbox {
    private final Process process;
    private final String namespace;

    Box(Process process, String namespace) {
      this.process = process;
      this.namespace = namespace;
    }

    private Map<String, StateStore.Stored> messages() {
      return inboxes.computeIfAbsent(namespace, name -> new LinkedHashMap<>());
    }

    @Override
    public void append(String id, String message) throws IOException {
      boolean ours = namespace.startsWith("@"); // what people say always arrives
      boolean trouble = ours && trouble(process);
      if (trouble && process.sim.chance(2)) {
        throw new IOException("The inbox can't be reached");
      }
      if (namespace.startsWith("@presents-")) {
        presents.accept(process, new Present(namespace.substring(10), message));
      } else if (ours) {
        Told before = published.get(process.member);
        long since = before == null ? process.nanos() : before.since;
        published.put(process.member, new Told(process.system, since));
      }
      messages().putIfAbsent(id, new StateStore.Stored(id, messages().size() + 1, message));
      if (ours) {
        process.hook();
      }
      if (trouble) {
        throw new IOException("The inbox did not answer");
      }
    }

    @Override
    public List<StateStore.Stored> read() throws IOException {
      if (trouble(process)) {
        throw new IOException("The inbox can't be reached");
      }
      return List.copyOf(messages().values());
    }

    @Override
    public void remove(String id) throws IOException {
      boolean trouble = trouble(process);
      if (!trouble || process.sim.chance(2)) {
        messages().remove(id);
      }
      if (trouble) {
        throw new IOException("The inbox did not answer");
      }
    }
  }

  private final class Space implements StateStore.Session {
    private final Process process;
    private final String namespace;

    Space(Process process, String namespace) {
      this.process = process;
      this.namespace = namespace;
    }

    @Override
    public Optional<StateStore.Stored> read(String table, String key) throws IOException {
      if (trouble(process)) {
        throw new IOException("Could not read " + table + "/" + key);
      }
      return Optional.ofNullable(peek(namespace, table).get(key));
    }

    @Override
    public void scan(String table, Consumer<StateStore.Stored> each) throws IOException {
      if (trouble(process)) {
        throw new IOException("Could not scan " + table);
      }
      new ArrayList<>(peek(namespace, table).values()).forEach(each);
    }

    @Override
    public long commit(List<StateStore.Write> writes) throws IOException {
      boolean trouble = trouble(process);
      if (trouble && process.sim.chance(2)) {
        throw new IOException("The commit failed");
      }
      for (StateStore.Write write : writes) {
        StateStore.Stored now = peek(namespace, write.table()).get(write.key());
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
      if (writes.stream().anyMatch(w -> w.table().equals("writer") && !w.checkOnly())) {
        process.leased = process.nanos();
      }
      process.hook();
      if (trouble) {
        throw new IOException("The commit was not confirmed");
      }
      return version;
    }

    private void put(String table, String key, @Nullable String value) {
      Map<String, StateStore.Stored> records =
          spaces
              .computeIfAbsent(namespace, name -> new TreeMap<>())
              .computeIfAbsent(table, name -> new TreeMap<>());
      if (value == null) {
        records.remove(key);
      } else {
        records.put(key, new StateStore.Stored(key, version, value));
      }
    }

    @Override
    public void close() {
      holders.remove(namespace, process);
    }
  }
}
