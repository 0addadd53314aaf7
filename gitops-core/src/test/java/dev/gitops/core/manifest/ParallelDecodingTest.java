// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.manifest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gitops.core.model.Document;
import dev.gitops.core.model.Revision;
import dev.gitops.core.model.Snapshot;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Files that are decoded by several threads. */
class ParallelDecodingTest {
  private static final int FILES = 1_000;

  /** Files in ten directories; every seventh is broken. */
  private static final class Many implements FileTree {
    private final Map<String, List<Entry>> directories = new TreeMap<>();

    Many() {
      for (int i = 0; i < FILES; i++) {
        String directory = "d" + i % 10;
        if (!directories.containsKey(directory)) {
          directories.put(directory, new ArrayList<>());
          directories
              .computeIfAbsent("", key -> new ArrayList<>())
              .add(new Entry(directory, Type.DIRECTORY, ""));
        }
        directories
            .get(directory)
            .add(new Entry("%s/f%04d.yaml".formatted(directory, i), Type.FILE, "v" + i));
      }
    }

    @Override
    public List<Entry> list(String directory) throws IOException {
      List<Entry> entries = directories.get(directory);
      if (entries == null) {
        throw new NoSuchFileException(directory);
      }
      return entries;
    }

    @Override
    public byte[] read(Entry entry, int limit) {
      String name = entry.name().replace(".yaml", "");
      boolean broken = Integer.parseInt(name.substring(1)) % 7 == 0;
      String text = "kind: Topic\nmetadata: {name: %s}\nspec: {}\n".formatted(name);
      return (broken ? "kind: [" : text).getBytes(StandardCharsets.UTF_8);
    }
  }

  private static Snapshot read(Executor helpers) throws IOException {
    return new SnapshotReader(ManifestReader.create().helpers(helpers))
        .read(new Many(), "", Revision.of("1"));
  }

  private static String text(Snapshot snapshot) {
    return snapshot.documents().stream().map(Document::toString).toList()
        + "\n"
        + snapshot.problems();
  }

  @Test
  void theOrderIsThatOfTheFilesWhoeverDecodesThem() throws Exception {
    Snapshot alone = read(Runnable::run);
    assertThat(alone.documents()).hasSize(FILES - (FILES + 6) / 7);
    AtomicInteger helped = new AtomicInteger();
    List<Thread> threads = new ArrayList<>();
    Executor eager =
        task -> {
          helped.incrementAndGet();
          Thread thread = new Thread(task);
          threads.add(thread);
          thread.start();
        };

    assertThat(text(read(eager))).isEqualTo(text(alone));
    assertThat(helped).hasValue(FILES);
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(
            text(
                new SnapshotReader(ManifestReader.create()).read(new Many(), "", Revision.of("1"))))
        .isEqualTo(text(alone));
  }

  @Test
  void anExecutorWithoutTimeOrThatRejectsDelaysNothing() throws Exception {
    List<Runnable> neverRun = new ArrayList<>();
    Executor rejecting =
        task -> {
          throw new RejectedExecutionException("busy");
        };

    assertThat(text(read(neverRun::add))).isEqualTo(text(read(Runnable::run)));
    assertThat(text(read(rejecting))).isEqualTo(text(read(Runnable::run)));
  }

  @Test
  void decodingCanBeInterrupted() {
    Thread reader = Thread.currentThread();
    try {
      assertThatThrownBy(() -> read(task -> reader.interrupt()))
          .isInstanceOf(InterruptedIOException.class);
    } finally {
      assertThat(Thread.interrupted()).isTrue();
    }
  }
}
