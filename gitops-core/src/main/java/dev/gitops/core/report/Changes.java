// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.report;

import dev.gitops.core.model.Block;
import dev.gitops.core.model.Change;
import dev.gitops.core.model.Change.Action;
import dev.gitops.core.model.FieldChange;
import dev.gitops.core.model.Tree;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Changes for people: first those that are made, by action, then those that are not, by what is in
 * their way. Where there are too many to read, a group is told by its kinds and some examples.
 */
final class Changes {
  private static final int MOST_FIELDS = 20;
  private static final int ALWAYS_LISTED = 10;
  private static final int EXAMPLES = 3;
  private static final int LONGEST_VALUE = 120;
  private static final int WIDEST_ID = 48;

  private final Page page;
  private final boolean summarised;

  private Changes(Page page, boolean summarised) {
    this.page = page;
    this.summarised = summarised;
  }

  static void write(Page page, List<Change> changes, int most) {
    Changes writer = new Changes(page, changes.size() > most);
    for (Action action : Action.values()) {
      writer.group(
          title(action),
          List.of(),
          changes.stream().filter(c -> c.block() == null && c.action() == action).toList());
    }
    Map<String, List<Change>> blocked = new LinkedHashMap<>();
    for (Change change : changes) {
      Block block = change.block();
      if (block != null) {
        String why = block.reason() + " " + block.message() + " " + block.unblock();
        if (block.reason() == Block.Reason.INVALID) {
          why = ""; // each has its own problem, which stands among the problems
        }
        blocked.computeIfAbsent(why, key -> new ArrayList<>()).add(change);
      }
    }
    blocked.values().forEach(writer::blocked);
  }

  private void blocked(List<Change> changes) {
    Block block = changes.get(0).block();
    if (block == null) {
      return;
    }
    List<String> why = new ArrayList<>();
    boolean alike = changes.stream().allMatch(c -> same(c.block(), block));
    why.add("why:   " + (alike ? Inert.text(block.message()) : "see the problems"));
    why.add(
        "since: "
            + changes.stream()
                .map(change -> change.block() == null ? block.since() : change.block().since())
                .min(Comparator.naturalOrder())
                .orElse(block.since())
                .truncatedTo(ChronoUnit.SECONDS));
    if (!block.unblock().isEmpty()) {
      why.add("to do: " + Inert.text(block.unblock()));
    }
    group(title(block.reason()), why, changes);
  }

  private static boolean same(@Nullable Block one, Block other) {
    return one != null && one.message().equals(other.message());
  }

  private void group(String title, List<String> remarks, List<Change> changes) {
    if (changes.isEmpty()) {
      return;
    }
    page.gap();
    page.add(Page.Tone.TITLE, title + " (" + number(changes.size()) + ")");
    remarks.forEach(remark -> page.add(Page.Tone.BLOCKED, "  " + remark));
    if (summarised && changes.size() > ALWAYS_LISTED) {
      byKind(changes);
      return;
    }
    int width =
        Math.min(WIDEST_ID, changes.stream().mapToInt(c -> id(c).length()).max().orElse(WIDEST_ID));
    changes.forEach(change -> one(change, width));
  }

  private void byKind(List<Change> changes) {
    Map<String, List<Change>> kinds =
        changes.stream()
            .collect(
                Collectors.groupingBy(
                    c -> sign(c) + " " + Inert.text(c.id().kind(), WIDEST_ID),
                    TreeMap::new,
                    Collectors.toList()));
    kinds.forEach(
        (kind, some) ->
            page.add(
                tone(some.get(0)),
                kind
                    + ": "
                    + number(some.size())
                    + ", such as "
                    + some.stream()
                        .limit(EXAMPLES)
                        .map(Changes::id)
                        .collect(Collectors.joining(", "))));
  }

  private void one(Change change, int width) {
    StringBuilder line = new StringBuilder(sign(change)).append(' ');
    line.append(pad(id(change), width));
    if (change.block() != null && change.action() != Action.NONE) {
      line.append("  would ").append(verb(change.action()));
    }
    line.append("  ").append(change.action() == Action.NONE ? where(change) : why(change));
    page.add(tone(change), line.toString().stripTrailing());
    change.warnings().forEach(w -> page.add(Page.Tone.BLOCKED, "    warning: " + Inert.text(w)));
    fields(page, change);
    if (change.block() != null && change.action() != Action.NONE && !change.digest().isEmpty()) {
      page.add(Page.Tone.FAINT, "    digest " + Inert.text(change.digest()));
    }
  }

  /** Its cause, and where it is declared. */
  static String why(Change change) {
    String where = where(change);
    return words(change) + (where.isEmpty() ? "" : "  " + where);
  }

  private static String where(Change change) {
    return Inert.text(change.origin().toString());
  }

  static void fields(Page page, Change change) {
    List<FieldChange> fields = change.fields();
    List<FieldChange> shown = fields.subList(0, Math.min(MOST_FIELDS, fields.size()));
    int width = Math.min(WIDEST_ID, shown.stream().mapToInt(f -> name(f).length()).max().orElse(0));
    for (FieldChange field : shown) {
      String from = field.from() == null ? "" : value(field.from()) + " -> ";
      String to = field.to() == null ? "(removed)" : value(field.to());
      String cause = change.action() == Action.CREATE ? "" : words(field.cause());
      page.add(Page.Tone.PLAIN, "    " + pad(name(field), width) + "  " + from + to + cause);
    }
    if (fields.size() > shown.size()) {
      int rest = fields.size() - shown.size();
      page.add(Page.Tone.FAINT, "    and " + number(rest, "more field"));
    }
  }

  static String number(long count) {
    return String.format(java.util.Locale.ROOT, "%,d", count);
  }

  /** So many of something whose plural ends in s. */
  static String number(long count, String of) {
    return number(count) + " " + of + (count == 1 ? "" : "s");
  }

  static String id(Change change) {
    return Inert.text(change.id().toString(), 120);
  }

  static String pad(String text, int width) {
    return text + " ".repeat(Math.max(0, width - text.length()));
  }

  static String names(Collection<?> names) {
    return names.stream().map(n -> Inert.text(String.valueOf(n))).collect(Collectors.joining(", "));
  }

  private static String name(FieldChange field) {
    return field.pointer().isEmpty() ? "(all)" : Inert.text(field.pointer().substring(1), 120);
  }

  private static String value(@Nullable Tree value) {
    return Inert.text(String.valueOf(value), LONGEST_VALUE);
  }

  private static String sign(Change change) {
    return change.block() != null ? "!" : sign(change.action());
  }

  static String sign(Action action) {
    return switch (action) {
      case CREATE -> "+";
      case UPDATE -> "~";
      case REPLACE, DELETE -> "-";
      case RECORD, RUN -> "*";
      case NONE -> "!";
    };
  }

  private static Page.Tone tone(Change change) {
    return change.block() != null ? Page.Tone.BLOCKED : tone(change.action());
  }

  static Page.Tone tone(Action action) {
    return switch (action) {
      case CREATE -> Page.Tone.ADDED;
      case UPDATE -> Page.Tone.CHANGED;
      case REPLACE, DELETE -> Page.Tone.REMOVED;
      case RECORD, RUN -> Page.Tone.PLAIN;
      case NONE -> Page.Tone.BLOCKED;
    };
  }

  private static String title(Action action) {
    return switch (action) {
      case CREATE -> "To create";
      case UPDATE -> "To change";
      case REPLACE -> "To delete and create again";
      case DELETE -> "To delete";
      case RECORD -> "To take note of, without a write";
      case RUN -> "To run";
      case NONE -> "Nothing to do";
    };
  }

  static String verb(Action action) {
    return switch (action) {
      case CREATE -> "create";
      case UPDATE -> "change";
      case REPLACE -> "replace";
      case DELETE -> "delete";
      case RECORD -> "record";
      case RUN -> "run";
      case NONE -> "do nothing";
    };
  }

  private static String title(Block.Reason reason) {
    return switch (reason) {
      case CONFLICT -> "In conflict: exists, differs, and is not ours";
      case UNKNOWN -> "Unknown: could not be read";
      case INVALID -> "Invalid: wrongly declared";
      case AMBIGUOUS -> "Ambiguous: may or may not be ours";
      case HELD -> "Held";
      case REFUSED -> "Refused";
      case IN_DOUBT -> "In doubt: an earlier write may still take effect";
      case BACKOFF -> "Failed, and is tried again later";
      case TERMINAL -> "Failed, and can't succeed as declared";
      case FOUGHT -> "Fought over: somebody else keeps rewriting it";
      case WAITING -> "Waiting for what it depends on";
      case OBSERVED -> "Only observed";
    };
  }

  private static String words(Change change) {
    return switch (change.cause()) {
      case NEW -> "new";
      case DECLARED -> "declaration changed";
      case DRIFT -> "live was changed by somebody else";
      case REMOVED -> "no longer declared";
      case TAKEN_OVER ->
          change.block() == null ? "existed before, is adopted" : "existed before, not adopted";
      case ROLLED_BACK -> "goes back, its declaration failed";
      case HOOK -> "its turn has come";
    };
  }

  private static String words(FieldChange.Cause cause) {
    return switch (cause) {
      case DECLARED -> "  (declaration changed)";
      case DRIFT -> "  (live was changed)";
      case BOTH -> "";
    };
  }
}
