// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core;

import dev.gitops.core.model.Outcome;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.model.Revision;
import dev.gitops.core.model.Run;
import dev.gitops.core.model.Tree;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a cycle is about to write is in the store before its first write, and what came of it after
 * the last, so that every write can be traced even when the process ends in between.
 */
final class Trail {
  private static final String OPEN = "run/open";
  private static final String LAST = "run/last";

  private final Ledger ledger;
  private final Settings settings;
  private final Run run;

  Trail(Ledger ledger, Settings settings, Run run) {
    this.ledger = ledger;
    this.settings = settings;
    this.run = run;
  }

  /** What an earlier process was about to write when it ended. */
  List<String> interrupted() {
    Tree open = ledger.control(OPEN);
    if (open == null) {
      return List.of();
    }
    return List.of(
        "A cycle of "
            + open.at("/at").map(Tree::text).orElse("")
            + " at revision "
            + open.at("/revision").map(Tree::text).orElse("")
            + " was interrupted; what came of its "
            + open.at("/changes").map(changes -> changes.items().size()).orElse(0)
            + " changes was read again");
  }

  void intend(Writer writer, Revision revision, List<Item<?>> writes) throws IOException {
    List<@Nullable Object> changes = new ArrayList<>();
    for (Item<?> item : writes) {
      changes.add(
          Map.of(
              "id",
              item.id.toString(),
              "action",
              item.change().action().name(),
              "digest",
              item.change().digest()));
    }
    Map<String, @Nullable Object> record = new LinkedHashMap<>();
    record.put("at", settings.timing().now().toString());
    record.put("epoch", writer.epoch());
    record.put("trigger", run.trigger());
    record.put("revision", revision.id());
    record.put("author", revision.author());
    record.put("changes", changes);
    ledger.batch().control(OPEN, Tree.of(record)).commit(writer);
  }

  void complete(Writer writer, Map<ResourceId, Outcome> outcomes) throws IOException {
    Tree open = ledger.control(OPEN);
    if (open == null) {
      return;
    }
    Map<String, @Nullable Object> record = new LinkedHashMap<>(open.fields());
    Map<String, @Nullable Object> results = new LinkedHashMap<>();
    outcomes.forEach((id, outcome) -> results.put(id.toString(), outcome.result().name()));
    record.put("results", results);
    ledger.batch().control(OPEN, null).control(LAST, Tree.of(record)).commit(writer);
  }
}
