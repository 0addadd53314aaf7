// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.store;

import dev.gitops.core.store.Disk.DiskFile;
import dev.gitops.core.store.JournalFormat.BatchHeader;
import dev.gitops.core.store.JournalFormat.Header;
import dev.gitops.core.store.JournalFormat.View;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Reads a journal through a window that moves along it. For one thread. */
final class JournalReader {
  private static final int WINDOW_BYTES = 128 << 10;

  private final Path path;
  private final DiskFile file;
  private final long length;
  private final JournalFormat format;

  private byte[] window = new byte[WINDOW_BYTES];
  private long windowFrom;
  private int windowCount;

  JournalReader(Path path, DiskFile file, JournalFormat format) throws IOException {
    this.path = path;
    this.file = file;
    this.format = format;
    length = file.length();
  }

  /**
   * Reads the header of a journal.
   *
   * @throws DamagedFileException when it is damaged
   * @throws IOException when the journal is of a newer format
   */
  static Header header(Path path, DiskFile file) throws IOException {
    if (file.length() < JournalFormat.HEADER_BYTES) {
      throw new DamagedFileException(path, 0, file.length());
    }
    byte[] bytes = new byte[JournalFormat.HEADER_BYTES];
    file.read(0, bytes, 0, bytes.length);
    int magic = JournalFormat.MAGIC.length;
    if (!Arrays.equals(bytes, 0, magic, JournalFormat.MAGIC, 0, magic)) {
      throw new DamagedFileException(path, 0, magic);
    }
    int version = ByteBuffer.wrap(bytes).getInt(magic);
    if (version > JournalFormat.VERSION) {
      throw new IOException(
          path
              + " was written by a newer version of this library, in format "
              + version
              + "; this one reads up to format "
              + JournalFormat.VERSION
              + ": use the newer version");
    }
    Header header = JournalFormat.header(bytes);
    if (version != JournalFormat.VERSION || header == null) {
      throw new DamagedFileException(path, 0, JournalFormat.HEADER_BYTES);
    }
    return header;
  }

  long length() {
    return length;
  }

  /** The header of the batch at a place, or null when there is none. */
  @Nullable BatchHeader batchHeader(long at) throws IOException {
    return length - at < JournalFormat.BATCH_HEADER_BYTES
        ? null
        : format.batchHeader(window, show(at, JournalFormat.BATCH_HEADER_BYTES));
  }

  /** Whether all of a batch is there and undamaged. */
  boolean isWhole(long at, BatchHeader batch) throws IOException {
    if (length - at < batch.batchBytes()) {
      return false;
    }
    int from = show(at, (int) batch.batchBytes()) + JournalFormat.BATCH_HEADER_BYTES;
    int end = from + batch.recordBytes();
    return ByteBuffer.wrap(window).getInt(end)
        == format.checksum(window, from, batch.recordBytes());
  }

  /** The record at a place, or null when what is there is none or damaged. Good until the next. */
  @Nullable View record(long at, long end) throws IOException {
    if (end - at < JournalFormat.RECORD_HEADER_BYTES) {
      return null;
    }
    int from = show(at, JournalFormat.RECORD_HEADER_BYTES);
    int count = ByteBuffer.wrap(window).getInt(from);
    if (count < JournalFormat.RECORD_HEADER_BYTES
        || count > JournalFormat.MOST_RECORD_BYTES
        || count > end - at) {
      return null;
    }
    from = show(at, count);
    return format.record(window, from, from + count);
  }

  /** Like {@link #record}, where there must be one. */
  View requireRecord(long at) throws IOException {
    View record = record(at, length);
    if (record == null) {
      throw new DamagedFileException(path, at, at + JournalFormat.RECORD_HEADER_BYTES);
    }
    return record;
  }

  /** Where the next batch begins, or -1. */
  long findBatch(long from) throws IOException {
    for (long at = from; at <= length - JournalFormat.BATCH_HEADER_BYTES; at++) {
      int index = show(at, JournalFormat.BATCH_HEADER_BYTES);
      if (window[index] == (byte) (JournalFormat.MARK >>> 24)
          && format.batchHeader(window, index) != null) {
        return at;
      }
    }
    return -1;
  }

  /** Moves the window over some bytes that must be in the file. Returns where they are in it. */
  private int show(long at, int count) throws IOException {
    if (at < windowFrom || at + count > windowFrom + windowCount) {
      int wanted = (int) Math.min(length - at, Math.max(count, WINDOW_BYTES));
      if (wanted > window.length) {
        window = new byte[wanted];
      }
      windowCount = 0;
      file.read(at, window, 0, wanted);
      windowFrom = at;
      windowCount = wanted;
    }
    return (int) (at - windowFrom);
  }
}
