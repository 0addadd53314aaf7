// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core;

import dev.gitops.core.model.ResourceId;
import dev.gitops.core.model.Sealer;
import dev.gitops.core.model.Tree;
import dev.gitops.core.spi.StateStore;
import dev.gitops.core.spi.StateStore.StaleRecordException;
import dev.gitops.core.spi.StateStore.Stored;
import dev.gitops.core.spi.StateStore.Write;
import java.io.IOException;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

/**
 * A reconciler's open namespace: its inventory and its few other records, held in memory and
 * changed in the store first. Every commit is fenced by the writer's epoch. After a failed commit
 * nothing is known of the store, so everything is read again before it is used again. Used by one
 * thread at a time.
 */
final class Ledger implements AutoCloseable {
  private static final int FORMAT = 1;
  private static final int KEY_BYTES = 32;
  private static final int COMMIT_WRITES = 50_000; // a store takes 100,000
  private static final int COMMIT_CHARS = 16 << 20; // about as much as one value may have
  private static final String OWNED = "owned";
  private static final String APPLIED = "applied";
  private static final String CONTROL = "control";
  private static final String META = "meta";
  private static final String TRAIL = "trail";
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final StateStore.Session session;
  private final Sealer sealer;
  private Map<ResourceId, Owned> inventory = new HashMap<>();
  private TreeMap<String, Tree> controls = new TreeMap<>();
  private boolean stale = true;
  private long changes;

  private Ledger(StateStore.Session session, Sealer sealer) {
    this.session = session;
    this.sealer = sealer;
  }

  static Ledger open(StateStore store, String namespace) throws IOException {
    StateStore.Session session = store.open(namespace);
    try {
      checkFormat(session, namespace);
      return new Ledger(session, new Sealer(key(session)));
    } catch (IOException | RuntimeException e) {
      try (session) {
        throw e;
      }
    }
  }

  private static void checkFormat(StateStore.Session session, String namespace) throws IOException {
    Optional<Stored> format = session.read(META, "format");
    if (format.isEmpty()) {
      create(session, "format", String.valueOf(FORMAT));
    } else if (Integer.parseInt(format.get().value()) > FORMAT) {
      throw new IOException(
          "The records of "
              + namespace
              + " have format "
              + format.get().value()
              + ", written by a newer version of this"
              + " library, which reads up to "
              + FORMAT
              + ": upgrade the library, or restore a backup");
    }
  }

  private static byte[] key(StateStore.Session session) throws IOException {
    Optional<Stored> stored = session.read(META, "key");
    if (stored.isEmpty()) {
      byte[] fresh = new byte[KEY_BYTES];
      new SecureRandom().nextBytes(fresh);
      create(session, "key", HexFormat.of().formatHex(fresh));
      stored = session.read(META, "key");
    }
    return HexFormat.of()
        .parseHex(
            stored
                .orElseThrow(() -> new IOException("The store lost the record meta/key"))
                .value());
  }

  private static void create(StateStore.Session session, String key, String value)
      throws IOException {
    try {
      session.commit(List.of(Write.put(META, key, Write.ABSENT, value)));
    } catch (StaleRecordException e) {
      if (session
          .read(META, key)
          .isEmpty()) { // else another process was faster, and its record is as good
        throw e;
      }
    }
  }

  /** What digests are made and secrets are masked with. */
  Sealer sealer() {
    return sealer;
  }

  StateStore.Session session() {
    return session;
  }

  /** Makes what is held in memory what is in the store. */
  void refresh(boolean force) throws IOException {
    if (!stale && !force) {
      return;
    }
    stale = true; // until everything was read: whoever wants it read again fails only once
    Map<ResourceId, Owned> owned = new HashMap<>();
    session.scan(OWNED, record -> add(owned, record));
    TreeMap<String, Tree> others = new TreeMap<>();
    session.scan(CONTROL, record -> others.put(record.key(), parse(CONTROL, record)));
    inventory = owned;
    controls = others;
    stale = false;
    changes++;
  }

  private static void add(Map<ResourceId, Owned> owned, Stored record) {
    ResourceId id = ResourceId.parse(record.key());
    owned.put(id, OwnedRecord.read(id, parse(OWNED, record)));
  }

  /** A record that the engine has written, read again. */
  static Tree json(String text) {
    return Tree.of(JSON.readValue(text, Object.class));
  }

  private static Tree parse(String table, Stored record) {
    try {
      return json(record.value());
    } catch (JacksonException e) {
      throw new IllegalStateException(
          "The record " + table + "/" + record.key() + " is not JSON: it was damaged", e);
    }
  }

  @Nullable Owned owned(ResourceId id) {
    return inventory.get(id);
  }

  Collection<Owned> inventory() {
    return Collections.unmodifiableCollection(inventory.values());
  }

  /** Grows whenever anything that is held in memory may have changed. */
  long changes() {
    return changes;
  }

  /** Uses the declaration's instances of what an entry and its declaration both say. */
  @SuppressWarnings("ReferenceEquality") // it is about instances
  Owned share(Owned owned, Declared<?> declared) {
    if (owned.id() == declared.id()) {
      return owned;
    }
    Owned shared = owned.sharing(declared);
    inventory.remove(owned.id()); // or else the old id would stay as the key
    inventory.put(shared.id(), shared);
    return shared;
  }

  /** The spec that was last applied, secrets as digests; empty where none was. */
  Optional<Tree> applied(ResourceId id) throws IOException {
    return session.read(APPLIED, id.toString()).map(record -> parse(APPLIED, record));
  }

  @Nullable Tree control(String key) {
    return controls.get(key);
  }

  /** All control records whose key starts so, the prefix cut off. */
  Map<String, Tree> controls(String prefix) {
    Map<String, Tree> found = new TreeMap<>();
    controls
        .subMap(prefix, prefix + Character.MAX_VALUE)
        .forEach((key, value) -> found.put(key.substring(prefix.length()), value));
    return found;
  }

  Batch batch() {
    return new Batch();
  }

  /**
   * Changes that are written together: in one commit, or in as many as the store's bound on a
   * commit makes it. Then they come in order, and what belongs to one resource stays together.
   */
  final class Batch {
    private final List<Write> writes = new ArrayList<>();
    private final List<Consumer<Ledger>> effects = new ArrayList<>();

    /** Remembers a resource; what was last applied stays as it is. */
    Batch own(Owned owned) {
      writes.add(Write.put(OWNED, owned.id().toString(), Write.ANY, OwnedRecord.write(owned)));
      effects.add(ledger -> ledger.inventory.put(owned.id(), owned));
      return this;
    }

    /** Remembers a resource and the spec, secrets as digests, that is applied to it. */
    Batch own(Owned owned, Tree applied) {
      writes.add(Write.put(APPLIED, owned.id().toString(), Write.ANY, applied.toString()));
      return own(owned);
    }

    /** Forgets a resource. */
    Batch disown(ResourceId id) {
      writes.add(Write.delete(OWNED, id.toString(), Write.ANY));
      writes.add(Write.delete(APPLIED, id.toString(), Write.ANY));
      effects.add(ledger -> ledger.inventory.remove(id));
      return this;
    }

    /**
     * Gives a resource up: forgets it, but for its edges as long as it needs something that is
     * ours.
     */
    Batch release(Owned owned) {
      if (owned.edges().stream().noneMatch(inventory::containsKey)) {
        return disown(owned.id());
      }
      writes.add(Write.delete(APPLIED, owned.id().toString(), Write.ANY));
      return own(owned.withState(Owned.State.RELEASED));
    }

    Batch control(String key, @Nullable Tree value) {
      writes.add(
          value == null
              ? Write.delete(CONTROL, key, Write.ANY)
              : Write.put(CONTROL, key, Write.ANY, value.toString()));
      effects.add(
          ledger -> {
            if (value == null) {
              ledger.controls.remove(key);
            } else {
              ledger.controls.put(key, value);
            }
          });
      return this;
    }

    /** Writes, or with null deletes, a part of the trail, which is not held in memory. */
    Batch trail(String key, @Nullable String value) {
      writes.add(
          value == null
              ? Write.delete(TRAIL, key, Write.ANY)
              : Write.put(TRAIL, key, Write.ANY, value));
      return this;
    }

    boolean isEmpty() {
      return writes.isEmpty();
    }

    /** Writes each commit all or not at all, and only if the writer still is the writer. */
    void commit(Writer writer) throws IOException {
      if (writes.isEmpty()) {
        return;
      }
      stale = true;
      for (int from = 0, to; from < writes.size(); from = to) {
        to = end(from);
        List<Write> fenced = new ArrayList<>(writes.subList(from, to));
        fenced.add(writer.fence());
        session.commit(fenced);
      }
      effects.forEach(effect -> effect.accept(Ledger.this));
      stale = false;
      changes++;
      writes.clear();
      effects.clear();
    }

    private int end(int from) {
      int end = from;
      for (long chars = 0; end < writes.size(); end++) {
        chars += size(writes.get(end));
        boolean first = end == from || continues(end);
        if (!first && (end - from >= COMMIT_WRITES || chars > COMMIT_CHARS)) {
          break;
        }
      }
      return end;
    }

    /** Whether this write belongs to the same resource as the one before it. */
    private boolean continues(int at) {
      return writes.get(at).key().equals(writes.get(at - 1).key());
    }
  }

  private static long size(Write write) {
    return (long) write.key().length() + (write.value() == null ? 0 : write.value().length());
  }

  /** A part of the trail; empty where there is none. */
  Optional<String> trail(String key) throws IOException {
    return session.read(TRAIL, key).map(Stored::value);
  }

  @Override
  public void close() throws IOException {
    session.close();
  }
}
