// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.store;

import dev.gitops.core.spi.StateStore;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A state store in memory: as durable as this object. Sessions come and go, what they wrote stays,
 * and nobody outside the object sees any of it. One session at a time holds a namespace.
 */
public final class MemoryStateStore implements StateStore {
  private final Map<String, Space> spaces = new LinkedHashMap<>();

  /** An empty store. */
  public MemoryStateStore() {}

  @Override
  public Session open(String namespace) throws IOException {
    Space space = space(namespace);
    synchronized (space) {
      if (space.holder != null) {
        throw new IOException(
            "The namespace " + namespace + " is open already: close that session first");
      }
      Session session = new Held(space);
      space.holder = session;
      return session;
    }
  }

  @Override
  public Inbox inbox(String namespace) {
    return space(namespace).inbox;
  }

  @Override
  public boolean exclusive() {
    return true;
  }

  private Space space(String namespace) {
    Batch.name("namespace", namespace);
    synchronized (spaces) {
      return spaces.computeIfAbsent(namespace, name -> new Space());
    }
  }

  /** All state of a namespace, guarded by itself. */
  private static final class Space {
    final Map<String, Map<String, Stored>> tables = new LinkedHashMap<>();
    final Inbox inbox = new Messages();
    long version;
    @Nullable Session holder;
  }

  private static final class Held implements Session {
    private final Space space;

    Held(Space space) {
      this.space = space;
    }

    @Override
    public Optional<Stored> read(String table, String key) throws IOException {
      synchronized (space) {
        requireOpen();
        return Optional.ofNullable(records(table).get(key));
      }
    }

    @Override
    public void scan(String table, Consumer<Stored> each) throws IOException {
      List<Stored> now;
      synchronized (space) {
        requireOpen();
        now = List.copyOf(records(table).values());
      }
      now.forEach(each);
    }

    @Override
    public long commit(List<Write> writes) throws IOException {
      List<Write> batch = Batch.checked(writes);
      synchronized (space) {
        requireOpen();
        for (Write write : batch) {
          Stored now = records(write.table()).get(write.key());
          if (write.expected() != Write.ANY
              && write.expected() != (now == null ? Write.ABSENT : now.version())) {
            throw new StaleRecordException(write.table(), write.key());
          }
        }
        if (Batch.changes(batch)) {
          space.version++;
        }
        for (Write write : batch) {
          if (write.checkOnly()) {
            continue;
          }
          if (write.value() == null) {
            space.tables.getOrDefault(write.table(), new LinkedHashMap<>()).remove(write.key());
          } else {
            space
                .tables
                .computeIfAbsent(write.table(), name -> new LinkedHashMap<>())
                .put(write.key(), new Stored(write.key(), space.version, write.value()));
          }
        }
        return space.version;
      }
    }

    @Override
    public void close() {
      synchronized (space) {
        if (space.holder == this) {
          space.holder = null;
        }
      }
    }

    private Map<String, Stored> records(String table) {
      return space.tables.getOrDefault(table, Map.of());
    }

    private void requireOpen() throws IOException {
      if (space.holder != this) {
        throw new IOException("This session is closed: open the namespace again");
      }
    }
  }

  private static final class Messages implements Inbox {
    private final Map<String, Stored> messages = new LinkedHashMap<>();
    private long arrived;

    @Override
    public synchronized void append(String id, String message) throws IOException {
      Batch.name("message id", id);
      Batch.message(message);
      if (messages.containsKey(id)) {
        return;
      }
      if (messages.size() >= Batch.MESSAGES) {
        throw new IOException(
            "The inbox is full: " + Batch.MESSAGES + " messages wait for a reconciler to run");
      }
      messages.put(id, new Stored(id, ++arrived, message));
    }

    @Override
    public synchronized List<Stored> read() {
      return List.copyOf(messages.values());
    }

    @Override
    public synchronized void remove(String id) {
      messages.remove(id);
    }
  }
}
