// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gitops.core.store.Index.Hash;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class IndexTest {
  record Step(boolean put, long key, int length) {}

  /** Keys that crowd together, at both ends of the table, so that searches run around its end. */
  @Provide
  Arbitrary<List<Step>> steps() {
    Arbitrary<Long> keys =
        Arbitraries.of(0L, 1L, 1L << 32, 2L << 32, -1L, -2L, -1L << 32, 0x7fffffff00000000L)
            .flatMap(near -> Arbitraries.longs().between(0, 6).map(far -> near + (far << 33)));
    return Combinators.combine(
            Arbitraries.of(true, true, false), keys, Arbitraries.integers().between(1, 9))
        .as(Step::new)
        .list()
        .ofMaxSize(120);
  }

  @Property(tries = 500)
  void itDoesWhatAHashMapDoes(@ForAll("steps") List<Step> steps) {
    Index index = new Index();
    Map<Long, int[]> model = new HashMap<>();
    for (int i = 0; i < steps.size(); i++) {
      Step step = steps.get(i);
      Hash key = new Hash(step.key(), step.key() * 31);
      int[] before =
          step.put()
              ? model.put(step.key(), new int[] {step.length(), i})
              : model.remove(step.key());
      int replaced = step.put() ? index.put(key, i, step.length(), i + 1) : index.remove(key);
      assertThat(replaced).isEqualTo(before == null ? 0 : before[0]);
    }
    assertThat(index.size()).isEqualTo(model.size());
    for (Step step : steps) {
      int slot = index.find(new Hash(step.key(), step.key() * 31));
      int[] expected = model.get(step.key());
      assertThat(slot >= 0).isEqualTo(expected != null);
      if (expected != null) {
        assertThat(index.length(slot)).isEqualTo(expected[0]);
        assertThat(index.offset(slot)).isEqualTo(expected[1]);
        assertThat(index.version(slot)).isEqualTo(expected[1] + 1);
      }
    }
    long[] offsets = index.allOffsets();
    Arrays.sort(offsets);
    assertThat(offsets)
        .containsExactly(model.values().stream().mapToLong(each -> each[1]).sorted().toArray());
  }
}
