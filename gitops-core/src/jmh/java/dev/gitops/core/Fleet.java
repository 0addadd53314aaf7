// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core;

import dev.gitops.core.model.Document;
import dev.gitops.core.model.Kind;
import dev.gitops.core.model.Live;
import dev.gitops.core.model.Metadata;
import dev.gitops.core.model.Observed;
import dev.gitops.core.model.Origin;
import dev.gitops.core.model.Resource;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.model.Revision;
import dev.gitops.core.model.Snapshot;
import dev.gitops.core.model.Tree;
import dev.gitops.core.spi.ReadScope;
import dev.gitops.core.spi.StateSource;
import dev.gitops.core.spi.StateStore;
import dev.gitops.core.spi.Target;
import dev.gitops.core.spi.Written;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Many resources of one kind, declared and live. Both sides are prepared, so that what is measured
 * is the engine; they share no instance but the kind's name, so that nothing is equal by identity,
 * as in a real process.
 */
final class Fleet implements StateSource, Target<Fleet.Topic> {
  static final Kind<Topic> KIND = Kind.of("Topic", Topic.class);
  private static final int PER_FILE = 50;

  private final Snapshot snapshot;
  private final Live<Topic> live;
  private volatile boolean exists;
  private boolean standing;

  /** What a service of moderate size declares of each of its topics. */
  record Topic(
      String owner,
      int partitions,
      int replication,
      boolean compacted,
      Map<String, String> config,
      List<String> consumers) {}

  /**
   * A fleet.
   *
   * @param drifted of each 100 live resources, how many differ in two fields
   * @param exists whether the live resources are there before the first of them is created
   */
  Fleet(int resources, int drifted, boolean exists) {
    List<Document> documents = new ArrayList<>(resources);
    List<Observed<Topic>> found = new ArrayList<>(resources);
    for (int i = 0; i < resources; i++) {
      documents.add(document(i));
      found.add(observed(i, i % 100 < drifted));
    }
    this.snapshot = new Snapshot(Revision.of("r1"), List.copyOf(documents), List.of());
    this.live = Live.of(found);
    this.exists = exists;
  }

  private static Document document(int i) {
    Map<String, Object> spec = new LinkedHashMap<>();
    spec.put("owner", "team-" + i % 40);
    spec.put("partitions", 12);
    spec.put("replication", 3);
    spec.put("compacted", i % 2 == 0);
    spec.put("config", Map.of("retention.ms", "" + 1000L * i, "segment.bytes", "" + (1 << 20)));
    spec.put("consumers", List.of("billing-" + i % 7, "search-" + i % 11));
    Origin origin = new Origin("topics/" + i / PER_FILE + ".yaml", 1 + i % PER_FILE * 10, 1);
    return Document.of(new Resource<>(id(i), Tree.of(spec), metadata(i), origin));
  }

  private static Metadata metadata(int i) {
    Metadata none = Metadata.DEFAULT;
    Map<String, String> labels = Map.of("team", "team-" + i % 40);
    return new Metadata(
        labels, List.of(), 0, none.phase(), none.onRemoval(), none.onChange(), null);
  }

  private static Observed<Topic> observed(int i, boolean drifted) {
    Map<String, String> config = new LinkedHashMap<>();
    config.put("retention.ms", "" + (drifted ? 7 : 1000L * i));
    config.put("segment.bytes", "" + (1 << 20));
    List<String> consumers = new ArrayList<>(List.of("billing-" + i % 7, "search-" + i % 11));
    Topic topic = new Topic("team-" + i % 40, drifted ? 6 : 12, 3, i % 2 == 0, config, consumers);
    return Observed.of(id(i), topic).withHandle(handle(i));
  }

  private static ResourceId id(int i) {
    return ResourceId.of("Topic", "shop-" + i % 10, "orders-" + i);
  }

  private static String handle(int i) {
    return "b1946ac9-2492-4d23-8f1b-" + i;
  }

  Snapshot snapshot() {
    return snapshot;
  }

  Live<Topic> live() {
    return live;
  }

  /**
   * From now on a read answers with the same object each time, as a target does that is told of
   * every change by a watch; otherwise with a new one, as a target that has to ask.
   */
  Fleet standing() {
    standing = true;
    return this;
  }

  /** A reconciler that is to keep this fleet. */
  Reconciler reconciler(StateStore store) {
    return Reconciler.builder("fleet", this)
        .route(KIND, this)
        .store(store)
        .timeout(Duration.ofMinutes(10))
        .build();
  }

  @Override
  public Snapshot fetch(@Nullable String revision) {
    return snapshot;
  }

  @Override
  public Live<Topic> read(ReadScope scope) {
    if (!exists) {
      return Live.of(List.of());
    }
    return standing ? live : Live.of(live.found().values());
  }

  /** The first creation makes all of them appear. */
  @Override
  public Written create(Resource<Topic> desired) {
    exists = true;
    String name = desired.id().name();
    return Written.of(null, handle(Integer.parseInt(name.substring(name.indexOf('-') + 1))));
  }

  @Override
  public Written update(Observed<Topic> observed, Resource<Topic> desired) {
    throw new UnsupportedOperationException("Benchmarks do not update");
  }

  @Override
  public void delete(Observed<Topic> observed) {
    throw new UnsupportedOperationException("Benchmarks do not delete");
  }

  @Override
  public String identity() {
    return "fleet";
  }

  @Override
  public void close() {}
}
