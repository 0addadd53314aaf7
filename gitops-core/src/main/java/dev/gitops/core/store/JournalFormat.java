// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.store;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The bytes of a journal, format version 1, all numbers big-endian.
 *
 * <pre>
 * file    header batch*
 * header  magic 8, format version 4, zero 4, generation 8, version of the namespace 8, salt 8, CRC 4
 * batch   mark 4, length of its records 4, sequence 8, CRC of these 4, record*, CRC of all records 4
 * record  length of it all 4, CRC of the rest 4, kind 1, version 8, length of table 2, length of
 *         key 2, table, key, value
 * </pre>
 *
 * Each checksum (CRC-32C) begins with the salt, random and the namespace's own, so that no value
 * can be taken for a batch, nor a batch of another namespace for one of this. A record has a
 * checksum of its own because it is read alone, and so that damage beside it does not cost it. A
 * batch without records says that the journal was closed in order.
 */
final class JournalFormat {
  static final int VERSION = 1;
  static final byte[] MAGIC = "GITOPSJ\n".getBytes(StandardCharsets.US_ASCII);
  static final int HEADER_BYTES = 44;
  static final int BATCH_HEADER_BYTES = 20;
  static final int BATCH_END_BYTES = 4;
  static final int RECORD_HEADER_BYTES = 21;

  /** A bound on what is read into memory at once, and on what a commit may write. */
  static final int MOST_RECORD_BYTES = 256 << 20;

  static final int MARK = 0xB47C_4A01;
  static final byte PUT = 1;
  static final byte DELETE = 2;

  private final long salt;

  JournalFormat(long salt) {
    this.salt = salt;
  }

  long salt() {
    return salt;
  }

  /** What the header of a journal says. */
  record Header(long generation, long version, long salt) {}

  static byte[] header(Header header) {
    ByteBuffer bytes = ByteBuffer.allocate(HEADER_BYTES);
    bytes.put(MAGIC).putInt(VERSION).putInt(0);
    bytes.putLong(header.generation()).putLong(header.version()).putLong(header.salt());
    CRC32C crc = new CRC32C();
    crc.update(bytes.array(), 0, bytes.position());
    return bytes.putInt((int) crc.getValue()).array();
  }

  /** The header, or null when it is damaged. */
  static @Nullable Header header(byte[] bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, 0, HEADER_BYTES - 4);
    ByteBuffer from = ByteBuffer.wrap(bytes);
    return from.getInt(HEADER_BYTES - 4) == (int) crc.getValue()
        ? new Header(from.getLong(16), from.getLong(24), from.getLong(32))
        : null;
  }

  /** One record of a journal. A deleted one has an empty value. */
  record Entry(byte kind, long version, String table, String key, String value) {
    byte[] encode(JournalFormat format) {
      byte[] tableBytes = table.getBytes(StandardCharsets.UTF_8);
      byte[] keyBytes = key.getBytes(StandardCharsets.UTF_8);
      byte[] valueBytes = value.getBytes(StandardCharsets.UTF_8);
      int length = RECORD_HEADER_BYTES + tableBytes.length + keyBytes.length + valueBytes.length;
      ByteBuffer bytes = ByteBuffer.allocate(length).putInt(length).putInt(0);
      bytes.put(kind).putLong(version);
      bytes.putShort((short) tableBytes.length).putShort((short) keyBytes.length);
      bytes.put(tableBytes).put(keyBytes).put(valueBytes);
      bytes.putInt(4, format.checksum(bytes.array(), 8, length - 8));
      return bytes.array();
    }
  }

  /** Where the parts of an undamaged record are; strings are made only of those that are asked. */
  static final class View {
    private final byte[] bytes;
    private final int from;
    private final int length;

    private View(byte[] bytes, int from, int length) {
      this.bytes = bytes;
      this.from = from;
      this.length = length;
    }

    int length() {
      return length;
    }

    byte[] bytes() {
      return bytes;
    }

    int from() {
      return from;
    }

    Index.Hash hash(MessageDigest sha256) {
      return Index.Hash.of(sha256, bytes, keyFrom(), keyLength());
    }

    byte kind() {
      return bytes[from + 8];
    }

    long version() {
      return ByteBuffer.wrap(bytes).getLong(from + 9);
    }

    private int tableFrom() {
      return from + RECORD_HEADER_BYTES;
    }

    private int tableLength() {
      return ByteBuffer.wrap(bytes).getShort(from + 17) & 0xffff;
    }

    private int keyFrom() {
      return tableFrom() + tableLength();
    }

    private int keyLength() {
      return ByteBuffer.wrap(bytes).getShort(from + 19) & 0xffff;
    }

    String table() {
      return new String(bytes, tableFrom(), tableLength(), StandardCharsets.UTF_8);
    }

    String key() {
      return new String(bytes, keyFrom(), keyLength(), StandardCharsets.UTF_8);
    }

    String value() {
      int at = keyFrom() + keyLength();
      return new String(bytes, at, from + length - at, StandardCharsets.UTF_8);
    }
  }

  /** The record at a place in some bytes, or null when what is there is none, or damaged. */
  @Nullable View record(byte[] bytes, int from, int end) {
    if (end - from < RECORD_HEADER_BYTES) {
      return null;
    }
    ByteBuffer buffer = ByteBuffer.wrap(bytes);
    int length = buffer.getInt(from);
    if (length < RECORD_HEADER_BYTES || length > end - from) {
      return null;
    }
    View view = new View(bytes, from, length);
    boolean whole =
        buffer.getInt(from + 4) == checksum(bytes, from + 8, length - 8)
            && view.keyFrom() + view.keyLength() <= from + length;
    return whole ? view : null;
  }

  /** What stands before the records of a batch. */
  record BatchHeader(int recordBytes, long sequence) {
    /** How many bytes the batch has from its mark to its end. */
    long batchBytes() {
      return (long) BATCH_HEADER_BYTES + recordBytes + BATCH_END_BYTES;
    }
  }

  /** A whole batch around records that are encoded already. */
  byte[] batch(long sequence, byte[] records, int count) {
    ByteBuffer bytes = ByteBuffer.allocate(BATCH_HEADER_BYTES + count + BATCH_END_BYTES);
    bytes.putInt(MARK).putInt(count).putLong(sequence);
    bytes.putInt(checksum(bytes.array(), 0, 16));
    bytes.put(records, 0, count);
    return bytes.putInt(checksum(records, 0, count)).array();
  }

  /** The header of a batch at a place in some bytes, or null when there is none. */
  @Nullable BatchHeader batchHeader(byte[] bytes, int from) {
    ByteBuffer buffer = ByteBuffer.wrap(bytes);
    int length = buffer.getInt(from + 4);
    boolean whole =
        buffer.getInt(from) == MARK
            && buffer.getInt(from + 16) == checksum(bytes, from, 16)
            && length >= 0
            && length <= MOST_RECORD_BYTES;
    return whole ? new BatchHeader(length, buffer.getLong(from + 8)) : null;
  }

  int checksum(byte[] bytes, int from, int count) {
    CRC32C crc = new CRC32C();
    for (int shift = 56; shift >= 0; shift -= 8) {
      crc.update((int) (salt >>> shift) & 0xff);
    }
    crc.update(bytes, from, count);
    return (int) crc.getValue();
  }
}
