// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Directories that only this user can look into, where the file system knows of users. */
final class OwnFiles {
  private static final Set<PosixFilePermission> PRIVATE =
      PosixFilePermissions.fromString("rwx------");
  private static final Set<PosixFilePermission> WRITE_OF_OTHERS =
      EnumSet.of(PosixFilePermission.GROUP_WRITE, PosixFilePermission.OTHERS_WRITE);
  private static final Pattern OURS = Pattern.compile("[0-9a-f]{32}\\..*");

  private OwnFiles() {}

  /**
   * Makes a cache directory, or checks the one that is there. Every clone in it is closed to others
   * by itself; but who may write here could put another in its place.
   *
   * @throws IOException if others may write into it, and it is not ours to change that
   */
  static void makeDirectory(Path directory) throws IOException {
    if (!isPosix(directory)) {
      Files.createDirectories(directory);
      return;
    }
    if (!Files.isDirectory(directory)) {
      FileAttribute<?> permissions = PosixFilePermissions.asFileAttribute(PRIVATE);
      Files.createDirectories(directory, permissions);
      return;
    }
    Set<PosixFilePermission> now = Files.getPosixFilePermissions(directory);
    if (now.stream().noneMatch(WRITE_OF_OTHERS::contains)) {
      return;
    }
    if (!holdsNothingElse(directory)) {
      throw new IOException(
          "Others may write into the cache directory %s (%s), so what it holds can't be trusted. Name a directory of its own for the cache, or chmod 700 it"
              .formatted(directory, PosixFilePermissions.toString(now)));
    }
    close(directory);
  }

  /** A directory with other things in it has other uses, which its permissions may be part of. */
  private static boolean holdsNothingElse(Path directory) throws IOException {
    try (Stream<Path> all = Files.list(directory)) {
      return all.allMatch(path -> OURS.matcher(path.getFileName().toString()).matches());
    }
  }

  /**
   * Takes everyone else's permissions away.
   *
   * @throws IOException if it belongs to somebody else
   */
  static void close(Path directory) throws IOException {
    if (isPosix(directory) && !Files.getPosixFilePermissions(directory).equals(PRIVATE)) {
      try {
        Files.setPosixFilePermissions(directory, PRIVATE);
      } catch (IOException e) {
        throw new IOException(
            "The cache in %s can't be closed to others. Delete it, or give this source a cache directory of its own"
                .formatted(directory),
            e);
      }
    }
  }

  private static boolean isPosix(Path path) {
    return path.getFileSystem().supportedFileAttributeViews().contains("posix");
  }
}
