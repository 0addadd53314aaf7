// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import dev.gitops.core.manifest.Declarations;
import dev.gitops.core.manifest.DocumentFormat;
import dev.gitops.core.manifest.FileTree;
import dev.gitops.core.manifest.ManifestReader;
import dev.gitops.core.manifest.SnapshotReader;
import dev.gitops.core.model.Revision;
import dev.gitops.core.model.Snapshot;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.eclipse.jgit.errors.CorruptObjectException;
import org.eclipse.jgit.lib.Constants;
import org.eclipse.jgit.lib.FileMode;
import org.eclipse.jgit.lib.ObjectId;
import org.eclipse.jgit.lib.ObjectReader;
import org.eclipse.jgit.lib.Repository;
import org.eclipse.jgit.revwalk.RevCommit;
import org.jspecify.annotations.Nullable;

/**
 * The files of the commits of one repository, as one source sees them. Holds the repository open,
 * whatever the source does meanwhile. For one thread.
 */
final class HistoryFiles implements AutoCloseable {
  private static final int MAX_ENTRIES = 20_000;
  private static final int MAX_TREE_BYTES = 64 << 20;
  private static final int MAX_TREES = 8;
  private static final int MAX_TREE_KEPT = 1 << 20;
  static final Entry NONE = new Entry(FileMode.MISSING, ObjectId.zeroId());

  final Repository repository;
  final ObjectReader reader;
  final ObjectId head;
  final List<RevisionRule> rules;
  private final String name;
  private final List<String> paths;
  private final String ignoreFile;
  private final DocumentFormat format;
  private final Memory memory;
  private final Map<String, String> ignoreFiles = new HashMap<>();
  private final Map<Child, Entry> entries = bounded(MAX_ENTRIES);
  private final Map<ObjectId, byte[]> trees = bounded(MAX_TREES);

  HistoryFiles(
      Repository repository,
      ObjectId head,
      String name,
      List<String> paths,
      String ignoreFile,
      DocumentFormat format,
      List<RevisionRule> rules,
      Memory memory) {
    repository.incrementOpen();
    this.repository = repository;
    this.reader = repository.newObjectReader();
    this.head = head;
    this.name = name;
    this.paths = paths;
    this.ignoreFile = ignoreFile;
    this.format = format;
    this.rules = rules;
    this.memory = memory;
  }

  /** What is kept from one question to the next, within bounds. */
  static final class Memory {
    private static final int MAX_FILES = 2_000;
    private static final long MAX_BYTES = 16 << 20;

    private @Nullable SnapshotReader snapshots;
    private final Map<Decoded, Declarations> decoded = new LinkedHashMap<>(16, 0.75f, true);
    private long bytes;

    private record Decoded(String path, ObjectId blob, int size) {}

    SnapshotReader snapshots(DocumentFormat format) {
      if (snapshots == null) {
        snapshots = new SnapshotReader(format);
      }
      return snapshots;
    }

    private void put(Decoded key, Declarations value) {
      decoded.put(key, value);
      bytes += key.size;
      var oldest = decoded.entrySet().iterator();
      while ((bytes > MAX_BYTES || decoded.size() > MAX_FILES) && oldest.hasNext()) {
        bytes -= oldest.next().getKey().size;
        oldest.remove();
      }
    }
  }

  private record Child(ObjectId tree, String name) {}

  /** What a name in a tree leads to. */
  record Entry(FileMode mode, ObjectId id) {
    boolean isFile() {
      return mode.equals(FileMode.REGULAR_FILE) || mode.equals(FileMode.EXECUTABLE_FILE);
    }
  }

  private static <K, V> Map<K, V> bounded(int size) {
    return new LinkedHashMap<>(16, 0.75f, true) {
      private static final long serialVersionUID = 1;

      @Override
      protected boolean removeEldestEntry(Map.Entry<K, V> eldest) {
        return size() > size;
      }
    };
  }

  /** Whether every document comes from one file by itself, whatever else is there. */
  boolean isPlain() {
    return format instanceof ManifestReader;
  }

  List<String> paths() {
    return paths;
  }

  Revision revision(ObjectId commit) throws IOException {
    return new Commits(repository, name, Reach.PUBLISHED).read(commit).revision();
  }

  /** Everything declared at a commit; a path that it does not have declares nothing there. */
  Snapshot snapshot(RevCommit commit) throws IOException {
    try (GitTree tree = new GitTree(repository.newObjectReader(), commit.getTree())) {
      FileTree seen = seen(tree);
      List<String> there = new ArrayList<>();
      for (String path : paths) {
        try {
          seen.list(path);
          there.add(path);
        } catch (NoSuchFileException e) {
          there.remove(path); // Nothing was declared there yet, or any more.
        }
      }
      Revision revision = revision(commit);
      return there.isEmpty()
          ? new Snapshot(revision, List.of(), List.of())
          : memory.snapshots(format).read(seen, there, revision);
    }
  }

  private FileTree seen(GitTree tree) {
    return ignoreFile.isEmpty() ? tree : new IgnoredTree(tree, ignoreFile, ignoreFiles);
  }

  /** Whether the source looks at a file of a commit, and it is one. */
  boolean sees(RevCommit commit, String path) throws IOException {
    try (GitTree tree = new GitTree(repository.newObjectReader(), commit.getTree())) {
      String directory = path.substring(0, Math.max(0, path.lastIndexOf('/')));
      return seen(tree).list(directory).stream()
          .anyMatch(e -> e.path().equals(path) && e.type() == FileTree.Type.FILE);
    } catch (NoSuchFileException e) {
      return false;
    }
  }

  /** Whether a file of this path can be a manifest of the source. */
  boolean mayDeclare(String path) {
    String lower = path.toLowerCase(Locale.ROOT);
    boolean manifest = lower.endsWith(".yaml") || lower.endsWith(".yml") || lower.endsWith(".json");
    return manifest
        && paths.stream()
            .anyMatch(at -> isBelow(path, at) && !isHidden(path.substring(at.length())));
  }

  private static boolean isBelow(String path, String directory) {
    return directory.isEmpty() || path.startsWith(directory + "/");
  }

  private static boolean isHidden(String below) {
    return below.startsWith(".") || below.contains("/.");
  }

  boolean isIgnoreFile(String path) {
    return !ignoreFile.isEmpty() && (path.equals(ignoreFile) || path.endsWith("/" + ignoreFile));
  }

  /** A file and the ignore files that have a say about it. */
  List<String> watched(String file) {
    List<String> watched = new ArrayList<>();
    watched.add(file);
    if (!ignoreFile.isEmpty()) {
      watched.add(ignoreFile);
      for (int slash = file.indexOf('/'); slash >= 0; slash = file.indexOf('/', slash + 1)) {
        watched.add(file.substring(0, slash + 1) + ignoreFile);
      }
    }
    return watched;
  }

  /** What a path leads to; the trees on the way are looked at once. */
  Entry entry(ObjectId root, String path) throws IOException {
    ObjectId tree = root;
    int start = 0;
    for (int slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', start)) {
      Entry directory = child(tree, path.substring(start, slash));
      if (!directory.mode().equals(FileMode.TREE)) {
        return NONE;
      }
      tree = directory.id();
      start = slash + 1;
    }
    return child(tree, path.substring(start));
  }

  private Entry child(ObjectId tree, String wanted) throws IOException {
    Child key = new Child(tree, wanted);
    Entry known = entries.get(key);
    if (known == null) {
      known = find(tree, wanted.getBytes(StandardCharsets.UTF_8));
      entries.put(new Child(tree.copy(), wanted), known);
    }
    return known;
  }

  /** Looks at names only, byte by byte: a history has as many large trees as it has commits. */
  private Entry find(ObjectId tree, byte[] wanted) throws IOException {
    byte[] raw = raw(tree);
    int at = 0;
    while (at < raw.length) {
      int mode = at;
      int name = end(tree, raw, at, ' ') + 1;
      int end = end(tree, raw, name, 0);
      at = end + 1 + Constants.OBJECT_ID_LENGTH;
      if (at > raw.length) {
        throw new CorruptObjectException(tree, "its last entry is cut off");
      }
      if (Arrays.equals(raw, name, end, wanted, 0, wanted.length)) {
        int bits = 0;
        for (int i = mode; i < name - 1; i++) {
          bits = (bits << 3) + (raw[i] - '0');
        }
        return new Entry(FileMode.fromBits(bits), ObjectId.fromRaw(raw, end + 1));
      }
    }
    return NONE;
  }

  private static int end(ObjectId tree, byte[] raw, int from, int mark) throws IOException {
    for (int i = from; i < raw.length; i++) {
      if (raw[i] == mark) {
        return i;
      }
    }
    throw new CorruptObjectException(tree, "its last entry is cut off");
  }

  /** Several names are looked for in the same tree, one after the other. */
  private byte[] raw(ObjectId tree) throws IOException {
    byte[] raw = trees.get(tree);
    if (raw == null) {
      raw = reader.open(tree, Constants.OBJ_TREE).getCachedBytes(MAX_TREE_BYTES);
      if (raw.length <= MAX_TREE_KEPT) {
        trees.put(tree.copy(), raw);
      }
    }
    return raw;
  }

  /** What a file declares; decoded once as long as it is remembered. */
  Declarations declarations(String path, ObjectId blob) throws IOException {
    int limit = ((ManifestReader) format).limits().fileBytes();
    long size = reader.getObjectSize(blob, Constants.OBJ_BLOB);
    Memory.Decoded key = new Memory.Decoded(path, blob, (int) Math.min(size, limit));
    Declarations known = memory.decoded.get(key);
    if (known == null) {
      byte[] bytes =
          size > limit
              ? new byte[limit + 1]
              : reader.open(blob, Constants.OBJ_BLOB).getCachedBytes(limit);
      known = ((ManifestReader) format).read(path, bytes);
      memory.put(key, known);
    }
    return known;
  }

  /**
   * Whether a file may declare a resource of this name: it holds the name, or may spell it with
   * escapes or in another encoding, or is too large to say.
   */
  boolean mayName(ObjectId blob, byte[] wanted) throws IOException {
    int limit = ((ManifestReader) format).limits().fileBytes();
    if (reader.getObjectSize(blob, Constants.OBJ_BLOB) > limit) {
      return true;
    }
    byte[] bytes = reader.open(blob, Constants.OBJ_BLOB).getCachedBytes(limit);
    for (int i = 0; i < bytes.length; i++) {
      if (bytes[i] == '\\'
          || bytes[i] == 0
          || (bytes[i] == wanted[0]
              && i + wanted.length <= bytes.length
              && Arrays.equals(bytes, i, i + wanted.length, wanted, 0, wanted.length))) {
        return true;
      }
    }
    return false;
  }

  /** Who signed a commit by one of the source's rules; empty if that is not known. */
  String signer(ObjectId commit) throws IOException {
    for (RevisionRule rule : rules) {
      if (rule instanceof SignatureRule signatures) {
        Keyring.Signer signer = signatures.signer(reader, commit);
        if (signer != null) {
          return signer.toString();
        }
      }
    }
    return "";
  }

  @Override
  public void close() {
    reader.close();
    repository.close();
  }
}
