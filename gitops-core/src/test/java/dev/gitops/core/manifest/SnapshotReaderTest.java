// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.manifest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gitops.core.model.Document;
import dev.gitops.core.model.Revision;
import dev.gitops.core.model.Snapshot;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** What is read again and what is not, on a tree with content ids for directories, as Git has. */
class SnapshotReaderTest {
  private static final Revision REVISION = Revision.of("r");

  private final Map<String, String> files = new TreeMap<>();
  private final Map<String, String> links = new TreeMap<>();
  private final List<String> asked = new ArrayList<>();
  private final SnapshotReader reader = new SnapshotReader(ManifestReader.create());

  /** Directories named by a hash of all below, as in Git: a link by its text only. */
  private final class HashedTree implements FileTree {
    @Override
    public List<Entry> list(String directory) throws IOException {
      asked.add(directory + "/");
      String start = directory.isEmpty() ? "" : directory + "/";
      Map<String, Entry> entries = new TreeMap<>();
      all().keySet().stream()
          .filter(path -> path.startsWith(start))
          .forEach(
              path -> {
                String rest = path.substring(start.length());
                int slash = rest.indexOf('/');
                String child = start + (slash < 0 ? rest : rest.substring(0, slash));
                Type type =
                    slash >= 0 ? Type.DIRECTORY : links.containsKey(path) ? Type.LINK : Type.FILE;
                entries.put(child, new Entry(child, type, id(child)));
              });
      if (entries.isEmpty() && !directory.isEmpty()) {
        throw new NoSuchFileException(directory);
      }
      return List.copyOf(entries.values());
    }

    @Override
    public byte[] read(Entry entry, int limit) {
      asked.add(entry.path());
      return all().get(entry.path()).getBytes(StandardCharsets.UTF_8);
    }

    private String id(String path) {
      return all().entrySet().stream()
          .filter(e -> e.getKey().equals(path) || e.getKey().startsWith(path + "/"))
          .map(e -> e.getKey() + "=" + e.getValue())
          .collect(Collectors.joining("\n"));
    }

    private Map<String, String> all() {
      Map<String, String> all = new TreeMap<>(files);
      all.putAll(links);
      return all;
    }
  }

  private Map<String, Document> read(String directory) throws IOException {
    asked.clear();
    Snapshot snapshot = reader.read(new HashedTree(), directory, REVISION);
    assertThat(snapshot.problems()).isEmpty();
    return snapshot.documents().stream()
        .collect(Collectors.toMap(d -> d.resource().origin().file(), d -> d));
  }

  private static String manifest(String name) {
    return "kind: A\nmetadata: {name: " + name + "}\n";
  }

  @Test
  void onlyWhatLiesOnTheWayToAChangeIsListedAndOnlyWhatChangedIsRead() throws Exception {
    for (String path : List.of("a/x/1", "a/x/2", "a/y/3", "b/4", "5")) {
      files.put(path + ".yaml", manifest("n" + path.replace('/', '-')));
    }
    Map<String, Document> before = read("");

    files.put("a/x/2.yaml", manifest("changed"));
    Map<String, Document> after = read("");

    assertThat(asked).containsExactly("/", "/", "a/", "a/x/", "a/x/2.yaml");
    assertThat(after.keySet()).isEqualTo(before.keySet());
    after.forEach(
        (path, document) -> {
          if (path.equals("a/x/2.yaml")) {
            assertThat(document).isNotSameAs(before.get(path));
          } else {
            assertThat(document).isSameAs(before.get(path));
          }
        });
    assertThat(read("")).isEqualTo(after);
    assertThat(asked).containsExactly("/", "/");
  }

  @Test
  void aDirectoryWithALinkIsReadAgainSinceItsIdSaysNothingOfWhatIsBehindIt() throws Exception {
    files.put("shared/a.yaml", manifest("a"));
    files.put("in/deep/b.yaml", manifest("b"));
    links.put("in/deep/a.yaml", "../../shared/a.yaml");
    Map<String, Document> before = read("in");

    files.put("shared/a.yaml", manifest("other"));
    Map<String, Document> after = read("in");

    assertThat(after.get("in/deep/a.yaml").resource().id()).hasToString("A/other");
    assertThat(after.get("in/deep/b.yaml")).isSameAs(before.get("in/deep/b.yaml"));
  }

  @Test
  void aReadThatFailsForgetsNothing() throws Exception {
    files.put("a.yaml", manifest("a"));
    files.put("b.yaml", manifest("b"));
    Map<String, Document> before = read("");
    files.put("b.yaml", manifest("c"));

    FileTree broken =
        new FileTree() {
          @Override
          public List<Entry> list(String directory) throws IOException {
            return new HashedTree().list(directory);
          }

          @Override
          public byte[] read(Entry entry, int limit) throws IOException {
            throw new IOException("gone: " + entry.path());
          }
        };
    assertThatThrownBy(() -> reader.read(broken, "", REVISION)).hasMessage("gone: b.yaml");

    assertThat(read("").get("a.yaml")).isSameAs(before.get("a.yaml"));
  }

  @Test
  void limitsHoldOverWhatIsRememberedToo() throws Exception {
    SnapshotReader small =
        new SnapshotReader(ManifestReader.create().limits(Limits.DEFAULT.files(5).totalBytes(110)));
    files.put("a/1.yaml", manifest("a"));
    files.put("a/2.yaml", manifest("b"));
    assertThat(small.read(new HashedTree(), "", REVISION).problems()).isEmpty();

    files.put("b/3.yaml", manifest("c"));
    assertThat(small.read(new HashedTree(), "", REVISION).problems().toString())
        .contains("More than 5 manifests and directories");
    files.remove("b/3.yaml");
    files.put("c.yaml", manifest("c") + "# " + "x".repeat(60));
    Snapshot snapshot = small.read(new HashedTree(), "", REVISION);
    assertThat(snapshot.problems().toString()).contains("More than 110 bytes");
    assertThat(snapshot.documents()).isEmpty();
  }

  @Test
  void hiddenFilesAndDirectoriesAreNoManifests() throws Exception {
    for (String path : List.of(".git/x.yaml", ".github/y.yml", ".hidden.yaml", "a.yaml.bak")) {
      files.put(path, "kind: [");
    }
    assertThat(read("")).isEmpty();
    assertThat(asked).containsExactly("/", "/");
  }

  @Test
  void pathsHaveOneSpellingAndNoneLeavesTheTree() throws Exception {
    assertThat(SnapshotReader.normal("/a//./b/")).isEqualTo("a/b");
    assertThat(SnapshotReader.normal(".")).isEmpty();
    for (String path : List.of("..", "a/../b", "a\\b", "a\0")) {
      assertThatIllegalArgumentException().isThrownBy(() -> SnapshotReader.normal(path));
    }
    files.put("a.yaml", manifest("a"));
    assertThatThrownBy(() -> read("missing")).isInstanceOf(NoSuchFileException.class);
  }
}
