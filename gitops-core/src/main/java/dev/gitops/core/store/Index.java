// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.store;

import java.nio.ByteBuffer;
import java.security.MessageDigest;

/**
 * Where the records of one table are in a journal: an open-addressing hash table over arrays, 36
 * bytes a slot. Keys are kept as the first 128 bits of their SHA-256, so a key costs 16 bytes
 * whatever its length; two keys with the same 128 bits will not be met. Not thread-safe.
 */
final class Index {
  private static final int FIRST_CAPACITY = 16;

  private long[] high = new long[FIRST_CAPACITY];
  private long[] low = new long[FIRST_CAPACITY];
  private long[] offsets = new long[FIRST_CAPACITY];
  private long[] versions = new long[FIRST_CAPACITY];

  /** How many bytes a record has in the journal; 0 marks a free slot. */
  private int[] lengths = new int[FIRST_CAPACITY];

  private int size;

  /** The 128 bits that stand for a key. */
  record Hash(long high, long low) {
    static Hash of(MessageDigest sha256, byte[] key, int from, int count) {
      sha256.update(key, from, count);
      ByteBuffer digest = ByteBuffer.wrap(sha256.digest());
      return new Hash(digest.getLong(), digest.getLong());
    }
  }

  int size() {
    return size;
  }

  /** The slot of a key, or -1; good until the next change. */
  int find(Hash key) {
    int slot = slot(key);
    return lengths[slot] == 0 ? -1 : slot;
  }

  long offset(int slot) {
    return offsets[slot];
  }

  long version(int slot) {
    return versions[slot];
  }

  int length(int slot) {
    return lengths[slot];
  }

  /** Sets where a key's record is. Returns the length of the one before it, 0 if there was none. */
  int put(Hash key, long offset, int length, long version) {
    if ((size + 1) * 4L > lengths.length * 3L) {
      grow();
    }
    int slot = slot(key);
    int before = lengths[slot];
    if (before == 0) {
      size++;
    }
    set(slot, key.high(), key.low(), offset, length, version);
    return before;
  }

  /** Forgets a key. Returns the length of its record, 0 if there was none. */
  int remove(Hash key) {
    int hole = slot(key);
    int before = lengths[hole];
    if (before == 0) {
      return 0;
    }
    size--;
    lengths[hole] = 0;
    // What was pushed behind the hole by it moves up, so that no search ends too early.
    for (int next = after(hole); lengths[next] != 0; next = after(next)) {
      int home = home(high[next]);
      boolean stays = hole <= next ? hole < home && home <= next : hole < home || home <= next;
      if (!stays) {
        set(hole, high[next], low[next], offsets[next], lengths[next], versions[next]);
        lengths[next] = 0;
        hole = next;
      }
    }
    return before;
  }

  /** Where all records are, in no order. */
  long[] allOffsets() {
    long[] all = new long[size];
    int count = 0;
    for (int slot = 0; slot < lengths.length; slot++) {
      if (lengths[slot] != 0) {
        all[count++] = offsets[slot];
      }
    }
    return all;
  }

  private void set(int slot, long high, long low, long offset, int length, long version) {
    this.high[slot] = high;
    this.low[slot] = low;
    offsets[slot] = offset;
    lengths[slot] = length;
    versions[slot] = version;
  }

  private int slot(Hash key) {
    int slot = home(key.high());
    while (lengths[slot] != 0 && (high[slot] != key.high() || low[slot] != key.low())) {
      slot = after(slot);
    }
    return slot;
  }

  private int home(long high) {
    return (int) (((high >>> 32) * lengths.length) >>> 32);
  }

  private int after(int slot) {
    return slot + 1 == lengths.length ? 0 : slot + 1;
  }

  private void grow() {
    long[] oldHigh = high;
    long[] oldLow = low;
    long[] oldOffsets = offsets;
    long[] oldVersions = versions;
    int[] oldLengths = lengths;
    int capacity = Math.toIntExact(oldLengths.length * 3L / 2);
    high = new long[capacity];
    low = new long[capacity];
    offsets = new long[capacity];
    versions = new long[capacity];
    lengths = new int[capacity];
    for (int i = 0; i < oldLengths.length; i++) {
      if (oldLengths[i] != 0) {
        int slot = slot(new Hash(oldHigh[i], oldLow[i]));
        set(slot, oldHigh[i], oldLow[i], oldOffsets[i], oldLengths[i], oldVersions[i]);
      }
    }
  }
}
