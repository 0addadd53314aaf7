// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gitops.core.spi.StateStore.Session;
import dev.gitops.core.spi.StateStore.Stored;
import dev.gitops.core.spi.StateStore.Write;
import dev.gitops.core.store.FaultyDisk.Kept;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A history of commits that is cut at each of its steps and opened again. Of the cuts inside writes
 * one in five bytes is tried; {@code -Dgitops.store.cut=1} tries every byte.
 */
class FileStateStoreCrashTest {
  /** Two compactions happen in between. */
  private static final List<List<Write>> HISTORY =
      List.of(
          List.of(put("a", "1")),
          List.of(put("a", "2"), put("b", "2")),
          List.of(put("a", "3"), Write.delete("t", "b", Write.ANY)),
          List.of(put("a", "4"), put("c", "4")),
          List.of(put("a", "5"), Write.delete("t", "c", Write.ANY)),
          List.of(put("b", "6"), put("a", "6")));

  private static final int LEAST_GARBAGE = 90;

  @TempDir Path root;

  private static Write put(String key, String value) {
    return Write.put("t", key, Write.ANY, value);
  }

  /** What there is after each number of commits. */
  private static List<Map<String, Stored>> states() {
    List<Map<String, Stored>> states = new ArrayList<>();
    Map<String, Stored> now = new TreeMap<>();
    states.add(Map.copyOf(now));
    for (int i = 0; i < HISTORY.size(); i++) {
      for (Write write : HISTORY.get(i)) {
        if (write.value() == null) {
          now.remove(write.key());
        } else {
          now.put(write.key(), new Stored(write.key(), i + 1, write.value()));
        }
      }
      states.add(new TreeMap<>(now));
    }
    return states;
  }

  @ParameterizedTest
  @EnumSource(Kept.class)
  void whereverTheMachineStopsEveryAcknowledgedCommitIsThereAndNoHalfOne(Kept kept)
      throws Exception {
    cutEverywhere(kept, 1, false);
  }

  @Test
  void atWhateverByteTheProcessEndsEveryAcknowledgedCommitIsThereAndNoHalfOne() throws Exception {
    cutEverywhere(Kept.ALL, Integer.getInteger("gitops.store.cut", 5), true);
  }

  private void cutEverywhere(Kept kept, int stride, boolean bytewise) throws Exception {
    List<Map<String, Stored>> states = states();
    boolean compacted = false;
    boolean finished = false;
    for (int steps = 0; !finished; steps += stride) {
      FaultyDisk disk = new FaultyDisk(steps, false, bytewise);
      Path directory = root.resolve(Integer.toString(steps));
      int acknowledged = 0;
      try (Session session = store(disk, directory).open("n")) {
        for (List<Write> commit : HISTORY) {
          session.commit(commit);
          acknowledged++;
        }
      } catch (IOException crash) {
        assertThat(disk.failed()).as("step %s: %s", steps, crash).isTrue();
      }
      finished = !disk.failed();
      compacted |= Files.exists(directory.resolve("n/journal-000003.log"));
      disk.crash(kept);
      int found;
      try (Session session = store(FaultyDisk.sound(), directory).open("n")) {
        Map<String, Stored> now = all(session);
        found = states.indexOf(now);
        assertThat(found)
            .as("step %s, acknowledged %s: %s", steps, acknowledged, now)
            .isBetween(acknowledged, acknowledged + 1);
        assertThat(session.commit(List.of(put("z", "on")))).isEqualTo(found + 1);
      }
      try (Session session = store(FaultyDisk.sound(), directory).open("n")) {
        assertThat(all(session)).hasSize(states.get(found).size() + 1).containsKey("z");
      }
    }
    assertThat(compacted).as("compaction is part of the history").isTrue();
  }

  @Test
  void afterAFailedStepTheSessionGoesOnWholeOrNotAtAll() throws Exception {
    boolean wentOn = false;
    boolean stopped = false;
    boolean finished = false;
    for (int steps = 0; !finished; steps++) {
      FaultyDisk disk = new FaultyDisk(steps, true, false);
      Path directory = root.resolve(Integer.toString(steps));
      Map<String, String> sure = new TreeMap<>();
      Map<String, String> maybe = new TreeMap<>();
      Session session;
      try {
        session = store(disk, directory).open("n");
      } catch (IOException failed) {
        continue;
      }
      boolean failedBefore = false;
      try (session) {
        for (int i = 0; i < 8; i++) {
          try {
            session.commit(List.of(put("a", "a" + i), put("k" + i, "v" + i)));
            sure.put("a", "a" + i);
            sure.put("k" + i, "v" + i);
            wentOn |= failedBefore;
          } catch (IOException failure) {
            stopped |= failedBefore;
            failedBefore = true;
            maybe.putIfAbsent("k" + i, "v" + i);
          }
        }
      }
      finished = !disk.failed();
      disk.crash(Kept.ALL);
      try (Session again = store(FaultyDisk.sound(), directory).open("n")) {
        Map<String, String> now = new TreeMap<>();
        again.scan("t", stored -> now.put(stored.key(), stored.value()));
        assertThat(now.keySet()).as("step %s", steps).containsAll(sure.keySet());
        for (Map.Entry<String, String> each : now.entrySet()) {
          if (!each.getKey().equals("a")) {
            String expected = sure.getOrDefault(each.getKey(), maybe.get(each.getKey()));
            assertThat(each.getValue()).as("step %s: %s", steps, each).isEqualTo(expected);
          }
        }
      }
    }
    assertThat(wentOn).as("a full disk that has space again").isTrue();
    assertThat(stopped).as("an fsync that failed").isTrue();
  }

  @Test
  void aFullDiskLeavesNothingOfACommitBehindAndTheNextOneGoesThrough() throws Exception {
    boolean[] full = {false};
    Disk disk =
        new Disk() {
          @Override
          DiskFile open(Path path, boolean write) throws IOException {
            return new DiskFile(path, write) {
              @Override
              synchronized void write(long at, byte[] from, int count) throws IOException {
                super.write(at, from, full[0] ? count - 1 : count);
                if (full[0]) {
                  throw new IOException("No space left on device");
                }
              }
            };
          }
        };
    Path journal = root.resolve("n/journal-000001.log");
    try (Session session = store(disk, root).open("n")) {
      session.commit(List.of(put("a", "1")));
      long size = Files.size(journal);
      full[0] = true;
      assertThatThrownBy(() -> session.commit(List.of(put("a", "x".repeat(1_000)))))
          .isInstanceOf(IOException.class)
          .hasMessageContaining(journal.toString())
          .hasMessageContaining("nothing is changed")
          .hasRootCauseMessage("No space left on device");
      assertThat(journal).hasSize(size);
      full[0] = false;
      assertThat(session.read("t", "a").orElseThrow().value()).isEqualTo("1");
      session.commit(List.of(put("a", "2")));
    }
    try (Session session = store(new Disk(), root).open("n")) {
      assertThat(session.read("t", "a")).contains(new Stored("a", 2, "2"));
    }
  }

  @Test
  void aFailedForceStopsTheSessionWithAWordOnWhatToDo() throws Exception {
    boolean[] failing = {false};
    Disk disk =
        new Disk() {
          @Override
          DiskFile open(Path path, boolean write) throws IOException {
            return new DiskFile(path, write) {
              @Override
              void force() throws IOException {
                if (failing[0]) {
                  throw new IOException("Input/output error");
                }
              }
            };
          }
        };
    try (Session session = store(disk, root).open("n")) {
      session.commit(List.of(put("a", "1")));
      failing[0] = true;
      assertThatThrownBy(() -> session.commit(List.of(put("a", "2"))))
          .isInstanceOf(IOException.class);
      failing[0] = false;
      for (var call :
          List.<org.assertj.core.api.ThrowableAssert.ThrowingCallable>of(
              () -> session.commit(List.of(put("a", "3"))),
              () -> session.read("t", "a"),
              () -> session.scan("t", stored -> {}))) {
        assertThatThrownBy(call)
            .isInstanceOf(IOException.class)
            .hasMessageContaining("open the namespace again")
            .hasMessageContaining("journal-000001.log")
            .hasRootCauseMessage("Input/output error");
      }
    }
    try (Session session = store(new Disk(), root).open("n")) {
      assertThat(session.read("t", "a").orElseThrow().value()).isIn("1", "2");
      session.commit(List.of(put("a", "4")));
    }
  }

  private static FileStateStore store(Disk disk, Path directory) {
    return new FileStateStore(disk, directory, InstantSource.system(), LEAST_GARBAGE);
  }

  private static Map<String, Stored> all(Session session) throws IOException {
    Map<String, Stored> records = new TreeMap<>();
    session.scan("t", stored -> records.put(stored.key(), stored));
    return records;
  }
}
