// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.gitops.core.spi.StateStore.Inbox;
import dev.gitops.core.spi.StateStore.Session;
import dev.gitops.core.spi.StateStore.Stored;
import dev.gitops.core.spi.StateStore.Write;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the file store leaves on disk, and where. */
class FileStateStoreFilesTest {
  /** A store as version 0.1.0 wrote it; stores of released versions stay readable. */
  private static final List<String> GOLDEN =
      List.of(
          "topics/CURRENT",
          "topics/journal-000001.log",
          "topics/inbox/0000018bcfe56800-pin-1",
          "topics/inbox/0000018bcfe56801-%41pprove");

  @TempDir Path root;

  @Test
  void aStoreOfFormatOneIsReadable() throws Exception {
    for (String name : GOLDEN) {
      Path file = root.resolve(name);
      Files.createDirectories(file.getParent());
      try (InputStream golden = getClass().getResourceAsStream("/store-format-1/" + name)) {
        Files.copy(golden, file);
      }
    }
    FileStateStore store = FileStateStore.at(root);
    try (Session session = store.open("topics")) {
      assertThat(session.read("owned", "Topic/orders"))
          .contains(new Stored("Topic/orders", 3, "{\"partitions\":24,\"note\":\"größer\"}"));
      Map<String, String> owned = new TreeMap<>();
      session.scan("owned", stored -> owned.put(stored.key(), stored.value()));
      assertThat(owned).containsOnlyKeys("Topic/orders", "Topic/ü😀");
      assertThat(session.read("runs", "1")).contains(new Stored("1", 2, ""));
      assertThat(session.commit(List.of(Write.put("owned", "Topic/new", Write.ABSENT, "{}"))))
          .isEqualTo(5);
    }
    assertThat(store.inbox("topics").read())
        .containsExactly(
            new Stored("pin-1", 1_700_000_000_000L, "{\"pin\":\"abc\"}"),
            new Stored("Approve", 1_700_000_000_001L, "ü"));
  }

  /** How the golden store was made; run with -Dgitops.store.golden=directory for a new format. */
  @Test
  void theGoldenStoreIsWhatItsRecipeMakes() throws Exception {
    Path directory = Path.of(System.getProperty("gitops.store.golden", root.toString()));
    FileStateStore store =
        new FileStateStore(
            new Disk(), directory, () -> Instant.ofEpochMilli(1_700_000_000_000L), 1 << 20);
    try (Session session = store.open("topics")) {
      session.commit(
          List.of(Write.put("owned", "Topic/orders", Write.ABSENT, "{\"partitions\":12}")));
      session.commit(
          List.of(
              Write.put("owned", "Topic/ü😀", Write.ABSENT, "{}"),
              Write.put("owned", "Topic/gone", Write.ABSENT, "{}"),
              Write.put("runs", "1", Write.ABSENT, "")));
      session.commit(
          List.of(
              Write.put("owned", "Topic/orders", 1, "{\"partitions\":24,\"note\":\"größer\"}")));
      session.commit(List.of(Write.delete("owned", "Topic/gone", 2)));
    }
    store.inbox("topics").append("pin-1", "{\"pin\":\"abc\"}");
    store.inbox("topics").append("Approve", "ü");
    assertThat(files(directory)).containsAll(GOLDEN);
  }

  private static List<String> files(Path directory) throws IOException {
    try (Stream<Path> all = Files.walk(directory)) {
      return all.filter(Files::isRegularFile)
          .map(file -> directory.relativize(file).toString().replace('\\', '/'))
          .sorted()
          .toList();
    }
  }

  @Test
  void nothingIsWrittenOutsideTheDirectoryAndNothingIsReadableByOthers() throws Exception {
    Path directory = root.resolve("a/state");
    FileStateStore store = FileStateStore.at(directory);
    assertThat(root).as("nothing before it is used").isEmptyDirectory();
    for (String namespace :
        List.of("../../escape", "/etc/escape", "..", ".", "CON", "con", "a\\b")) {
      try (Session session = store.open(namespace)) {
        session.commit(List.of(Write.put("t", "../../k", Write.ANY, "v")));
        store.inbox(namespace).append("../../../m", "message");
      }
    }
    assertThat(root).isDirectoryContaining(path -> path.endsWith("a"));
    assertThat(files(root)).allMatch(file -> file.startsWith("a/state/")).hasSizeGreaterThan(20);
    assertThat(directory.toFile().list()).doesNotContain("con", "CON").hasSize(7);
    if (Files.getFileStore(root).supportsFileAttributeView("posix")) {
      try (Stream<Path> all = Files.walk(root.resolve("a"))) {
        for (Path path : all.toList()) {
          assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
              .as(path.toString())
              .isEqualTo(Files.isDirectory(path) ? "rwx------" : "rw-------");
        }
      }
    }
  }

  @Test
  void linksThatLeadElsewhereAreNotFollowed() throws Exception {
    Path outside = Files.createDirectory(root.resolve("outside"));
    Path state = Files.createDirectory(root.resolve("state"));
    try {
      Files.createSymbolicLink(state.resolve("n"), outside);
    } catch (UnsupportedOperationException | IOException e) {
      assumeTrue(false, "no links here: " + e);
    }
    FileStateStore store = FileStateStore.at(state);
    assertThatThrownBy(() -> store.open("n"))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(state.resolve("n") + " is a link");
    Path inside = Files.createDirectory(state.resolve("m"));
    Files.createSymbolicLink(inside.resolve("lock"), outside.resolve("file"));
    assertThatThrownBy(() -> store.open("m")).isInstanceOf(IOException.class);
    assertThat(files(outside)).isEmpty();
  }

  @Test
  void aHeldNamespaceSaysByWhomAndIsFreeAfterClosing() throws Exception {
    try (Session held = FileStateStore.at(root).open("n")) {
      for (int i = 0; i < 3; i++) {
        assertThatThrownBy(
                () -> FileStateStore.at(root.resolve("../" + root.getFileName())).open("n"))
            .isInstanceOf(IOException.class)
            .hasMessageContaining("The namespace n in ")
            .hasMessageContaining("held by a session in this process");
      }
      held.commit(List.of(Write.put("t", "k", Write.ANY, "v")));
    }
    FileStateStore.at(root).open("n").close();
  }

  @Test
  void aSessionThatCouldNotBeOpenedHoldsNoLock() throws Exception {
    FileStateStore.at(root).open("n").close();
    Path pointer = root.resolve("n/CURRENT");
    String name = Files.readString(pointer);
    Files.writeString(pointer, "nonsense");
    assertThatThrownBy(() -> FileStateStore.at(root).open("n")).isInstanceOf(IOException.class);
    Files.writeString(pointer, name);
    FileStateStore.at(root).open("n").close();
  }

  @Test
  void whatACrashedCompactionLeftIsDeleted() throws Exception {
    FileStateStore.at(root).open("n").close();
    Path left = Files.writeString(root.resolve("n/journal-000002.log"), "half a");
    Path pointer = Files.writeString(root.resolve("n/CURRENT.tmp"), "journal-");
    FileStateStore.at(root).open("n").close();
    assertThat(left).doesNotExist();
    assertThat(pointer).doesNotExist();
  }

  @Test
  void messagesKeepTheirOrderWhenTheClockIsSetBack() throws Exception {
    List<Instant> clock = new ArrayList<>();
    for (long at : List.of(5_000L, 4_000L, 4_000L, 3_000L)) {
      clock.add(Instant.ofEpochMilli(at));
    }
    InstantSource source = () -> clock.remove(0);
    Inbox inbox = new FileStateStore(new Disk(), root, source, 1).inbox("n");
    for (String id : List.of("d", "c", "b", "a")) {
      inbox.append(id, id);
    }
    assertThat(inbox.read()).extracting(Stored::key).containsExactly("d", "c", "b", "a");
  }

  @Test
  void halfMessagesAreIgnoredAndDamagedOnesAreAnError() throws Exception {
    FileStateStore store = FileStateStore.at(root);
    Inbox inbox = store.inbox("n");
    inbox.append("m", "text");
    Path directory = root.resolve("n/inbox");
    Path fresh = Files.writeString(directory.resolve(".new-1"), "half");
    Path old = Files.writeString(directory.resolve(".new-2"), "half");
    Files.setLastModifiedTime(old, FileTime.from(Instant.now().minusSeconds(90_000)));
    store.open("n").close();
    assertThat(old).doesNotExist();
    assertThat(fresh).as("its sender may be about to rename it").exists();
    assertThat(inbox.read()).hasSize(1);

    Path message =
        directory.resolve(directory.toFile().list((dir, name) -> !name.startsWith("."))[0]);
    byte[] good = Files.readAllBytes(message);
    for (int at = 0; at < good.length; at++) {
      byte[] bad = good.clone();
      bad[at] ^= 1;
      Files.delete(message);
      Files.write(message, bad);
      assertThatThrownBy(inbox::read)
          .as("byte %s", at)
          .isInstanceOf(IOException.class)
          .hasMessageContaining(message.toString());
      Files.delete(message);
      Files.write(message, java.util.Arrays.copyOf(good, at));
      assertThatThrownBy(inbox::read).as("length %s", at).isInstanceOf(IOException.class);
    }
    Files.write(message, good);
    assertThat(inbox.read()).hasSize(1);
  }

  @Test
  void changingOneOfManyRecordsWritesLittle() throws Exception {
    FileStateStore store = FileStateStore.at(root);
    try (Session session = store.open("n")) {
      List<Write> writes = new ArrayList<>();
      for (int i = 0; i < 20_000; i++) {
        writes.add(Write.put("owned", "Topic/" + i, Write.ABSENT, "{\"x\":" + i + "}"));
      }
      session.commit(writes);
      Path journal = root.resolve("n/journal-000001.log");
      long before = Files.size(journal);
      session.commit(List.of(Write.put("owned", "Topic/7", Write.ANY, "{\"x\":8}")));
      assertThat(Files.size(journal) - before).isLessThan(200);
    }
  }
}
