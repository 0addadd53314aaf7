// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.store;

import dev.gitops.core.spi.StateStore;
import dev.gitops.core.spi.StateStore.StaleRecordException;
import dev.gitops.core.spi.StateStore.Stored;
import dev.gitops.core.spi.StateStore.Write;
import dev.gitops.core.store.JournalFormat.Entry;
import dev.gitops.core.store.JournalFormat.View;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An open namespace of the file store. Commits are one at a time, under this object's monitor, and
 * wait for the disk there. Readers only need the read lock, which a commit takes from them for as
 * long as it updates the index, not while it waits for the disk.
 */
final class FileSession implements StateStore.Session {
  private static final Logger LOG = LoggerFactory.getLogger(FileSession.class);

  private final Disk disk;
  private final FileNamespace files;
  private final NamespaceLock held;
  private final long leastGarbage;
  private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();

  private Journal journal;
  private long nextCompaction;
  private boolean appended;
  private volatile boolean closed;

  /** Why nothing can be said about the end of the journal any more. */
  private volatile @Nullable Throwable failure;

  /** Takes over the lock. */
  FileSession(Disk disk, FileNamespace files, NamespaceLock held, long leastGarbage)
      throws IOException {
    this.disk = disk;
    this.files = files;
    this.held = held;
    this.leastGarbage = leastGarbage;
    journal = files.open();
    nextCompaction = leastGarbage;
  }

  @Override
  public Optional<Stored> read(String table, String key) throws IOException {
    lock.readLock().lock();
    try {
      requireUsable();
      View record = journal.read(table, hash(key));
      return record == null ? Optional.empty() : Optional.of(stored(record));
    } finally {
      lock.readLock().unlock();
    }
  }

  @Override
  public void scan(String table, Consumer<Stored> each) throws IOException {
    long[] offsets;
    Journal scanned;
    Disk.DiskFile file;
    lock.readLock().lock();
    try {
      requireUsable();
      offsets = journal.offsets(table);
      scanned = journal;
      // Of its own, so that a compaction does not take it away.
      file = disk.open(scanned.path(), false);
    } finally {
      lock.readLock().unlock();
    }
    try (file) {
      JournalReader reader = new JournalReader(scanned.path(), file, scanned.format());
      for (long offset : offsets) {
        each.accept(stored(reader.requireRecord(offset)));
      }
    }
  }

  @Override
  public synchronized long commit(List<Write> writes) throws IOException {
    List<Write> batch = Batch.checked(writes);
    requireUsable();
    for (Write write : batch) {
      if (write.expected() != Write.ANY
          && write.expected() != journal.version(write.table(), hash(write.key()))) {
        throw new StaleRecordException(write.table(), write.key());
      }
    }
    if (!Batch.changes(batch)) {
      return journal.version();
    }
    append(encode(batch));
    long version = journal.version();
    if (journal.garbageBytes() > Math.max(nextCompaction, journal.liveBytes())) {
      compact();
    }
    return version;
  }

  /** The records of a commit, one behind the other. */
  private byte[] encode(List<Write> batch) {
    long version = journal.version() + 1;
    byte[] records = new byte[1_024];
    int count = 0;
    for (Write write : batch) {
      if (write.checkOnly()) {
        continue;
      }
      String value = write.value();
      Entry entry =
          value == null
              ? new Entry(JournalFormat.DELETE, version, write.table(), write.key(), "")
              : new Entry(JournalFormat.PUT, version, write.table(), write.key(), value);
      byte[] record = entry.encode(journal.format());
      if (record.length > JournalFormat.MOST_RECORD_BYTES - count) {
        throw new IllegalArgumentException(
            "A commit has at most " + JournalFormat.MOST_RECORD_BYTES + " bytes: split it");
      }
      if (record.length > records.length - count) {
        records = Arrays.copyOf(records, Math.max(count + record.length, 2 * count));
      }
      System.arraycopy(record, 0, records, count, record.length);
      count += record.length;
    }
    return Arrays.copyOf(records, count);
  }

  private void append(byte[] records) throws IOException {
    int bytes;
    try {
      bytes = journal.write(records, records.length);
    } catch (IOException e) {
      throw cutBack(e);
    }
    try {
      journal.force();
      long at = journal.accept(bytes);
      appended = true;
      index(records, at);
    } catch (Throwable e) {
      // After a failed fsync nobody knows what is on disk, not even the operating system.
      failure = e;
      throw e;
    }
  }

  /** A write that failed has perhaps left a part: nothing may be written behind it. */
  private IOException cutBack(IOException cause) {
    try {
      journal.cutBack();
      return new IOException(
          "Could not write to " + journal.path() + ": nothing is changed", cause);
    } catch (IOException e) {
      cause.addSuppressed(e);
      failure = cause;
      return new IOException("Could not write to " + journal.path(), cause);
    }
  }

  private void index(byte[] records, long at) {
    lock.writeLock().lock();
    try {
      for (int from = 0; from < records.length; ) {
        View record = journal.format().record(records, from, records.length);
        if (record == null) {
          throw new IllegalStateException("A record that was just made is not one");
        }
        journal.index(record, at + from);
        from += record.length();
      }
    } finally {
      lock.writeLock().unlock();
    }
  }

  /** Whatever fails in here, the commit that led to it is durable. */
  private void compact() {
    Journal old = journal;
    Journal compacted;
    try {
      compacted = files.compact(old);
    } catch (IOException e) {
      nextCompaction = 2 * old.garbageBytes();
      LOG.error(
          "{} could not be compacted and grows on; free space or mend it: {}",
          old.path(),
          e.toString());
      return;
    }
    try {
      files.switchTo(compacted);
    } catch (IOException e) {
      failure = e;
      LOG.error("{} could not be replaced: open the namespace again: {}", old.path(), e.toString());
      closeQuietly(compacted);
      return;
    }
    lock.writeLock().lock();
    try {
      journal = compacted;
    } finally {
      lock.writeLock().unlock();
    }
    nextCompaction = leastGarbage;
    closeQuietly(old);
    try {
      files.deleteOthers(compacted);
    } catch (IOException e) {
      LOG.warn("{} is no longer needed; the next start deletes it: {}", old.path(), e.toString());
    }
  }

  @Override
  public synchronized void close() throws IOException {
    lock.writeLock().lock();
    try {
      if (closed) {
        return;
      }
      closed = true;
    } finally {
      lock.writeLock().unlock();
    }
    try {
      if (appended && failure == null) {
        // Behind this, a damaged last commit can't pass for one that was never acknowledged.
        journal.write(new byte[0], 0);
        journal.force();
      }
    } catch (IOException e) {
      LOG.warn(
          "{}: everything is saved, but not that it was closed in order: {}",
          journal.path(),
          e.toString());
    } finally {
      closeQuietly(journal);
      held.close();
    }
  }

  private static void closeQuietly(Journal journal) {
    try {
      journal.close();
    } catch (IOException e) {
      LOG.warn("{} did not close; nothing is lost: {}", journal.path(), e.toString());
    }
  }

  private void requireUsable() throws IOException {
    if (closed) {
      throw new IOException("This session is closed: open the namespace again");
    }
    if (failure != null) {
      throw new IOException(
          "A write to "
              + journal.path()
              + " failed so that nobody knows what is on disk: close this session and open the"
              + " namespace again",
          failure);
    }
  }

  private static Index.Hash hash(String key) {
    byte[] bytes = key.getBytes(StandardCharsets.UTF_8);
    return Index.Hash.of(SafeName.sha256(), bytes, 0, bytes.length);
  }

  private static Stored stored(View record) {
    return new Stored(record.key(), record.version(), record.value());
  }
}
