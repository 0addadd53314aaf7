// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gitops.core.spi.StateStore.Session;
import dev.gitops.core.spi.StateStore.Stored;
import dev.gitops.core.spi.StateStore.Write;
import dev.gitops.core.store.FileStateStore.Damage;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Damage is an error that says where it is, and costs only what it hits. */
class FileStateStoreDamageTest {
  @TempDir Path root;
  private FileStateStore store;
  private Path journal;
  private Path pointer;
  private final List<Long> ends = new ArrayList<>();

  /** Five commits of two records each, closed in order; where each commit ends. */
  @BeforeEach
  void write() throws Exception {
    store = new FileStateStore(FaultyDisk.sound(), root, InstantSource.system(), 1 << 20);
    journal = root.resolve("n/journal-000001.log");
    pointer = root.resolve("n/CURRENT");
    try (Session session = store.open("n")) {
      ends.add(Files.size(journal));
      for (int i = 0; i < 5; i++) {
        session.commit(List.of(put("a" + i, "value " + i), put("b" + i, "value " + i)));
        ends.add(Files.size(journal));
      }
    }
  }

  private static Write put(String key, String value) {
    return Write.put("t", key, Write.ANY, value);
  }

  private void flip(Path file, long at) throws IOException {
    // In place: file systems wait for the disk when a file is written anew over an old one.
    try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
      bytes.seek(at);
      int before = bytes.read();
      bytes.seek(at);
      bytes.write(before ^ 0x10);
    }
  }

  private Map<String, Stored> salvaged(List<Damage> damage) throws IOException {
    Map<String, Stored> records = new TreeMap<>();
    damage.addAll(
        store.salvage("n", (table, stored) -> records.put(table + "/" + stored.key(), stored)));
    return records;
  }

  @Test
  void eachDamagedByteIsFoundAndCostsAtMostItsOwnRecord() throws Exception {
    byte[] good = Files.readAllBytes(journal);
    for (int at = 0; at < good.length; at++) {
      flip(journal, at);
      if (at < ends.get(5)) {
        int damaged = at;
        assertThatThrownBy(() -> store.open("n"))
            .as("byte %s", at)
            .isInstanceOf(IOException.class)
            .hasMessageContaining(journal.toString())
            .satisfies(e -> assertNames(e.getMessage(), damaged));
      } else {
        // What says that it was closed in order is damaged: there is nothing to lose in it.
        store.open("n").close();
        Files.write(journal, good);
        flip(journal, at);
      }
      if (at >= 8 && at < 12) {
        assertThatThrownBy(() -> salvaged(new ArrayList<>())).hasMessageContaining("newer version");
      } else {
        List<Damage> damage = new ArrayList<>();
        Map<String, Stored> rest = salvaged(damage);
        assertThat(rest).as("byte %s: %s", at, damage).hasSizeGreaterThanOrEqualTo(8);
        rest.forEach(
            (key, stored) -> assertThat(stored.value()).isEqualTo("value " + key.charAt(3)));
        int damaged = at;
        assertThat(damage).as("byte %s", at).isNotEmpty();
        assertThat(damage)
            .anySatisfy(
                each -> {
                  assertThat(each.file()).isEqualTo(journal);
                  assertThat(damaged).isBetween((int) each.from(), (int) each.to() - 1);
                });
      }
      flip(journal, at);
    }
    assertThat(Files.readAllBytes(journal)).isEqualTo(good);
    store.open("n").close();
    assertThat(salvaged(new ArrayList<>())).hasSize(10);
  }

  /** The bytes that the message names, where it names any, are about the ones that are damaged. */
  private static void assertNames(String message, int at) {
    if (at >= 8 && at < 12) {
      assertThat(message).contains("newer version");
      return;
    }
    assertThat(message).contains("backup", "FileStateStore.salvage");
    var range = java.util.regex.Pattern.compile("byte ([0-9]+) to byte ([0-9]+)").matcher(message);
    assertThat(range.find()).as(message).isTrue();
    assertThat(at)
        .isBetween(Integer.parseInt(range.group(1)), Integer.parseInt(range.group(2)) - 1);
  }

  @Test
  void aTornLastCommitIsCutOffUnlessTheJournalWasClosedInOrder() throws Exception {
    byte[] good = Files.readAllBytes(journal);
    for (long length = ends.get(4); length < ends.get(5); length++) {
      Files.write(journal, java.util.Arrays.copyOf(good, (int) length));
      try (Session session = store.open("n")) {
        assertThat(session.read("t", "a3")).isPresent();
        assertThat(session.read("t", "a4")).isEmpty();
      }
      assertThat(Files.size(journal)).isEqualTo(ends.get(4));
    }
    byte[] damagedLast = good.clone();
    damagedLast[(int) (ends.get(5) - 10)] ^= 1;
    Files.write(journal, damagedLast);
    assertThatThrownBy(() -> store.open("n")).hasMessageContaining("from byte " + ends.get(4));
  }

  @Test
  void commitsThatAreMissingInTheMiddleAreAnError() throws Exception {
    byte[] good = Files.readAllBytes(journal);
    ByteBuffer cut = ByteBuffer.allocate(good.length);
    cut.put(good, 0, Math.toIntExact(ends.get(2)));
    cut.put(good, Math.toIntExact(ends.get(3)), good.length - Math.toIntExact(ends.get(3)));
    Files.write(journal, java.util.Arrays.copyOf(cut.array(), cut.position()));
    assertThatThrownBy(() -> store.open("n"))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("lacks the commits from number 3 to before 4 at byte " + ends.get(2));
  }

  @Test
  void aMissingFileIsAnErrorAndNeverAnEmptyNamespace() throws Exception {
    byte[] good = Files.readAllBytes(journal);
    Files.delete(journal);
    assertThatThrownBy(() -> store.open("n"))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(journal + " is missing");
    List<Damage> damage = new ArrayList<>();
    assertThat(salvaged(damage)).isEmpty();
    assertThat(damage).containsExactly(new Damage(journal, 0, 0));

    Files.write(journal, good);
    String name = Files.readString(pointer);
    Files.delete(pointer);
    assertThatThrownBy(() -> store.open("n"))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(pointer + " is missing");
    damage.clear();
    assertThat(salvaged(damage)).hasSize(10);
    assertThat(damage).containsExactly(new Damage(pointer, 0, 0));

    Files.writeString(pointer, "../../elsewhere\n");
    assertThatThrownBy(() -> store.open("n"))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(pointer.toString());
    assertThat(salvaged(new ArrayList<>())).hasSize(10);
    Files.writeString(pointer, name);
    store.open("n").close();
  }

  @Test
  void theJournalOfAnotherNamespaceIsNotTakenForThisOne() throws Exception {
    try (Session session = store.open("other")) {
      session.commit(List.of(put("x", "y")));
    }
    Files.copy(
        root.resolve("other/journal-000001.log"),
        journal,
        java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    assertThatThrownBy(() -> store.open("n"))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("another namespace or time");
  }

  @Test
  void damageAfterOpeningIsFoundWhenTheRecordIsReadOrCompacted() throws Exception {
    try (Session session = store.open("n")) {
      flip(journal, ends.get(1) - 6);
      assertThatThrownBy(() -> session.read("t", "b0"))
          .isInstanceOf(IOException.class)
          .hasMessageContaining(journal + " is damaged from byte");
      assertThatThrownBy(() -> session.scan("t", stored -> {}))
          .isInstanceOf(IOException.class)
          .hasMessageContaining(journal + " is damaged from byte");
      String big = "x".repeat(300_000);
      for (int i = 0; i < 10; i++) {
        session.commit(List.of(put("big", big)));
      }
      assertThat(journal).as("not replaced by a copy that lacks a record").exists();
      assertThat(session.read("t", "a0")).isPresent();
    }
  }

  @Test
  void aNewerFormatIsAnErrorThatSaysSo() throws Exception {
    byte[] bytes = Files.readAllBytes(journal);
    bytes[11] = 2;
    Files.write(journal, bytes);
    assertThatThrownBy(() -> store.open("n"))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(journal.toString())
        .hasMessageContaining("newer version of this library, in format 2")
        .hasMessageContaining("use the newer version");
  }

  @Test
  void aValueThatLooksLikeACommitIsNotTakenForOne() throws Exception {
    byte[] good = Files.readAllBytes(journal);
    String inner =
        new String(good, 44, Math.toIntExact(ends.get(1)) - 44, StandardCharsets.ISO_8859_1)
            .replace('\0', ' ');
    try (Session session = store.open("n")) {
      session.commit(List.of(put("copy", inner)));
    }
    try (Session session = store.open("n")) {
      assertThat(session.read("t", "copy").orElseThrow().value()).isEqualTo(inner);
    }
  }
}
