// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.manifest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gitops.core.contract.StateSourceContract;
import dev.gitops.core.model.Snapshot;
import dev.gitops.core.spi.StateSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.IntConsumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DirectoryStateSourceTest extends StateSourceContract {
  @TempDir Path root;

  @Override
  protected StateSource open() {
    return DirectoryStateSource.of(root).path("topics/").build();
  }

  @Override
  protected void publish(Map<String, String> files) throws Exception {
    Path topics = root.resolve("topics");
    TreeFiles.delete(topics);
    TreeFiles.write(topics, files);
  }

  @Override
  protected void breakDown() throws Exception {
    Files.move(root.resolve("topics"), root.resolve("away"));
  }

  @Override
  protected String prefix() {
    return "topics/";
  }

  private static final String MANIFEST = "kind: A\nmetadata: {name: %s}\n";

  /** Plain manifests, but something happens to the directory after each of the first walks. */
  private static final class Disturbed implements DocumentFormat {
    private final ManifestReader reader = ManifestReader.create();
    private final IntConsumer disturbance;
    private int walks;

    Disturbed(IntConsumer disturbance) {
      this.disturbance = disturbance;
    }

    @Override
    public Declarations read(FileTree tree, String directory, SnapshotReader.Memory memory)
        throws IOException {
      Declarations read = reader.read(tree, directory, memory);
      disturbance.accept(++walks);
      return read;
    }
  }

  private static Runnable unchecked(Callable<?> action) {
    return () -> {
      try {
        action.call();
      } catch (Exception e) {
        throw new AssertionError(e);
      }
    };
  }

  @Test
  void aFileThatMovesDuringTheWalkIsNotSeenAsDeleted() throws Exception {
    publish(Map.of("z/a.yaml", MANIFEST.formatted("a"), "a/README.md", ""));
    Path topics = root.resolve("topics");
    StateSource source =
        DirectoryStateSource.of(root)
            .path("topics")
            .format(
                new DocumentFormat() {
                  private boolean moved;

                  @Override
                  public Declarations read(
                      FileTree tree, String directory, SnapshotReader.Memory memory)
                      throws IOException {
                    FileTree moving =
                        new FileTree() {
                          @Override
                          public List<Entry> list(String listed) throws IOException {
                            if (listed.endsWith("z") && !moved) {
                              moved = true;
                              Files.move(topics.resolve("z/a.yaml"), topics.resolve("a/a.yaml"));
                            }
                            return tree.list(listed);
                          }

                          @Override
                          public byte[] read(Entry entry, int limit) throws IOException {
                            return tree.read(entry, limit);
                          }

                          @Override
                          public String contentId(Entry entry) throws IOException {
                            return tree.contentId(entry);
                          }
                        };
                    return ManifestReader.create().read(moving, directory, memory);
                  }
                })
            .build();

    Snapshot snapshot = source.fetch(null);

    assertThat(snapshot.documents())
        .extracting(document -> document.resource().origin().file())
        .containsExactly("topics/a/a.yaml");
  }

  @Test
  void aFileThatIsAnotherOnlyWhileItIsReadIsReadAgain() throws Exception {
    publish(Map.of("a.yaml", MANIFEST.formatted("a")));
    Path file = root.resolve("topics/a.yaml");
    StateSource source =
        DirectoryStateSource.of(root)
            .path("topics")
            .format(
                new DocumentFormat() {
                  private boolean swapped;

                  @Override
                  public Declarations read(
                      FileTree tree, String directory, SnapshotReader.Memory memory)
                      throws IOException {
                    FileTree.Entry entry = tree.list(directory).get(0);
                    return memory.get(
                        "a",
                        tree.contentId(entry),
                        inside -> {
                          if (swapped) {
                            return decode(tree.read(entry, 1_000));
                          }
                          swapped = true;
                          Files.writeString(file, MANIFEST.formatted("b"));
                          try {
                            return decode(tree.read(entry, 1_000));
                          } finally {
                            Files.writeString(file, MANIFEST.formatted("a"));
                          }
                        });
                  }

                  private Declarations decode(byte[] content) {
                    return ManifestReader.create().read("a.yaml", content);
                  }
                })
            .build();

    assertThat(source.fetch(null).documents())
        .extracting(document -> document.resource().id().name())
        .containsExactly("a");
  }

  @Test
  void aDirectoryThatKeepsChangingIsRefused() throws Exception {
    publish(Map.of("a.yaml", MANIFEST.formatted("a")));
    Path file = root.resolve("topics/a.yaml");
    StateSource restless =
        DirectoryStateSource.of(root)
            .path("topics")
            .format(
                new Disturbed(
                    walk ->
                        unchecked(() -> Files.writeString(file, MANIFEST.formatted("n" + walk)))
                            .run()))
            .build();

    assertThatThrownBy(() -> restless.fetch(null))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("changed while it was read");
  }

  @Test
  void aDirectoryThatSettlesIsReadAsItIsAtLast() throws Exception {
    publish(Map.of("a.yaml", MANIFEST.formatted("a")));
    Path file = root.resolve("topics/a.yaml");
    StateSource settling =
        DirectoryStateSource.of(root)
            .path("topics")
            .format(
                new Disturbed(
                    walk -> {
                      if (walk < 3) {
                        unchecked(() -> Files.writeString(file, MANIFEST.formatted("n" + walk)))
                            .run();
                      }
                    }))
            .build();

    assertThat(settling.fetch(null).documents())
        .extracting(document -> document.resource().id().name())
        .containsExactly("n2");
  }

  @Test
  void aRewriteToTheSameSizeAndTimeWithinAClockTickIsSeen() throws Exception {
    publish(Map.of("a.yaml", MANIFEST.formatted("a")));
    Path file = root.resolve("topics/a.yaml");
    FileTime time = Files.getLastModifiedTime(file);
    StateSource source = open();
    source.fetch(null);

    Files.writeString(file, MANIFEST.formatted("b"));
    Files.setLastModifiedTime(file, time);

    assertThat(source.fetch(null).documents())
        .extracting(document -> document.resource().id().name())
        .containsExactly("b");
  }

  @Test
  void aFileThatIsOnlyTouchedIsTheSameRevisionAndTheSameDocument() throws Exception {
    publish(Map.of("a.yaml", MANIFEST.formatted("a")));
    StateSource source = open();
    Snapshot before = source.fetch(null);

    Files.setLastModifiedTime(root.resolve("topics/a.yaml"), FileTime.fromMillis(1_000_000));
    Snapshot after = source.fetch(null);

    assertThat(after.revision()).isEqualTo(before.revision());
    assertThat(after.documents().get(0)).isSameAs(before.documents().get(0));
  }

  @Test
  void contentThatIsTheSameAgainIsTheSameRevisionAgain() throws Exception {
    publish(Map.of("a.yaml", MANIFEST.formatted("a")));
    StateSource source = open();
    String first = source.fetch(null).revision().id();
    publish(Map.of("a.yaml", MANIFEST.formatted("b")));
    String second = source.fetch(null).revision().id();
    publish(Map.of("a.yaml", MANIFEST.formatted("a")));

    assertThat(source.fetch(null).revision().id()).isEqualTo(first).isNotEqualTo(second);
    assertThat(first).matches("dir-[0-9a-f]{40}");
  }

  @Test
  void aMissingDirectoryIsNamed() {
    assertThatThrownBy(() -> DirectoryStateSource.of(root.resolve("no")).build().fetch(null))
        .isInstanceOf(NoSuchFileException.class)
        .hasMessageContaining(root.resolve("no").toString())
        .hasMessageContaining("there is no such directory to read");
  }

  @Test
  void anOldRevisionIsRefusedWithAdvice() {
    assertThatThrownBy(() -> open().fetch("dir-old"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'dir-old' can't be read; for pins and rollbacks use a Git source");
  }

  @Test
  void theIdentityNamesDirectoryPathAndFormat() {
    assertThat(open().identity())
        .contains(root.toUri().toString(), "path=topics", "manifests gitops.dev/v1")
        .isNotEqualTo(DirectoryStateSource.of(root).build().identity());
  }
}
