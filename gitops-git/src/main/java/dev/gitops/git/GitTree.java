// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import dev.gitops.core.manifest.FileTree;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.eclipse.jgit.errors.CorruptObjectException;
import org.eclipse.jgit.errors.LargeObjectException;
import org.eclipse.jgit.lib.Constants;
import org.eclipse.jgit.lib.FileMode;
import org.eclipse.jgit.lib.ObjectId;
import org.eclipse.jgit.lib.ObjectLoader;
import org.eclipse.jgit.lib.ObjectReader;
import org.eclipse.jgit.treewalk.CanonicalTreeParser;
import org.jspecify.annotations.Nullable;

/**
 * The files of one commit, read from its tree objects; content ids are the hashes of blobs and
 * trees. For one thread, until closed.
 *
 * <p>What no file system could hold, or what two of them would hold differently, is an {@link
 * FileTree.Type#OTHER}: a submodule, a name that is not UTF-8, that would be {@code .git} or leave
 * the directory on some system, or that another differs from only in case.
 */
final class GitTree implements FileTree, AutoCloseable {
  /** Some 350,000 entries, which take ten times as much memory when they are listed. */
  static final int MAX_TREE_BYTES = 16 << 20;

  private static final Set<String> NAMES_OF_GIT = Set.of(".git", "git~1");
  private static final Pattern INVISIBLE = Pattern.compile("\\p{Cf}");
  private static final Pattern DROPPED = Pattern.compile("[. ]+$");

  private final ObjectReader reader;
  private final Map<String, ObjectId> directories = new HashMap<>();
  private final Map<String, String> reasons = new HashMap<>();
  private @Nullable String lastDirectory;
  private List<Entry> lastEntries = List.of();

  GitTree(ObjectReader reader, ObjectId root) {
    this.reader = reader;
    directories.put("", root);
  }

  @Override
  public List<Entry> list(String directory) throws IOException {
    if (directory.equals(lastDirectory)) {
      return lastEntries;
    }
    ObjectId id = directory(directory);
    try {
      lastEntries = Collections.unmodifiableList(entries(directory, raw(directory, id)));
      lastDirectory = directory;
      return lastEntries;
    } catch (IndexOutOfBoundsException | IllegalArgumentException e) {
      CorruptObjectException corrupt = new CorruptObjectException(id, "not a tree");
      corrupt.initCause(e);
      throw corrupt;
    }
  }

  private byte[] raw(String directory, ObjectId id) throws IOException {
    long size = reader.getObjectSize(id, Constants.OBJ_TREE);
    if (size > MAX_TREE_BYTES) {
      throw new IOException(
          ("The directory '%s' has a list of files of %,d bytes; more than %,d are not read. Split"
                  + " it, or name other directories as paths of the source")
              .formatted(directory, size, MAX_TREE_BYTES));
    }
    return bytes(directory, reader.open(id, Constants.OBJ_TREE), MAX_TREE_BYTES);
  }

  /** JGit may have to make a small object out of a very large one, and then refuses to. */
  private static byte[] bytes(String path, ObjectLoader object, int limit) throws IOException {
    try {
      return object.getCachedBytes(limit);
    } catch (LargeObjectException e) {
      throw new IOException("'" + path + "' is too large to be read", e);
    }
  }

  /** A directory's tree; usually known, since whoever asks has listed the directory above. */
  private ObjectId directory(String path) throws IOException {
    ObjectId known = directories.get(path);
    if (known == null && !path.isEmpty()) {
      list(path.substring(0, Math.max(0, path.lastIndexOf('/'))));
      known = directories.get(path);
    }
    if (known == null) {
      throw new NoSuchFileException(path);
    }
    return known;
  }

  private List<Entry> entries(String directory, byte[] raw) {
    List<Entry> entries = new ArrayList<>();
    Map<String, Integer> folded = new HashMap<>();
    CanonicalTreeParser parser = new CanonicalTreeParser();
    parser.reset(raw);
    for (; !parser.eof(); parser.next(1)) {
      byte[] bytes = new byte[parser.getNameLength()];
      parser.getName(bytes, 0);
      String name = decode(bytes);
      Entry entry =
          name == null
              ? refused(directory, printable(bytes), "Its name is not UTF-8")
              : entry(directory, name, parser.getEntryFileMode(), parser.getEntryObjectId());
      Integer other = folded.putIfAbsent(fold(entry.name()), entries.size());
      if (other != null) {
        String first = entries.get(other).name();
        String second = entry.name();
        entries.set(other, refused(directory, first, sameName(second)));
        entry = refused(directory, second, sameName(first));
      }
      if (entry.type() != Type.OTHER || !isHiddenSubmodule(entry)) {
        entries.add(entry);
      }
    }
    for (Entry entry : entries) {
      if (entry.type() == Type.DIRECTORY) {
        directories.put(entry.path(), ObjectId.fromString(entry.contentId()));
      }
    }
    return entries;
  }

  private static String sameName(String other) {
    return "On some systems its name is the same as that of '" + other + "' beside it";
  }

  private Entry entry(String directory, String name, FileMode mode, ObjectId id) {
    if (isDangerous(name)) {
      return refused(directory, name, "No file in Git may have this name");
    }
    String path = child(directory, name);
    return switch (mode.getObjectType()) {
      case Constants.OBJ_TREE -> new Entry(path, Type.DIRECTORY, id.name());
      case Constants.OBJ_BLOB ->
          new Entry(path, mode.equals(FileMode.SYMLINK) ? Type.LINK : Type.FILE, id.name());
      default -> {
        reasons.put(path, "A submodule");
        yield new Entry(path, Type.OTHER, id.name());
      }
    };
  }

  private Entry refused(String directory, String name, String reason) {
    String path = child(directory, name);
    reasons.put(path, reason);
    return new Entry(path, Type.OTHER, "");
  }

  /** What is hidden declares nothing anyway, and of a submodule that's all there is to say. */
  private static boolean isHiddenSubmodule(Entry entry) {
    return entry.name().startsWith(".") && !entry.contentId().isEmpty();
  }

  @Override
  public String reason(Entry other) {
    return reasons.getOrDefault(other.path(), "It") + ", so it is unread";
  }

  static boolean isDangerous(String name) {
    return name.isEmpty()
        || name.equals(".")
        || name.equals("..")
        || name.indexOf('/') >= 0
        || name.indexOf('\0') >= 0
        || NAMES_OF_GIT.contains(asWindowsReads(name));
  }

  /**
   * What a name is to file systems that drop trailing dots and spaces, and invisible characters.
   */
  private static String asWindowsReads(String name) {
    String visible = INVISIBLE.matcher(name).replaceAll("");
    int stream = visible.indexOf(':');
    String plain = stream < 0 ? visible : visible.substring(0, stream);
    return DROPPED.matcher(plain).replaceAll("").toLowerCase(Locale.ROOT);
  }

  private static String fold(String name) {
    if (name.chars().allMatch(c -> c < 'A' || (c > 'Z' && c < 0x80))) {
      return name;
    }
    return Normalizer.normalize(name, Normalizer.Form.NFC)
        .toUpperCase(Locale.ROOT)
        .toLowerCase(Locale.ROOT);
  }

  private static @Nullable String decode(byte[] name) {
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .onMalformedInput(CodingErrorAction.REPORT)
          .onUnmappableCharacter(CodingErrorAction.REPORT)
          .decode(ByteBuffer.wrap(name))
          .toString();
    } catch (CharacterCodingException e) {
      return null;
    }
  }

  private static String printable(byte[] name) {
    StringBuilder text = new StringBuilder();
    for (byte b : name) {
      text.append(b > ' ' && b < 0x7f ? String.valueOf((char) b) : "\\x%02x".formatted(b));
    }
    return text.toString();
  }

  private static String child(String directory, String name) {
    return directory.isEmpty() ? name : directory + "/" + name;
  }

  /**
   * {@inheritDoc}
   *
   * <p>What is longer is not even looked at, and zeros are returned: a few kilobytes of deltas can
   * make reading the start of a blob of gigabytes take hours.
   */
  @Override
  public byte[] read(Entry entry, int limit) throws IOException {
    ObjectId id = ObjectId.fromString(entry.contentId());
    if (reader.getObjectSize(id, Constants.OBJ_BLOB) > limit) {
      return new byte[limit];
    }
    return bytes(entry.path(), reader.open(id, Constants.OBJ_BLOB), limit);
  }

  @Override
  public void close() {
    reader.close();
  }
}
