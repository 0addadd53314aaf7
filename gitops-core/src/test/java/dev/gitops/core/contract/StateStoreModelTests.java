// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.contract;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gitops.core.spi.StateStore;
import dev.gitops.core.spi.StateStore.Session;
import dev.gitops.core.spi.StateStore.StaleRecordException;
import dev.gitops.core.spi.StateStore.Stored;
import dev.gitops.core.spi.StateStore.Write;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A {@link StateStore} does what a map does: random commits, conditions and restarts. */
abstract class StateStoreModelTests {
  private static final List<String> TABLES = List.of("owned", "runs");

  /**
   * A store without any state yet, which no other test sees. Called once or more in a test; the kit
   * closes what it opens.
   */
  protected abstract StateStore open() throws Exception;

  /**
   * Another store over the state of the last {@link #open()}, as another process has it, or this
   * one when it starts again.
   */
  protected abstract StateStore reopen() throws Exception;

  static LongStream seeds() {
    Long seed = Long.getLong("gitops.store.seed");
    return seed != null
        ? LongStream.of(seed)
        : LongStream.range(0, Long.getLong("gitops.store.histories", 10L));
  }

  @ParameterizedTest(name = "seed {0}")
  @MethodSource("seeds")
  void randomHistoriesEndAsInAMap(long seed) throws Exception {
    Random random = new Random(seed);
    Map<List<String>, Stored> model = new HashMap<>();
    long newest = 0;
    StateStore store = open();
    Session session = store.open("model");
    try {
      for (int step = 0; step < 120; step++) {
        if (random.nextInt(12) == 0) {
          session.close();
          store.close();
          store = reopen();
          session = store.open("model");
          compare(session, model);
        }
        List<Write> writes = writes(random, model);
        boolean expected = writes.stream().allMatch(write -> holds(write, model));
        try {
          long version = session.commit(writes);
          assertThat(expected).as("step %s: %s", step, writes).isTrue();
          boolean changes = writes.stream().anyMatch(write -> !write.checkOnly());
          assertThat(version > newest).as("step %s: %s", step, writes).isEqualTo(changes);
          newest = version;
          writes.forEach(write -> apply(write, version, model));
        } catch (StaleRecordException stale) {
          assertThat(expected).as("step %s: %s", step, writes).isFalse();
        }
        for (Write write : writes) {
          assertThat(session.read(write.table(), write.key()))
              .isEqualTo(Optional.ofNullable(model.get(place(write))));
        }
      }
      compare(session, model);
    } finally {
      session.close();
      store.close();
    }
  }

  private static List<Write> writes(Random random, Map<List<String>, Stored> model) {
    Map<List<String>, Write> writes = new HashMap<>();
    int count = random.nextInt(6);
    for (int i = 0; i < count; i++) {
      String table = TABLES.get(random.nextInt(TABLES.size()));
      String key = "key-" + random.nextInt(12);
      Stored now = model.get(List.of(table, key));
      long expected =
          switch (random.nextInt(12)) {
            case 0 -> Write.ABSENT;
            case 1 -> 1L + random.nextInt(100);
            case 2, 3, 4 -> Write.ANY;
            default -> now == null ? Write.ABSENT : now.version();
          };
      Write write =
          switch (random.nextInt(5)) {
            case 0 -> Write.delete(table, key, expected);
            case 1 -> Write.check(table, key, expected);
            default ->
                Write.put(table, key, expected, "v".repeat(random.nextInt(300)) + random.nextInt());
          };
      writes.put(List.of(table, key), write);
    }
    return new ArrayList<>(writes.values());
  }

  private static boolean holds(Write write, Map<List<String>, Stored> model) {
    Stored now = model.get(place(write));
    return write.expected() == Write.ANY
        || write.expected() == (now == null ? Write.ABSENT : now.version());
  }

  private static void apply(Write write, long version, Map<List<String>, Stored> model) {
    if (write.checkOnly()) {
      return;
    }
    if (write.value() == null) {
      model.remove(place(write));
    } else {
      model.put(place(write), new Stored(write.key(), version, write.value()));
    }
  }

  private static List<String> place(Write write) {
    return List.of(write.table(), write.key());
  }

  private static void compare(Session session, Map<List<String>, Stored> model) throws Exception {
    for (String table : TABLES) {
      List<Stored> found = new ArrayList<>();
      session.scan(table, found::add);
      assertThat(found)
          .containsExactlyInAnyOrderElementsOf(
              model.entrySet().stream()
                  .filter(entry -> entry.getKey().get(0).equals(table))
                  .map(Map.Entry::getValue)
                  .toList());
    }
  }
}
