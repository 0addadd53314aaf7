// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core;

import dev.gitops.core.model.Outcome;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.model.Revision;
import dev.gitops.core.model.Run;
import dev.gitops.core.model.Tree;
import java.io.IOException;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a cycle is about to write is in the store before its first write, and what came of it after
 * the last, so that every write can be traced even when the process ends in between.
 *
 * <p>A cycle's head is a control record as long as it is open. Its changes stand in numbered parts
 * that are never held in memory, since a first sync may have a million: {@code open/0, open/1, …}
 * while it runs. Afterwards the head is {@code last}, and {@code last/0, last/1, …} say what became
 * of each. Every part names its cycle, so that parts of two cycles are never taken for one.
 */
final class Trail {
  private static final String OPEN = "run/open";
  private static final String LAST = "last";
  private static final int PART_CHARS = 1 << 20; // a store takes 16 times as many in one record

  private final Ledger ledger;
  private final Settings settings;
  private final Run run;
  private final Map<ResourceId, String> digests = new HashMap<>();

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
            + text(open, "at")
            + " at revision "
            + text(open, "revision")
            + " was interrupted; what came of its "
            + number(open, "changes")
            + " changes was read again");
  }

  void intend(Writer writer, Revision revision, List<Item<?>> writes) throws IOException {
    Tree interrupted = ledger.control(OPEN);
    String at = settings.timing().now().toString();
    Parts parts = new Parts("open", at, writer);
    for (Item<?> item : writes) {
      digests.put(item.id, item.change().digest());
      parts.add(
          Map.of(
              "id",
              item.id.toString(),
              "action",
              item.change().action().name(),
              "digest",
              item.change().digest()));
    }
    parts.end();
    Map<String, @Nullable Object> head = new LinkedHashMap<>();
    head.put("at", at);
    head.put("epoch", writer.epoch());
    head.put("trigger", run.trigger());
    head.put("revision", revision.id());
    head.put("author", revision.author());
    head.put("changes", writes.size());
    head.put("parts", parts.count);
    Ledger.Batch batch = ledger.batch().control(OPEN, Tree.of(head));
    delete("open", parts.count, number(interrupted, "parts"), batch);
    batch.commit(writer);
  }

  void complete(Writer writer, Map<ResourceId, Outcome> outcomes) throws IOException {
    Tree open = ledger.control(OPEN);
    if (open == null) {
      return;
    }
    Tree before = ledger.trail(LAST).map(Ledger::json).orElse(null);
    Parts parts = new Parts(LAST, text(open, "at"), writer);
    for (Outcome outcome : outcomes.values()) {
      Map<String, @Nullable Object> entry = new LinkedHashMap<>();
      entry.put("id", outcome.id().toString());
      entry.put("action", outcome.action().name());
      entry.put("digest", digests.getOrDefault(outcome.id(), ""));
      entry.put("result", outcome.result().name());
      parts.add(entry);
    }
    parts.end();
    Map<String, @Nullable Object> head = new LinkedHashMap<>(open.fields());
    head.put("parts", parts.count);
    Ledger.Batch batch = ledger.batch().control(OPEN, null).trail(LAST, Tree.of(head).toString());
    delete("open", 0, number(open, "parts"), batch);
    delete(LAST, parts.count, number(before, "parts"), batch);
    batch.commit(writer);
  }

  private static void delete(String name, long from, long to, Ledger.Batch batch) {
    for (long part = from; part < to; part++) {
      batch.trail(name + "/" + part, null);
    }
  }

  private static String text(Tree record, String field) {
    return record.at("/" + field).map(Tree::text).orElse("");
  }

  private static long number(@Nullable Tree record, String field) {
    Object value = record == null ? null : record.at("/" + field).map(Tree::value).orElse(null);
    return value instanceof Long number ? number : 0;
  }

  /** Writes entries, as many into a record as it can well take, each record in its own commit. */
  private final class Parts {
    private final String name;
    private final String at;
    private final Writer writer;
    private final StringBuilder entries = new StringBuilder();
    private int count;

    Parts(String name, String at, Writer writer) {
      this.name = name;
      this.at = at;
      this.writer = writer;
    }

    void add(Map<String, ?> entry) throws IOException {
      String text = Tree.of(entry).toString();
      if (entries.length() + text.length() > PART_CHARS) {
        end();
      }
      entries.append(entries.isEmpty() ? "" : ",").append(text);
    }

    void end() throws IOException {
      if (!entries.isEmpty()) {
        String part = "{\"at\":" + Tree.of(at) + ",\"changes\":[" + entries + "]}";
        ledger.batch().trail(name + "/" + count, part).commit(writer);
        entries.setLength(0);
        count++;
      }
    }
  }
}
