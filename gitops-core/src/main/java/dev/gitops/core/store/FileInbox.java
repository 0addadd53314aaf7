// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.store;

import dev.gitops.core.spi.StateStore;
import dev.gitops.core.spi.StateStore.Stored;
import dev.gitops.core.store.Disk.DiskFile;
import dev.gitops.core.store.JournalFormat.Entry;
import dev.gitops.core.store.JournalFormat.View;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One file for each message, without any lock, so that every process can add one at any time. A
 * message is written under another name, forced and renamed: what has a message's name is whole.
 * The name begins with when it arrived, in milliseconds, or one more than the newest where that is
 * later, so that a clock that is set back does not reorder what one sender says.
 *
 * <p>Two processes that add the same id at the same moment may leave two files: the first counts.
 */
final class FileInbox implements StateStore.Inbox {
  private static final Pattern MESSAGE = Pattern.compile("([0-9a-f]{16})-([a-z0-9%_~-]{1,200})");
  private static final String TEMPORARY = ".new-";
  private static final int MAGIC_BYTES = 12;
  private static final byte[] MAGIC = {'G', 'I', 'T', 'O', 'P', 'S', 'M', '\n', 0, 0, 0, 1};
  private static final int MOST_BYTES =
      MAGIC_BYTES + 64 + 4 * (Batch.NAME_CHARS + Batch.MESSAGE_CHARS);

  /** A message is one file, so that nothing needs to tell it from its neighbours. */
  private static final JournalFormat FORMAT = new JournalFormat(0);

  private static final Duration LONGEST_APPEND = Duration.ofHours(1);

  private final Disk disk;
  private final Path directory;
  private final InstantSource clock;

  FileInbox(Disk disk, Path directory, InstantSource clock) {
    this.disk = disk;
    this.directory = directory;
    this.clock = clock;
  }

  @Override
  public synchronized void append(String id, String message) throws IOException {
    Batch.name("message id", id);
    Batch.message(message);
    NavigableMap<String, Path> waiting = waiting();
    String name = SafeName.of(id);
    if (waiting.keySet().stream().anyMatch(file -> nameOf(file).equals(name))) {
      return;
    }
    if (waiting.size() >= Batch.MESSAGES) {
      throw new IOException(
          directory + " is full: " + Batch.MESSAGES + " messages wait for a reconciler to run");
    }
    long newest = waiting.isEmpty() ? 0 : arrival(waiting.lastKey());
    long arrival = Math.max(Math.max(clock.millis(), 1), newest + 1);
    byte[] record = new Entry(JournalFormat.PUT, arrival, "inbox", id, message).encode(FORMAT);
    byte[] bytes = new byte[MAGIC_BYTES + record.length];
    System.arraycopy(MAGIC, 0, bytes, 0, MAGIC_BYTES);
    System.arraycopy(record, 0, bytes, MAGIC_BYTES, record.length);

    Path temporary = directory.resolve(TEMPORARY + UUID.randomUUID());
    try {
      try (DiskFile file = disk.create(temporary)) {
        file.write(0, bytes, bytes.length);
        file.force();
      }
      disk.rename(temporary, directory.resolve(HexFormat.of().toHexDigits(arrival) + "-" + name));
    } catch (Throwable e) {
      disk.delete(temporary);
      throw e;
    }
    disk.syncDirectory(directory);
  }

  @Override
  public synchronized List<Stored> read() throws IOException {
    TreeMap<String, Stored> first = new TreeMap<>();
    List<Stored> messages = new ArrayList<>();
    for (Path file : waiting().values()) {
      Stored message;
      try {
        message = read(file);
      } catch (NoSuchFileException removed) {
        continue;
      }
      if (first.putIfAbsent(message.key(), message) == null) {
        long last = messages.isEmpty() ? 0 : messages.get(messages.size() - 1).version();
        // Senders in different processes may have arrived in the same millisecond.
        messages.add(
            new Stored(message.key(), Math.max(message.version(), last + 1), message.value()));
      }
    }
    return List.copyOf(messages);
  }

  private Stored read(Path path) throws IOException {
    try (DiskFile file = disk.open(path, false)) {
      byte[] bytes = new byte[(int) Math.min(file.length(), MOST_BYTES)];
      file.read(0, bytes, 0, bytes.length);
      if (bytes.length > MAGIC_BYTES && bytes[MAGIC_BYTES - 1] > 1) {
        throw new IOException(
            path + " was written by a newer version of this library: use that version");
      }
      boolean known =
          bytes.length > MAGIC_BYTES && Arrays.equals(bytes, 0, MAGIC_BYTES, MAGIC, 0, MAGIC_BYTES);
      View record = known ? FORMAT.record(bytes, MAGIC_BYTES, bytes.length) : null;
      if (record == null || record.length() != file.length() - MAGIC_BYTES) {
        throw new IOException(
            path
                + " is a damaged message: restore it from a backup, or delete it and say again what"
                + " it said");
      }
      return new Stored(record.key(), record.version(), record.value());
    }
  }

  @Override
  public synchronized void remove(String id) throws IOException {
    String name = SafeName.of(Batch.name("message id", id));
    boolean removed = false;
    for (var file : waiting().entrySet()) {
      if (nameOf(file.getKey()).equals(name)) {
        disk.delete(file.getValue());
        removed = true;
      }
    }
    if (removed) {
      disk.syncDirectory(directory);
    }
  }

  /** Deletes what crashed senders left; one that sleeps for so long finds out by an exception. */
  void deleteAbandoned() throws IOException {
    Instant abandoned = clock.instant().minus(LONGEST_APPEND);
    for (Path file : list(TEMPORARY + "*")) {
      try {
        if (Files.getLastModifiedTime(file, LinkOption.NOFOLLOW_LINKS)
            .toInstant()
            .isBefore(abandoned)) {
          disk.delete(file);
        }
      } catch (NoSuchFileException renamed) {
        // Its sender is alive.
      }
    }
  }

  private NavigableMap<String, Path> waiting() throws IOException {
    NavigableMap<String, Path> waiting = new TreeMap<>();
    for (Path file : list("[0-9a-f]*")) {
      String name = file.getFileName().toString();
      if (MESSAGE.matcher(name).matches()) {
        waiting.put(name, file);
      }
    }
    return waiting;
  }

  private List<Path> list(String glob) throws IOException {
    List<Path> files = new ArrayList<>();
    try (DirectoryStream<Path> stream = Files.newDirectoryStream(directory, glob)) {
      stream.forEach(files::add);
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
    return files;
  }

  private static long arrival(String file) {
    return HexFormat.fromHexDigitsToLong(file, 0, 16);
  }

  private static String nameOf(String file) {
    Matcher matcher = MESSAGE.matcher(file);
    return matcher.matches() ? matcher.group(2) : "";
  }
}
