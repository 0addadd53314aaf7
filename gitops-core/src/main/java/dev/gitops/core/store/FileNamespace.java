// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.store;

import dev.gitops.core.store.Disk.DiskFile;
import dev.gitops.core.store.JournalFormat.Header;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The files of a namespace: journals, each a generation, and the file {@code CURRENT} that names
 * the one that counts. A new generation is written whole and forced before {@code CURRENT} is
 * replaced by renaming, and only after that is durable is the old one deleted: whenever the process
 * or the machine stops, {@code CURRENT} names a complete journal.
 */
final class FileNamespace {
  private static final Logger LOG = LoggerFactory.getLogger(FileNamespace.class);
  private static final Pattern JOURNAL = Pattern.compile("journal-([0-9]{6,18})\\.log");
  private static final Pattern POINTER =
      Pattern.compile("journal-([0-9]{6,18})\\.log ([0-9a-f]{16})");
  private static final String CURRENT = "CURRENT";

  private final Disk disk;
  private final Path directory;

  /** What {@code CURRENT} says: which journal counts, and the salt of its checksums once more. */
  record Current(long generation, long salt) {}

  FileNamespace(Disk disk, Path directory) {
    this.disk = disk;
    this.directory = directory;
  }

  /** Opens the journal that counts, or creates the first one. */
  Journal open() throws IOException {
    Optional<Current> current = current();
    Journal journal;
    if (current.isPresent()) {
      Path path = journal(current.get().generation());
      if (!Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) {
        throw new DamagedFileException(
            path + " is missing, but " + directory.resolve(CURRENT) + " names it");
      }
      journal = Journal.open(disk, path, current.get());
    } else {
      journal = createFirst();
    }
    try {
      deleteOthers(journal);
      return journal;
    } catch (Throwable e) {
      journal.close();
      throw e;
    }
  }

  private Journal createFirst() throws IOException {
    for (Path path : journals().values()) {
      // Without CURRENT nothing was ever committed, so a crash in here left a header at most.
      if (Files.size(path) > JournalFormat.HEADER_BYTES) {
        throw new DamagedFileException(
            directory.resolve(CURRENT) + " is missing, but there are commits in " + path);
      }
      disk.delete(path);
    }
    Header header = new Header(1, 0, new SecureRandom().nextLong());
    Journal journal = Journal.create(disk, journal(1), header);
    try {
      journal.force();
      disk.syncDirectory(directory);
      switchTo(journal);
      return journal;
    } catch (Throwable e) {
      journal.close();
      throw e;
    }
  }

  /** Writes what is live into a journal of its own, which does not count yet. */
  Journal compact(Journal old) throws IOException {
    Path path = journal(old.current().generation() + 1);
    disk.delete(path);
    try {
      Journal journal = old.copyLive(disk, path);
      try {
        journal.force();
        disk.syncDirectory(directory);
        return journal;
      } catch (Throwable e) {
        journal.close();
        throw e;
      }
    } catch (IOException e) {
      disk.delete(path);
      throw e;
    }
  }

  /** Makes a journal the one that counts. After an exception, it may count or not. */
  void switchTo(Journal journal) throws IOException {
    Path temporary = directory.resolve(CURRENT + ".tmp");
    disk.delete(temporary);
    String salt = HexFormat.of().toHexDigits(journal.current().salt());
    byte[] text =
        (journal.path().getFileName() + " " + salt + "\n").getBytes(StandardCharsets.US_ASCII);
    try (DiskFile file = disk.create(temporary)) {
      file.write(0, text, text.length);
      file.force();
    }
    disk.rename(temporary, directory.resolve(CURRENT));
    disk.syncDirectory(directory);
  }

  void deleteOthers(Journal current) throws IOException {
    disk.delete(directory.resolve(CURRENT + ".tmp"));
    for (Path journal : journals().values()) {
      if (!journal.equals(current.path())) {
        LOG.debug("{}: delete, {} counts", journal, current.path());
        disk.delete(journal);
      }
    }
  }

  /** The generation that counts; empty in a new namespace. */
  Optional<Current> current() throws IOException {
    Path path = directory.resolve(CURRENT);
    String text;
    try {
      text = Files.readString(path, StandardCharsets.ISO_8859_1);
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
    Matcher name = POINTER.matcher(text.strip());
    if (!name.matches()) {
      throw new DamagedFileException(path + " does not name a journal as it should");
    }
    return Optional.of(
        new Current(Long.parseLong(name.group(1)), HexFormat.fromHexDigitsToLong(name.group(2))));
  }

  /** All journals, by generation. */
  SortedMap<Long, Path> journals() throws IOException {
    SortedMap<Long, Path> journals = new TreeMap<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, "journal-*.log")) {
      for (Path file : files) {
        Matcher name = JOURNAL.matcher(file.getFileName().toString());
        if (name.matches()) {
          journals.put(Long.parseLong(name.group(1)), file);
        }
      }
    } catch (java.nio.file.DirectoryIteratorException e) {
      throw e.getCause();
    }
    return journals;
  }

  Path journal(long generation) {
    return directory.resolve(String.format(Locale.ROOT, "journal-%06d.log", generation));
  }
}
