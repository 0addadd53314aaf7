// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.UUID;
import java.util.stream.Stream;
import org.eclipse.jgit.api.Git;
import org.eclipse.jgit.api.errors.GitAPIException;
import org.eclipse.jgit.lib.Repository;
import org.eclipse.jgit.lib.StoredConfig;
import org.eclipse.jgit.storage.file.FileRepositoryBuilder;
import org.jspecify.annotations.Nullable;

/**
 * The files of one clone inside a cache: {@code <key>.git}, beside it {@code <key>.lock}, and for
 * moments {@code <key>.<random>}. The key is a digest of URL and access, so that a clone belongs to
 * one of them. All but {@link #locked} and {@link #open} is called with the lock held.
 *
 * <p>A new clone is an empty repository that is complete before it gets its name; it fills by
 * ordinary fetches, of which a crash leaves at most garbage. Its generation is a file inside, so
 * that other sources notice when it was replaced.
 */
final class CloneDirectory {
  private static final String GENERATION = "gitops-clone";
  private static final String FORMAT = "1 ";
  static final int MAX_PACKS = 100;

  private final Path cache;
  private final GitUrl url;
  private final String key;
  private final Path clone;
  private final Path before;

  /**
   * The place of a clone, which need not be there.
   *
   * @param access the {@linkplain GitAccess#identity identity} of whoever clones
   */
  CloneDirectory(Path cache, GitUrl url, String access) {
    this.cache = cache;
    this.url = url;
    this.key = key(url, access);
    this.clone = cache.resolve(key + ".git");
    this.before = cache.resolve(key + ".before");
  }

  private static String key(GitUrl url, String access) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256")
              .digest((url + "\n" + access).getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest, 0, 16);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /** What is done with the lock held. */
  @FunctionalInterface
  interface Work<T> {
    T run() throws IOException;
  }

  <T> T locked(Duration atMost, Work<T> work) throws IOException {
    OwnFiles.makeDirectory(cache);
    CacheLock lock = CacheLock.acquire(cache.resolve(key + ".lock"), atMost);
    try {
      return work.run();
    } finally {
      lock.close();
    }
  }

  /** Which clone stands there; null if none that is complete and of our URL. */
  @Nullable String generation() throws IOException {
    String text;
    try {
      text = Files.readString(clone.resolve(GENERATION));
    } catch (NoSuchFileException e) {
      return null;
    }
    String expected = FORMAT + url + "\n";
    return text.startsWith(expected) && text.endsWith("\n") && text.length() > expected.length()
        ? text.substring(expected.length())
        : null;
  }

  /**
   * Puts an empty clone in the place of what stands there, which is kept aside until it is
   * {@linkplain #decide decided} which of them stays; returns its generation.
   */
  String recreate() throws IOException {
    deleteLeftovers();
    Path fresh = cache.resolve(key + "." + UUID.randomUUID());
    String generation = UUID.randomUUID() + "\n";
    OwnFiles.makeDirectory(fresh);
    try (Repository repository = builder(fresh).build()) {
      repository.create(true);
      configure(repository.getConfig());
    }
    Files.writeString(fresh.resolve(GENERATION), FORMAT + url + "\n" + generation);
    if (Files.exists(clone)) {
      Files.move(clone, before, StandardCopyOption.ATOMIC_MOVE);
    }
    Files.move(fresh, clone, StandardCopyOption.ATOMIC_MOVE);
    return generation;
  }

  /** Takes away what was there before a clone was recreated, or the recreated one instead. */
  void decide(boolean forTheFresh) throws IOException {
    if (!forTheFresh && Files.exists(before)) {
      Files.move(
          clone, cache.resolve(key + "." + UUID.randomUUID()), StandardCopyOption.ATOMIC_MOVE);
      Files.move(before, clone, StandardCopyOption.ATOMIC_MOVE);
    }
    deleteLeftovers();
  }

  /** Everything that a user's or system's configuration could change about a fetch, said here. */
  private void configure(StoredConfig config) throws IOException {
    config.setInt("core", null, "repositoryformatversion", 0);
    config.setBoolean("core", null, "logAllRefUpdates", false);
    config.setInt("protocol", null, "version", 2);
    config.setBoolean("fetch", null, "fsckObjects", false);
    config.setBoolean("transfer", null, "fsckObjects", false);
    config.setInt("gc", null, "auto", 0);
    // Or else packs of the last hour stay, and every fetch of a busy hour would compact again.
    config.setString("gc", null, "prunePackExpire", "now");
    if (url.isHttp()) {
      // As specific as a section can be: it wins over every http section of the user.
      String here = url.toString();
      config.setBoolean("http", here, "sslVerify", true);
      config.setString("http", here, "followRedirects", "initial");
      config.setInt("http", here, "maxRedirects", 5);
      config.setInt("http", here, "postBuffer", 1 << 20);
      config.setString("http", here, "extraHeader", "");
      config.setString("http", here, "cookieFile", "");
      config.setBoolean("http", here, "saveCookies", false);
      config.setString("http", here, "userAgent", "gitops");
    }
    config.save();
  }

  Repository open() throws IOException {
    OwnFiles.close(clone);
    return new ReceivingRepository(builder(clone).setMustExist(true).setup());
  }

  private static FileRepositoryBuilder builder(Path directory) {
    return new FileRepositoryBuilder().setBare().setGitDir(directory.toFile());
  }

  /** Takes away what a process that died in the middle of a fetch has left behind. */
  void sweep() throws IOException {
    deleteLeftovers();
    Path objects = clone.resolve("objects");
    Files.walkFileTree(
        clone,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) {
            // Loose objects: two digits. There is nothing to find among them.
            return directory.startsWith(objects) && directory.getFileName().toString().length() == 2
                ? FileVisitResult.SKIP_SUBTREE
                : FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            String name = file.getFileName().toString();
            if (name.endsWith(".lock") || name.endsWith(".keep") || name.startsWith("incoming_")) {
              Files.deleteIfExists(file);
            }
            return FileVisitResult.CONTINUE;
          }
        });
  }

  /** Takes away the lock of one ref, and that of all packed refs. */
  void breakLock(String ref) throws IOException {
    Files.deleteIfExists(clone.resolve(ref + ".lock"));
    Files.deleteIfExists(clone.resolve("packed-refs.lock"));
  }

  private void deleteLeftovers() throws IOException {
    try (Stream<Path> all = Files.list(cache)) {
      for (Path path : all.toList()) {
        String name = path.getFileName().toString();
        if (name.startsWith(key + ".")
            && !name.equals(key + ".git")
            && !name.equals(key + ".lock")) {
          delete(path);
        }
      }
    }
  }

  /** Every fetch adds a pack, and every pack makes each look-up slower. */
  void compact(Repository repository, int maxPacks) throws IOException {
    try (Stream<Path> packs = Files.list(clone.resolve("objects").resolve("pack"))) {
      if (packs.filter(file -> file.toString().endsWith(".idx")).count() <= maxPacks) {
        return;
      }
    }
    try {
      Git.wrap(repository).gc().call();
    } catch (GitAPIException e) {
      throw new IOException("The clone in " + clone + " can't be compacted", e);
    }
  }

  /** Deletes a directory with all that is in it, or a file; the absent is deleted already. */
  static void delete(Path root) throws IOException {
    if (!Files.exists(root)) {
      return;
    }
    Files.walkFileTree(
        root,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.deleteIfExists(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException exception)
              throws IOException {
            Files.deleteIfExists(directory);
            return FileVisitResult.CONTINUE;
          }
        });
  }
}
