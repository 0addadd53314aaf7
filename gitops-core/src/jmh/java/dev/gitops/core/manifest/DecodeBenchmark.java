// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.manifest;

import dev.gitops.core.model.Document;
import dev.gitops.core.model.Kind;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
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
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import tools.jackson.databind.MappingIterator;
import tools.jackson.databind.json.JsonMapper;

/** A file of manifests, read and bound. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 9, time = 1)
@Fork(1)
public class DecodeBenchmark {
  private static final Kind<Topic> KIND = Kind.of("Topic", Topic.class);

  /** Documents in the file. */
  @Param("100")
  int resources;

  @Param({"yaml", "json"})
  String format;

  private final ManifestReader reader = ManifestReader.create();
  private final JsonMapper mapper = JsonMapper.builder().build();
  private String path;
  private byte[] content;

  record Topic(
      String owner,
      int partitions,
      int replication,
      boolean compacted,
      Map<String, String> config,
      List<String> consumers) {}

  record Manifest(String kind, Map<String, Object> metadata, Topic spec) {}

  @Setup(Level.Trial)
  public void write() throws Exception {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < resources; i++) {
      text.append(format.equals("yaml") ? yaml(i) : json(i));
    }
    path = "topics." + format;
    content = text.toString().getBytes(StandardCharsets.UTF_8);
    if (read().documents().size() != resources
        || !readAndBind().equals(baseline())
        || readAndBind().size() != resources) {
      throw new IllegalStateException("The benchmark does not measure what it says");
    }
  }

  private static String yaml(int i) {
    return """
    ---
    kind: Topic
    metadata: {name: orders-%1$d, scope: shop, labels: {team: billing}}
    spec:
      owner: team-%1$d
      partitions: 12
      replication: 3
      compacted: true
      config:
        retention.ms: "604800000"
        segment.bytes: "1048576"
      consumers: [billing-%1$d, search-%1$d]
    """
        .formatted(i);
  }

  private static String json(int i) {
    return """
    {
      "kind": "Topic",
      "metadata": {"name": "orders-%1$d", "scope": "shop", "labels": {"team": "billing"}},
      "spec": {
        "owner": "team-%1$d",
        "partitions": 12,
        "replication": 3,
        "compacted": true,
        "config": {"retention.ms": "604800000", "segment.bytes": "1048576"},
        "consumers": ["billing-%1$d", "search-%1$d"]
      }
    }
    """
        .formatted(i);
  }

  @Benchmark
  public Declarations read() {
    return reader.read(path, content);
  }

  @Benchmark
  public List<Topic> readAndBind() throws Exception {
    List<Topic> topics = new ArrayList<>(resources);
    for (Document document : reader.read(path, content).documents()) {
      topics.add(KIND.bind(document.resource().spec()));
    }
    return topics;
  }

  /**
   * What one would write without the library: the same parsers, straight to the type; no positions,
   * no limits of its own, no strictness.
   */
  @Benchmark
  public List<Topic> baseline() {
    List<Topic> topics = new ArrayList<>(resources);
    if (format.equals("yaml")) {
      Load load = new Load(LoadSettings.builder().build());
      for (Object value : load.loadAllFromString(new String(content, StandardCharsets.UTF_8))) {
        topics.add(mapper.convertValue(value, Manifest.class).spec());
      }
    } else {
      try (MappingIterator<Manifest> all = mapper.readerFor(Manifest.class).readValues(content)) {
        all.forEachRemaining(manifest -> topics.add(manifest.spec()));
      }
    }
    return topics;
  }
}
