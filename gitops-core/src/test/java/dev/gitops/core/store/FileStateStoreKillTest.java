// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gitops.core.spi.StateStore.Session;
import dev.gitops.core.spi.StateStore.Write;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Processes that commit as fast as they can, and are killed in the middle of it. */
class FileStateStoreKillTest {
  private static final int ROUNDS = 5;
  private static final int KEYS = 20;

  @TempDir Path root;

  /** Counts on from what it finds, and says each number that is committed. */
  static final class Child {
    private Child() {}

    public static void main(String[] arguments) throws IOException {
      try (Session session = store(Path.of(arguments[0])).open("n")) {
        long number =
            session.read("t", "number").map(stored -> Long.parseLong(stored.value())).orElse(0L);
        while (true) {
          number++;
          String value = Long.toString(number);
          session.commit(
              List.of(
                  Write.put("t", "number", Write.ANY, value),
                  Write.put("t", "k" + number % KEYS, Write.ANY, value)));
          System.out.println(value);
        }
      }
    }
  }

  private static FileStateStore store(Path directory) {
    return new FileStateStore(new Disk(), directory, InstantSource.system(), 3_000);
  }

  @Test
  @Timeout(120)
  void whatAKilledProcessAcknowledgedIsThereAndItsLockIsGone() throws Exception {
    Random random = new Random(7);
    long acknowledged = 0;
    for (int round = 0; round < ROUNDS; round++) {
      long before = acknowledged;
      Process child =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-Xshare:auto",
                  "-XX:TieredStopAtLevel=1",
                  "-cp",
                  System.getProperty("java.class.path"),
                  Child.class.getName(),
                  root.toString())
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start();
      try (BufferedReader said = child.inputReader()) {
        int lines = 20 + random.nextInt(150);
        for (int i = 0; i < lines; i++) {
          acknowledged = Long.parseLong(said.readLine());
        }
        assertThatThrownBy(() -> store(root).open("n"))
            .isInstanceOf(IOException.class)
            .hasMessageContaining("held by process " + child.pid());
        // By its handle, which leaves open what it has said.
        child.toHandle().destroyForcibly();
        for (String line = said.readLine(); line != null; line = said.readLine()) {
          acknowledged = Math.max(acknowledged, line.isEmpty() ? 0 : Long.parseLong(line));
        }
      } finally {
        child.destroyForcibly();
        child.waitFor();
      }
      try (Session session = store(root).open("n")) {
        Map<String, String> now = new TreeMap<>();
        session.scan("t", stored -> now.put(stored.key(), stored.value()));
        long number = Long.parseLong(now.get("number"));
        assertThat(number).isBetween(acknowledged, acknowledged + 1).isGreaterThan(before);
        for (long n = Math.max(1, number - KEYS + 1); n <= number; n++) {
          assertThat(now).containsEntry("k" + n % KEYS, Long.toString(n));
        }
        acknowledged = number;
      }
    }
  }
}
