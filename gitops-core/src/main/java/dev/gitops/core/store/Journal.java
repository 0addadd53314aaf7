// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.store;

import dev.gitops.core.store.Disk.DiskFile;
import dev.gitops.core.store.FileNamespace.Current;
import dev.gitops.core.store.JournalFormat.BatchHeader;
import dev.gitops.core.store.JournalFormat.Header;
import dev.gitops.core.store.JournalFormat.View;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A journal and the index of what is live in it. The values stay on disk. Not thread-safe, except
 * that {@link #write} and {@link #force} may run while others read.
 *
 * <p>Each batch is on disk before the next is begun. So of all that can be found in a journal, only
 * its last batch may be torn, and then nobody was told that it was there: it is cut off. Whatever
 * has a batch behind it was acknowledged; that it can't be read is an error.
 */
final class Journal implements Closeable {
  private static final Logger LOG = LoggerFactory.getLogger(Journal.class);
  private static final int COPIED_BATCH_BYTES = 1 << 20;

  private final Path path;
  private final DiskFile file;
  private final Header header;
  private final JournalFormat format;
  private final MessageDigest sha256 = SafeName.sha256();
  private final Map<String, Index> tables = new HashMap<>();
  private long end = JournalFormat.HEADER_BYTES;
  private long sequence;
  private long version;
  private long liveBytes;

  private Journal(Path path, DiskFile file, Header header) {
    this.path = path;
    this.file = file;
    this.header = header;
    format = new JournalFormat(header.salt());
    version = header.version();
  }

  /** A new journal without records; not durable before {@link #force}. */
  static Journal create(Disk disk, Path path, Header header) throws IOException {
    Journal journal = new Journal(path, disk.create(path), header);
    try {
      journal.file.write(0, JournalFormat.header(header), JournalFormat.HEADER_BYTES);
      return journal;
    } catch (Throwable e) {
      journal.file.close();
      throw e;
    }
  }

  /** Opens a journal and reads all of it once; a torn batch at its end is cut off. */
  static Journal open(Disk disk, Path path, Current current) throws IOException {
    DiskFile file = disk.open(path, true);
    try {
      Header header = JournalReader.header(path, file);
      if (header.generation() != current.generation() || header.salt() != current.salt()) {
        throw new DamagedFileException(path + " is the journal of another namespace or time");
      }
      Journal journal = new Journal(path, file, header);
      journal.readAll(new JournalReader(path, file, journal.format));
      // A killed process may have written this without forcing it; others will now rely on it.
      file.force();
      return journal;
    } catch (Throwable e) {
      file.close();
      throw e;
    }
  }

  private void readAll(JournalReader reader) throws IOException {
    while (end < reader.length()) {
      BatchHeader batch = reader.batchHeader(end);
      if (batch == null || !reader.isWhole(end, batch)) {
        cutTornBatch(reader);
        return;
      }
      if (batch.sequence() != sequence + 1) {
        throw new DamagedFileException(
            path
                + " lacks the commits from number "
                + (sequence + 1)
                + " to before "
                + batch.sequence()
                + " at byte "
                + end);
      }
      long at = end + JournalFormat.BATCH_HEADER_BYTES;
      long recordsEnd = at + batch.recordBytes();
      while (at < recordsEnd) {
        View record = reader.record(at, recordsEnd);
        if (record == null) {
          throw new DamagedFileException(path, at, recordsEnd);
        }
        index(record, at);
        at += record.length();
      }
      sequence++;
      end += batch.batchBytes();
    }
  }

  private void cutTornBatch(JournalReader reader) throws IOException {
    long next = reader.findBatch(end + 1);
    long rest = reader.length() - end;
    if (next >= 0 || rest > new BatchHeader(JournalFormat.MOST_RECORD_BYTES, 0).batchBytes()) {
      throw new DamagedFileException(path, end, next >= 0 ? next : reader.length());
    }
    LOG.warn(
        "{}: cut off {} bytes from byte {} on, a commit that was interrupted before it was"
            + " acknowledged",
        path,
        rest,
        end);
    file.truncate(end);
  }

  /** Takes note of a record that is in the journal. */
  void index(View record, long offset) {
    version = Math.max(version, record.version());
    String table = record.table();
    Index index = tables.get(table);
    if (record.kind() == JournalFormat.PUT) {
      if (index == null) {
        index = new Index();
        tables.put(table, index);
      }
      liveBytes += record.length();
      liveBytes -= index.put(record.hash(sha256), offset, record.length(), record.version());
    } else if (index != null) {
      liveBytes -= index.remove(record.hash(sha256));
    }
  }

  /** Writes a batch behind all others, which does not count before {@link #accept}. */
  int write(byte[] records, int count) throws IOException {
    byte[] batch = format.batch(sequence + 1, records, count);
    file.write(end, batch, batch.length);
    return batch.length;
  }

  /** Lets a written batch count; returns where its first record is, to be indexed. */
  long accept(int batchBytes) {
    long at = end + JournalFormat.BATCH_HEADER_BYTES;
    sequence++;
    end += batchBytes;
    return at;
  }

  /** Takes away whatever a failed write has left. */
  void cutBack() throws IOException {
    file.truncate(end);
    file.force();
  }

  /** The record with an undamaged value, from disk. */
  @Nullable View read(String table, Index.Hash key) throws IOException {
    Index index = tables.get(table);
    int slot = index == null ? -1 : index.find(key);
    if (index == null || slot < 0) {
      return null;
    }
    byte[] bytes = new byte[index.length(slot)];
    long offset = index.offset(slot);
    file.read(offset, bytes, 0, bytes.length);
    View record = format.record(bytes, 0, bytes.length);
    if (record == null || record.version() != index.version(slot)) {
      throw new DamagedFileException(path, offset, offset + bytes.length);
    }
    return record;
  }

  /** The version of a record, 0 where there is none. */
  long version(String table, Index.Hash key) {
    Index index = tables.get(table);
    int slot = index == null ? -1 : index.find(key);
    return index == null || slot < 0 ? 0 : index.version(slot);
  }

  /** Where all records of a table are, in the order of the file. */
  long[] offsets(String table) {
    Index index = tables.get(table);
    long[] offsets = index == null ? new long[0] : index.allOffsets();
    Arrays.sort(offsets);
    return offsets;
  }

  /**
   * A journal of the next generation, with only what is live in this one; not durable before {@link
   * #force}.
   */
  Journal copyLive(Disk disk, Path to) throws IOException {
    Journal copy = create(disk, to, new Header(header.generation() + 1, version, header.salt()));
    try {
      long[] offsets =
          tables.values().stream()
              .flatMapToLong(index -> LongStream.of(index.allOffsets()))
              .sorted()
              .toArray();
      JournalReader reader = new JournalReader(path, file, format);
      byte[] records = new byte[COPIED_BATCH_BYTES];
      int count = 0;
      for (long offset : offsets) {
        View record = reader.requireRecord(offset);
        if (count > 0 && count + record.length() > COPIED_BATCH_BYTES) {
          copy.accept(copy.write(records, count));
          count = 0;
        }
        if (count + record.length() > records.length) {
          records = Arrays.copyOf(records, count + record.length());
        }
        System.arraycopy(record.bytes(), record.from(), records, count, record.length());
        copy.index(record, copy.end + JournalFormat.BATCH_HEADER_BYTES + count);
        count += record.length();
      }
      if (count > 0) {
        copy.accept(copy.write(records, count));
      }
      return copy;
    } catch (Throwable e) {
      copy.close();
      throw e;
    }
  }

  void force() throws IOException {
    file.force();
  }

  Path path() {
    return path;
  }

  JournalFormat format() {
    return format;
  }

  Current current() {
    return new Current(header.generation(), header.salt());
  }

  /** The newest version that the namespace has given. */
  long version() {
    return version;
  }

  long liveBytes() {
    return liveBytes;
  }

  long garbageBytes() {
    return end - JournalFormat.HEADER_BYTES - liveBytes;
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
