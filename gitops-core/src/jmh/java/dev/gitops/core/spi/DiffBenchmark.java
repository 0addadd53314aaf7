// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.spi;

import dev.gitops.core.model.FieldChange;
import dev.gitops.core.model.Kind;
import dev.gitops.core.model.Observed;
import dev.gitops.core.model.Resource;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.model.Tree;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** One resource with so many declared fields, one of which differs, or none. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 9, time = 1)
@Fork(1)
public class DiffBenchmark {
  private static final Kind<Topic> KIND = Kind.of("Topic", Topic.class);

  @Param({"5", "20", "100", "1000"})
  int fields;

  private final JsonMapper mapper = JsonMapper.builder().build();
  private final Differ<Topic> differ = Differ.declaredFields(KIND);
  private Tree applied;
  private Resource<Topic> desired;
  private Observed<Topic> equal;
  private Observed<Topic> different;

  record Topic(String owner, int partitions, int replication, Map<String, String> config) {}

  @Setup(Level.Trial)
  public void prepare() throws Exception {
    ResourceId id = ResourceId.of("Topic", "orders");
    desired = Resource.of(id, topic(12));
    applied = KIND.tree(topic(12));
    equal = Observed.of(id, topic(12));
    different = Observed.of(id, topic(6));
    if (!equal().isEmpty() || changed().size() != 1 || jacksonTrees().size() != 1) {
      throw new IllegalStateException("The benchmark does not measure what it says");
    }
  }

  private Topic topic(int partitions) {
    Map<String, String> config = new LinkedHashMap<>();
    for (int i = 3; i < fields; i++) {
      config.put("option." + i, "value-" + i);
    }
    return new Topic("team-1", partitions, 3, config);
  }

  @Benchmark
  public List<FieldChange> equal() throws Exception {
    return differ.diff(applied, equal, desired);
  }

  @Benchmark
  public List<FieldChange> changed() throws Exception {
    return differ.diff(applied, different, desired);
  }

  /** What one would write without the library: both as Jackson trees, then field by field. */
  @Benchmark
  public List<String> jacksonTrees() {
    List<String> pointers = new ArrayList<>();
    JsonNode live = mapper.valueToTree(different.value());
    compare("", live, mapper.valueToTree(desired.spec()), pointers);
    return pointers;
  }

  private static void compare(String pointer, JsonNode live, JsonNode wanted, List<String> into) {
    if (wanted.isObject()) {
      for (Map.Entry<String, JsonNode> field : wanted.properties()) {
        String below = pointer + "/" + field.getKey();
        compare(below, live.path(field.getKey()), field.getValue(), into);
      }
    } else if (!wanted.equals(live)) {
      into.add(pointer);
    }
  }
}
