// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.spi;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Remembers, durably, what reconcilers own and what people told them. Everything lives in
 * namespaces, one for each reconciler; a namespace has tables of versioned records. Thread-safe;
 * every method may block, and finishes what it began when its thread is interrupted.
 *
 * <p>An {@link IOException} means that nothing is known of the outcome: a failed commit may or may
 * not be there, in whole.
 *
 * <p>Names (of namespaces, tables, keys, messages) are exact text of 1 to 1,024 characters, values
 * have at most 16,777,216 characters, messages 1,048,576, a commit 100,000 writes. Text is well
 * formed: no NUL, no half of a surrogate pair. What breaks these bounds is refused with {@link
 * IllegalArgumentException} and changes nothing.
 */
public interface StateStore extends AutoCloseable {
  /**
   * Opens a namespace for reading and writing; one that nobody wrote to is empty.
   *
   * @throws IOException when it can't be read, is damaged (naming what and where), was written by a
   *     newer version, or when somebody else (in this process or another) has it open and the store
   *     is {@link #exclusive()}
   */
  Session open(String namespace) throws IOException;

  /**
   * The inbox of a namespace, from any process, whether or not somebody has the namespace open.
   *
   * @throws IOException when it can't be reached
   */
  Inbox inbox(String namespace) throws IOException;

  /**
   * Whether an open session excludes every other one, in this process and all others, so that a
   * predecessor is certainly gone.
   */
  boolean exclusive();

  /** Frees what the store itself holds; sessions are closed by those who opened them. */
  @Override
  default void close() {}

  /**
   * An open namespace. Thread-safe. After {@link #close()}, which may be called again, everything
   * else throws {@link IOException}.
   */
  interface Session extends AutoCloseable {
    /** One record, with its value; empty where there is none. */
    Optional<Stored> read(String table, String key) throws IOException;

    /**
     * Every record of a table, in any order, as one consistent state: all of a commit or nothing of
     * it. Damaged ones are an exception, never left out. The consumer may use the session; what it
     * throws ends the scan.
     */
    void scan(String table, Consumer<Stored> each) throws IOException;

    /**
     * Writes all or nothing, durably when it returns. All conditions, those of checks included,
     * hold against one state, the one that the writes change: no other commit comes in between. A
     * record is written at most once in a commit, and may be checked besides.
     *
     * @return the version that all written records have now: greater than every version before it
     *     in this namespace, those of deleted records included. The newest so far when all are
     *     checks
     * @throws StaleRecordException when a condition did not hold; nothing is written
     */
    long commit(List<Write> writes) throws IOException;

    @Override
    void close() throws IOException;
  }

  /**
   * What people told a reconciler, in the order in which it arrived as far as that can be told.
   * Thread-safe.
   */
  interface Inbox {
    /**
     * Adds a message, durably when it returns; its id is its identity, so adding it again while it
     * waits does nothing.
     *
     * @throws IOException also when 10,000 messages wait
     */
    void append(String id, String message) throws IOException;

    /**
     * Every message that was not removed; its version orders it. Damaged ones are an exception,
     * never left out.
     */
    List<Stored> read() throws IOException;

    /** Removes a message, durably when it returns; the absent is removed already. */
    void remove(String id) throws IOException;
  }

  /**
   * A record as it is stored.
   *
   * @param key its name in the table
   * @param version changes with every write of it, and grows
   * @param value its text, JSON as the engine writes it
   */
  record Stored(String key, long version, String value) {}

  /**
   * One condition and what to write when it holds.
   *
   * @param table which table
   * @param key which record
   * @param expected the version that it must have now: {@link #ABSENT}, {@link #ANY}, or a version
   * @param value what to write; null to delete it
   * @param checkOnly whether only the condition counts and nothing is written
   */
  record Write(String table, String key, long expected, @Nullable String value, boolean checkOnly) {
    /** There must be no such record. */
    public static final long ABSENT = 0;

    /** No condition. */
    public static final long ANY = -1;

    /** Writes a record. */
    public static Write put(String table, String key, long expected, String value) {
      return new Write(table, key, expected, value, false);
    }

    /** Deletes a record; the absent is deleted already unless a version is expected. */
    public static Write delete(String table, String key, long expected) {
      return new Write(table, key, expected, null, false);
    }

    /** Writes nothing, but makes the whole commit depend on this version. */
    public static Write check(String table, String key, long expected) {
      return new Write(table, key, expected, null, true);
    }
  }

  /** A record did not have the version that a commit expected. */
  final class StaleRecordException extends IOException {
    private static final long serialVersionUID = 1L;

    /** Names the record. */
    public StaleRecordException(String table, String key) {
      super("Somebody else has written " + table + "/" + key + " in the meantime");
    }
  }
}
