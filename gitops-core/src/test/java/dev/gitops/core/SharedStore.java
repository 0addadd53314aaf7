// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core;

import dev.gitops.core.spi.StateStore;
import dev.gitops.core.store.MemoryStateStore;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** A store that several processes use: one session, of which each has its own view. */
final class SharedStore implements StateStore {
  private final MemoryStateStore store = new MemoryStateStore();
  private final Map<String, Session> open = new HashMap<>();
  private final boolean exclusive;

  SharedStore() {
    this(false);
  }

  /** What it says of itself: an exclusive one is not read again, for nobody else writes it. */
  SharedStore(boolean exclusive) {
    this.exclusive = exclusive;
  }

  @Override
  public Session open(String namespace) throws IOException {
    Session known = open.get(namespace);
    Session session = known == null ? store.open(namespace) : known;
    open.put(namespace, session);
    return new Session() {
      @Override
      public Optional<Stored> read(String table, String key) throws IOException {
        return session.read(table, key);
      }

      @Override
      public void scan(String table, Consumer<Stored> each) throws IOException {
        session.scan(table, each);
      }

      @Override
      public long commit(List<Write> writes) throws IOException {
        return session.commit(writes);
      }

      @Override
      public void close() {}
    };
  }

  @Override
  public Inbox inbox(String namespace) throws IOException {
    return store.inbox(namespace);
  }

  @Override
  public boolean exclusive() {
    return exclusive;
  }
}
