// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core;

import dev.gitops.core.model.Observed;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.model.Tree;
import dev.gitops.core.spi.Written;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How far each hook is, and whether what bears its name is what one of its runs left. A run is
 * STARTED before its call, RUNNING when the target has confirmed it, REFUSED when the target has
 * something else of that name, and in the end DONE or FAILED.
 */
final class HookRecords {
  private static final String PREFIX = "hook/";

  private final Settings settings;
  private final Ledger ledger;
  private final String revision;
  private final Set<ResourceId> landed = new HashSet<>();

  HookRecords(Settings settings, Ledger ledger, String revision) {
    this.settings = settings;
    this.ledger = ledger;
    this.revision = revision;
  }

  /** How far this declaration of it is at this revision; empty when it has not started. */
  String state(Declared<?> declared) {
    Tree record = record(declared.id());
    boolean same =
        text("digest", record).equals(declared.digest())
            && text("revision", record).equals(revision);
    return same ? text("state", record) : "";
  }

  boolean runs(Item<?> item) {
    return item.declared != null && state(item.declared).equals("RUNNING");
  }

  /** Why it failed. */
  String why(ResourceId id) {
    return text("why", record(id));
  }

  /** What its last run is known by; empty when it is by nothing. */
  String handle(ResourceId id) {
    return text("handle", record(id));
  }

  /** When its run began; null when none has. */
  @Nullable Instant began(ResourceId id) {
    String at = text("at", record(id));
    return at.isEmpty() ? null : Instant.parse(at);
  }

  /**
   * Why what is there is none that we may remove or wait for; null when it is. A run whose call got
   * lost may have landed: what is as declared is taken for it, but never removed by us.
   */
  <T> @Nullable String foreign(Declared<T> declared, Observed<T> live) {
    Tree record = record(declared.id());
    String handle = text("handle", record);
    boolean known = !handle.isEmpty() && live.handle() != null;
    String state = text("state", record);
    if (record == null) {
      return "exists already and was not left by an earlier run";
    } else if (state(declared).equals("RUNNING") && (!known || handle.equals(live.handle()))) {
      return null;
    } else if (!text("presumed", record).isEmpty()) {
      return "exists, and it can't be told whether an earlier run left it";
    } else if (live.handle() == null
        ? !text("confirmed", record).isEmpty()
        : handle.equals(live.handle())) {
      return null;
    } else if (!state.equals("STARTED")) {
      return "exists, and was not left by the earlier run";
    } else if (settings.name().equals(live.ownerMark())) {
      return null;
    } else if (state(declared).equals("STARTED") && asDeclared(declared, live)) {
      landed.add(declared.id());
      return null;
    }
    return "exists, and it can't be told whether an interrupted run left it";
  }

  private static <T> boolean asDeclared(Declared<T> declared, Observed<T> live) {
    try {
      return declared.route().differ().diff(null, live, declared.resource()).isEmpty();
    } catch (Exception e) {
      return false; // then it is not known to be what was intended
    }
  }

  /** Whether what is there is taken for a run whose call got lost. */
  boolean landed(Item<?> item) {
    return landed.contains(item.id);
  }

  void presumed(Item<?> item, Ledger.Batch batch) {
    write(item, "RUNNING", "", new Trace(handle(item.live), "presumed", ""), batch);
  }

  void starts(Item<?> item, Ledger.Batch batch) {
    Trace before = trace(item.id);
    write(item, "STARTED", "", new Trace(before.handle, "", before.confirmed), batch);
  }

  void runs(Item<?> item, Written written, Ledger.Batch batch) {
    write(item, "RUNNING", "", new Trace(handle(written), "", "yes"), batch);
  }

  void refused(Item<?> item, Ledger.Batch batch) {
    Trace before = trace(item.id);
    write(item, "REFUSED", "", new Trace(before.handle, before.presumed, ""), batch);
  }

  void failed(Item<?> item, String why, Ledger.Batch batch) {
    write(item, "FAILED", why, trace(item.id), batch);
  }

  void done(Item<?> item, @Nullable Observed<?> seen, Ledger.Batch batch) {
    Trace before = trace(item.id);
    String handle = before.handle.isEmpty() ? handle(seen) : before.handle;
    write(item, "DONE", "", new Trace(handle, before.presumed, before.confirmed), batch);
  }

  /** A run that was given up has come to its end after all. */
  static void ended(Item<?> item, Written written, Ledger ledger, Ledger.Batch batch) {
    Tree record = ledger.control(PREFIX + item.id);
    if (record != null
        && text("state", record).equals("STARTED")
        && text("digest", record).equals(item.declarationDigest())) {
      Map<String, @Nullable Object> now = new HashMap<>(record.fields());
      now.put("state", "RUNNING");
      now.put("handle", handle(written));
      now.put("confirmed", "yes");
      batch.control(PREFIX + item.id, Tree.of(now));
    }
  }

  /**
   * By what a run can be told from what others made.
   *
   * @param handle of what it left; empty when not known
   * @param presumed not empty when what it left is only taken for it
   * @param confirmed not empty when the target has confirmed a run, and nothing since says that it
   *     is gone
   */
  private record Trace(String handle, String presumed, String confirmed) {}

  private Trace trace(ResourceId id) {
    Tree record = record(id);
    return new Trace(text("handle", record), text("presumed", record), text("confirmed", record));
  }

  private void write(Item<?> item, String state, String why, Trace trace, Ledger.Batch batch) {
    Tree before = record(item.id);
    boolean same =
        before != null
            && text("digest", before).equals(item.declarationDigest())
            && text("revision", before).equals(revision);
    String at =
        same && !state.equals("STARTED") ? text("at", before) : settings.timing().now().toString();
    Map<String, @Nullable Object> now = new HashMap<>();
    now.put("digest", item.declarationDigest());
    now.put("revision", revision);
    now.put("state", state);
    now.put("why", why);
    now.put("at", at);
    now.put("handle", trace.handle);
    now.put("presumed", trace.presumed);
    now.put("confirmed", trace.confirmed);
    batch.control(PREFIX + item.id, Tree.of(now));
  }

  private static String handle(@Nullable Observed<?> live) {
    return live == null || live.handle() == null ? "" : live.handle();
  }

  private static String handle(Written written) {
    return written.handle() == null ? "" : written.handle();
  }

  private @Nullable Tree record(ResourceId id) {
    return ledger.control(PREFIX + id);
  }

  private static String text(String field, @Nullable Tree record) {
    return record == null ? "" : record.at("/" + field).map(Tree::text).orElse("");
  }
}
