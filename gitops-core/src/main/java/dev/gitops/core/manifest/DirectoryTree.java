// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.manifest;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A directory as a file tree that writes down all that it was asked. What was asked, asked again
 * with the same answers, is how a directory that changes under our eyes is told from one that does
 * not: a file renamed during a walk may be seen nowhere, which must not be taken for deleted.
 *
 * <p>Content ids are hashes. A file whose size, time and key are as they were is not hashed again,
 * unless it was changed within the last seconds before it was hashed: a clock tick may hide a
 * second change.
 */
final class DirectoryTree implements FileTree {
  private static final long CLOCK_TICK_MILLIS = 2_000;

  private final Path root;
  private final Map<String, Hashed> known;
  private final Map<String, Hashed> files = new TreeMap<>();
  private final Map<String, String> directories = new TreeMap<>();
  private final Map<String, String> links = new TreeMap<>();

  private record Hashed(
      String contentId, long size, FileTime modified, @Nullable Object key, boolean settled) {}

  /** The directory is not what it was a moment ago. */
  static final class ChangedException extends IOException {
    private static final long serialVersionUID = 1;

    ChangedException(String path) {
      super("It changed while it was read: " + path);
    }
  }

  /**
   * A view of a directory.
   *
   * @param before an earlier view, whose hashes are used again; null for none
   */
  DirectoryTree(Path root, @Nullable DirectoryTree before) {
    this.root = root;
    this.known = before != null && before.root.equals(root) ? before.files : Map.of();
  }

  @Override
  public List<Entry> list(String directory) throws IOException {
    Path place = root.resolve(directory);
    if (!place.toRealPath().equals(place)) {
      throw new NotDirectoryException(
          directory + " is, or lies behind, a link; name the directory that it leads to");
    }
    List<Entry> entries = new ArrayList<>();
    StringBuilder names = new StringBuilder();
    try (DirectoryStream<Path> stream = Files.newDirectoryStream(place)) {
      for (Path path : stream) {
        String name = path.getFileName().toString();
        Type type = type(attributes(path));
        entries.add(new Entry(directory.isEmpty() ? name : directory + "/" + name, type, ""));
      }
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
    entries.sort(Comparator.comparing(Entry::path));
    entries.forEach(entry -> names.append(entry.type()).append(entry.path()).append('\0'));
    directories.put(directory, names.toString());
    return entries;
  }

  @Override
  public String contentId(Entry entry) throws IOException {
    return entry.type() == Type.FILE ? hashed(entry.path()).contentId : "";
  }

  @Override
  public byte[] read(Entry entry, int limit) throws IOException {
    Path path = root.resolve(entry.path());
    if (entry.type() == Type.LINK) {
      return target(entry.path()).getBytes(StandardCharsets.UTF_8);
    }
    String expected = hashed(entry.path()).contentId;
    byte[] content;
    try (InputStream in = Files.newInputStream(path, LinkOption.NOFOLLOW_LINKS)) {
      content = in.readNBytes(limit);
    }
    if (content.length < limit && !expected.equals(hex(sha256().digest(content)))) {
      throw new ChangedException(entry.path());
    }
    return content;
  }

  boolean isAt(Path place) {
    return root.equals(place);
  }

  /** Asks everything again that this tree was asked, of the directory as it is now. */
  DirectoryTree again() throws IOException {
    DirectoryTree again = new DirectoryTree(root, this);
    for (String directory : directories.keySet()) {
      again.list(directory);
    }
    for (String file : files.keySet()) {
      again.hashed(file);
    }
    for (String link : links.keySet()) {
      again.target(link);
    }
    return again;
  }

  /** A hash of everything that this tree was asked, and of the answers. */
  String fingerprint() {
    MessageDigest digest = sha256();
    directories.forEach((path, names) -> add(digest, "directory", path, names));
    files.forEach((path, hashed) -> add(digest, "file", path, hashed.contentId));
    links.forEach((path, target) -> add(digest, "link", path, target));
    return hex(digest.digest());
  }

  private String target(String path) throws IOException {
    Path target = Files.readSymbolicLink(root.resolve(path));
    String text = target.toString().replace(root.getFileSystem().getSeparator(), "/");
    links.put(path, text);
    return text;
  }

  private Hashed hashed(String file) throws IOException {
    Hashed hashed = files.get(file);
    if (hashed == null) {
      hashed = hash(file);
      files.put(file, hashed);
    }
    return hashed;
  }

  private Hashed hash(String file) throws IOException {
    Path path = root.resolve(file);
    BasicFileAttributes is = attributes(path);
    Hashed was = known.get(file);
    if (was != null && was.settled && same(was, is)) {
      return was;
    }
    long now = System.currentTimeMillis();
    if (type(is) != Type.FILE) {
      throw new ChangedException(file);
    }
    MessageDigest digest = sha256();
    try (InputStream in = Files.newInputStream(path, LinkOption.NOFOLLOW_LINKS)) {
      byte[] buffer = new byte[1 << 14];
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        digest.update(buffer, 0, n);
      }
    }
    Hashed hashed =
        new Hashed(
            hex(digest.digest()),
            is.size(),
            is.lastModifiedTime(),
            is.fileKey(),
            is.lastModifiedTime().toMillis() < now - CLOCK_TICK_MILLIS);
    if (!same(hashed, attributes(path))) {
      throw new ChangedException(file);
    }
    return hashed;
  }

  private static boolean same(Hashed was, BasicFileAttributes is) {
    return type(is) == Type.FILE
        && was.size == is.size()
        && was.modified.equals(is.lastModifiedTime())
        && Objects.equals(was.key, is.fileKey());
  }

  private static BasicFileAttributes attributes(Path path) throws IOException {
    return Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
  }

  private static Type type(BasicFileAttributes attributes) {
    if (attributes.isRegularFile()) {
      return Type.FILE;
    } else if (attributes.isDirectory()) {
      return Type.DIRECTORY;
    } else {
      return attributes.isSymbolicLink() ? Type.LINK : Type.OTHER;
    }
  }

  private static void add(MessageDigest digest, String... parts) {
    for (String part : parts) {
      byte[] bytes = part.getBytes(StandardCharsets.UTF_8);
      digest.update((bytes.length + ":").getBytes(StandardCharsets.US_ASCII));
      digest.update(bytes);
    }
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java platform has SHA-256", e);
    }
  }

  private static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }
}
