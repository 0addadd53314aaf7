// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.store;

import dev.gitops.core.spi.StateStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.function.BiConsumer;

/**
 * A state store in a directory of a local file system. Each namespace is a directory in it, with a
 * journal, a lock and an inbox, readable by their owner alone where the file system knows owners.
 * Nothing is written elsewhere. Thread-safe.
 *
 * <p>A commit is on disk ({@code fsync}) when it returns, all of it or nothing of it, also when the
 * process is killed or the machine loses power. It writes what changes, not what there is. Values
 * stay on disk; in memory is an index of 36 to 72 bytes a record, whatever its size. A journal is
 * written anew when more of it is out of date than not, by the commit that makes it so.
 *
 * <p>One session at a time has a namespace, in all processes of all machines that share the
 * directory, as far as its file system has locks that work; those of network file systems often
 * don't.
 *
 * <p>Damage is found when a namespace is opened (all of it is read once, some 1,000,000 records in
 * a few seconds), or when a record is read. It is an error that names the file and the bytes, never
 * a smaller state. {@link #salvage} reads what is left. The one exception: a last commit that can't
 * be read in a journal that was not closed in order is one that was interrupted, and is cut off
 * with a warning in the log.
 */
public final class FileStateStore implements StateStore {
  private static final long LEAST_GARBAGE = 1 << 20;

  private final Disk disk;
  private final Path directory;
  private final InstantSource clock;
  private final long leastGarbage;

  FileStateStore(Disk disk, Path directory, InstantSource clock, long leastGarbage) {
    this.disk = disk;
    this.directory = directory.toAbsolutePath();
    this.clock = clock;
    this.leastGarbage = leastGarbage;
  }

  /** A store in a directory, which is created when a namespace is first opened. */
  public static FileStateStore at(Path directory) {
    return new FileStateStore(new Disk(), directory, InstantSource.system(), LEAST_GARBAGE);
  }

  @Override
  public Session open(String namespace) throws IOException {
    Path space = create(namespace);
    inbox(space).deleteAbandoned();
    NamespaceLock lock = NamespaceLock.take(disk, space, namespace);
    try {
      return new FileSession(disk, new FileNamespace(disk, space), lock, leastGarbage);
    } catch (Throwable e) {
      lock.close();
      throw e;
    }
  }

  @Override
  public Inbox inbox(String namespace) throws IOException {
    return inbox(create(namespace));
  }

  @Override
  public boolean exclusive() {
    return true;
  }

  /** Bytes of a file that can't be read any more. */
  public record Damage(Path file, long from, long to) {}

  /**
   * Reads what is left of a damaged namespace that nobody has open, and writes nothing. Each record
   * is given once, with its table, in the newest version that is undamaged: what the damage hides
   * may have been newer, or its deletion. To go on with it, commit it into a namespace of a new
   * store, and let people look at what the next plan says.
   *
   * @return what can't be read, in order; empty when all is well. Of a missing file, nothing: from
   *     0 to 0
   * @throws IOException when the files can't be read at all, or are of a newer format
   */
  public List<Damage> salvage(String namespace, BiConsumer<String, Stored> each)
      throws IOException {
    Path space = directory.resolve(SafeName.of(Batch.name("namespace", namespace)));
    return new Salvage(disk, space).read(each);
  }

  private Path create(String namespace) throws IOException {
    Path space = directory.resolve(SafeName.of(Batch.name("namespace", namespace)));
    disk.createDirectories(space);
    Path inbox = space.resolve("inbox");
    disk.createDirectories(inbox);
    for (Path each : List.of(space, inbox)) {
      if (!Files.isDirectory(each, LinkOption.NOFOLLOW_LINKS)) {
        throw new IOException(each + " is a link: nothing is written outside " + directory);
      }
    }
    return space;
  }

  private FileInbox inbox(Path space) {
    return new FileInbox(disk, space.resolve("inbox"), clock);
  }
}
