// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.store;

import dev.gitops.core.spi.StateStore.Stored;
import dev.gitops.core.store.Disk.DiskFile;
import dev.gitops.core.store.FileNamespace.Current;
import dev.gitops.core.store.FileStateStore.Damage;
import dev.gitops.core.store.JournalFormat.BatchHeader;
import dev.gitops.core.store.JournalFormat.View;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Reads what is undamaged in a namespace's files. Newest journal first: an older one, which is
 * there only when something went wrong, adds the keys of which the newer one says nothing.
 */
final class Salvage {
  /** Where a record would be that is known to be deleted. */
  private static final long DELETED = -1;

  private final Disk disk;
  private final Path directory;
  private final MessageDigest sha256 = SafeName.sha256();
  private final List<Damage> damage = new ArrayList<>();
  private final List<Map<String, Index>> newer = new ArrayList<>();
  private @Nullable Current current;

  Salvage(Disk disk, Path directory) {
    this.disk = disk;
    this.directory = directory;
  }

  List<Damage> read(BiConsumer<String, Stored> each) throws IOException {
    List<Path> journals = journals();
    for (int i = journals.size() - 1; i >= 0; i--) {
      read(journals.get(i), each);
    }
    return List.copyOf(damage);
  }

  private List<Path> journals() throws IOException {
    FileNamespace files = new FileNamespace(disk, directory);
    Map<Long, Path> journals = files.journals();
    Path pointer = directory.resolve("CURRENT");
    try {
      current = files.current().orElse(null);
      if (current == null && !journals.isEmpty()) {
        damage.add(new Damage(pointer, 0, 0));
      }
    } catch (DamagedFileException e) {
      damage.add(new Damage(pointer, 0, Files.size(pointer)));
    }
    if (current == null) {
      return List.copyOf(journals.values());
    }
    Path counts = files.journal(current.generation());
    if (journals.containsValue(counts)) {
      return List.of(counts);
    }
    damage.add(new Damage(counts, 0, 0));
    return List.copyOf(journals.values());
  }

  private void read(Path path, BiConsumer<String, Stored> each) throws IOException {
    try (DiskFile file = disk.open(path, false)) {
      JournalFormat format = format(path, file);
      if (format == null) {
        damage.add(new Damage(path, 0, file.length()));
        return;
      }
      JournalReader reader = new JournalReader(path, file, format);
      Map<String, Index> tables = new HashMap<>();
      for (long at = JournalFormat.HEADER_BYTES; at < reader.length(); ) {
        at = readBatch(path, reader, at, tables);
      }
      for (Map.Entry<String, Index> table : tables.entrySet()) {
        for (long offset : table.getValue().allOffsets()) {
          View record = offset == DELETED ? null : reader.requireRecord(offset);
          if (record != null && isNews(table.getKey(), record)) {
            each.accept(table.getKey(), new Stored(record.key(), record.version(), record.value()));
          }
        }
      }
      newer.add(tables);
    }
  }

  private @Nullable JournalFormat format(Path path, DiskFile file) throws IOException {
    try {
      return new JournalFormat(JournalReader.header(path, file).salt());
    } catch (DamagedFileException e) {
      if (current == null) {
        return null;
      }
      long end = Math.min(JournalFormat.HEADER_BYTES, file.length());
      damage.add(new Damage(path, 0, end));
      return new JournalFormat(current.salt());
    }
  }

  private boolean isNews(String table, View record) {
    Index.Hash key = record.hash(sha256);
    return newer.stream()
        .map(tables -> tables.get(table))
        .allMatch(index -> index == null || index.find(key) < 0);
  }

  /** Reads what begins at a place, a batch or not. Returns where the next begins. */
  private long readBatch(Path path, JournalReader reader, long at, Map<String, Index> tables)
      throws IOException {
    BatchHeader batch = reader.batchHeader(at);
    boolean whole = batch != null && reader.isWhole(at, batch);
    long end = reader.length();
    if (batch != null && whole) {
      end = at + batch.batchBytes();
    } else {
      long next = reader.findBatch(at + 1);
      end = next < 0 ? end : next;
    }
    if (batch == null) {
      damage.add(new Damage(path, at, end));
      return end;
    }
    long recordsFrom = at + JournalFormat.BATCH_HEADER_BYTES;
    long recordsEnd = Math.min(recordsFrom + batch.recordBytes(), end);
    long damaged = -1;
    for (long from = recordsFrom; from < recordsEnd; ) {
      View record = reader.record(from, recordsEnd);
      if (record == null) {
        damaged = damaged < 0 ? from : damaged;
        from++;
        continue;
      }
      if (damaged >= 0) {
        damage.add(new Damage(path, damaged, from));
        damaged = -1;
      }
      index(record, from, tables);
      from += record.length();
    }
    if (damaged >= 0 || !whole) {
      damage.add(new Damage(path, damaged >= 0 ? damaged : recordsEnd, end));
    }
    return end;
  }

  private void index(View record, long at, Map<String, Index> tables) {
    boolean deleted = record.kind() == JournalFormat.DELETE;
    tables
        .computeIfAbsent(record.table(), name -> new Index())
        .put(record.hash(sha256), deleted ? DELETED : at, record.length(), record.version());
  }
}
