// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core;

import dev.gitops.core.model.Block;
import dev.gitops.core.model.Block.Reason;
import dev.gitops.core.model.Change.Action;
import dev.gitops.core.model.FieldChange;
import dev.gitops.core.model.Health;
import dev.gitops.core.model.ResourceId;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * When to try again what failed, when to stop rewriting what somebody else keeps rewriting, since
 * when something is blocked or on its way to health. Held in memory only: after a restart
 * everything is tried at once.
 */
final class Patience {
  private static final int FIGHT_ROUNDS = 4;
  private static final Duration FIGHT_WINDOW = Duration.ofMinutes(10);
  private static final int MAX_DOUBLINGS = 30;

  private final Settings settings;
  private final Map<ResourceId, Failure> failures = new HashMap<>();
  private final Map<ResourceId, Conflict> conflicts = new HashMap<>();
  private final Map<ResourceId, Fight> fights = new HashMap<>();
  private final Map<ResourceId, Long> progressingSince = new HashMap<>();
  private final Map<ResourceId, Write> written = new HashMap<>();
  private final Map<String, Instant> blockedSince = new HashMap<>();
  private final Set<String> blockedNow = new HashSet<>();
  private final Set<ResourceId> waitingNow = new HashSet<>();

  /** What failed in the last cycle, or waited in it for its next try. */
  private final Set<ResourceId> waiting = new HashSet<>();

  private boolean hurried;

  Patience(Settings settings) {
    this.settings = settings;
  }

  private record Failure(
      String digest,
      String message,
      int count,
      long notBefore,
      boolean terminal,
      boolean creation) {
    Failure ofCreation() {
      return new Failure(digest, message, count, notBefore, terminal, true);
    }
  }

  /** What was tried, and how often its target has said that this is not what it found. */
  private record Conflict(String attempt, String message, int count, long notBefore) {}

  /** When it was written, and how long its target may be behind. */
  private record Write(long at, Duration settle) {}

  /**
   * A resource that keeps drifting back: when we corrected it, and since when and until when we let
   * it be.
   */
  private static final class Fight {
    final Deque<Long> corrections = new ArrayDeque<>();
    String fields = "";
    int truces;
    long notBefore;

    Fight(long now) {
      notBefore = now; // not 0: a monotonic clock may be negative
    }
  }

  /** It failed; {@code after} is the target's own wish, or null. */
  void failed(Item<?> item, String message, boolean terminal, @Nullable Duration after) {
    failed(item.id, item.declarationDigest(), message, terminal, after);
    if (item.change().action() == Action.CREATE) {
      failures.computeIfPresent(item.id, (id, failure) -> failure.ofCreation());
    }
  }

  void failed(
      ResourceId id, String digest, String message, boolean terminal, @Nullable Duration after) {
    Failure before = failures.get(id);
    int count = before != null && before.digest().equals(digest) ? before.count() + 1 : 1;
    Duration delay = after != null ? after : backoff(count);
    long notBefore = settings.timing().nanos() + delay.toNanos();
    failures.put(id, new Failure(digest, message, count, notBefore, terminal, false));
    conflicts.remove(id);
    waiting.add(id);
  }

  /**
   * The target found something else than was planned from. Once is what happens between a read and
   * a write; again, with nothing changed that can be seen, is a refusal by another name.
   */
  void conflicted(ResourceId id, String attempt, String message) {
    Conflict before = conflicts.get(id);
    int count = before != null && before.attempt().equals(attempt) ? before.count() + 1 : 1;
    long delay = count == 1 ? 0 : backoff(count - 1).toNanos();
    conflicts.put(id, new Conflict(attempt, message, count, settings.timing().nanos() + delay));
    if (count > 1) {
      waiting.add(id);
    }
  }

  /** Why this must wait, if it met the same conflict more than once. */
  @Nullable Block conflict(ResourceId id, String attempt) {
    Conflict conflict = conflicts.get(id);
    if (conflict == null || !conflict.attempt().equals(attempt)) {
      conflicts.remove(id);
      return null;
    }
    long left = conflict.notBefore() - settings.timing().nanos();
    if (conflict.count() == 1 || left <= 0) {
      return null;
    }
    waitingNow.add(id);
    return block(
        id,
        Reason.BACKOFF,
        "the target says that there is a conflict, though nothing has changed that can be seen: "
            + conflict.message(),
        "do what it says; " + again(conflict.count(), left));
  }

  private static String again(int count, long nanos) {
    return "tried " + (count == 1 ? "once" : count + " times") + ", again in " + rounded(nanos);
  }

  private Duration backoff(int count) {
    double delay =
        (double) settings.retryAtFirst().toNanos()
            * Math.pow(2, Math.min(count - 1, MAX_DOUBLINGS));
    double capped = Math.min(delay, (double) settings.retryAtMost().toNanos());
    return Duration.ofNanos((long) (capped * (0.75 + settings.random().nextDouble() / 4)));
  }

  void succeeded(ResourceId id) {
    failures.remove(id);
    conflicts.remove(id);
  }

  /** Tries everything selected at once. */
  void retry(Predicate<ResourceId> selected) {
    failures.keySet().removeIf(selected);
    conflicts.keySet().removeIf(selected);
    fights.keySet().removeIf(selected);
  }

  /** Whether the target has refused for good to change what is there into this declaration. */
  boolean terminal(ResourceId id, String digest) {
    Failure failure = failures.get(id);
    return failure != null
        && failure.terminal()
        && !failure.creation()
        && failure.digest().equals(digest);
  }

  /**
   * We correct drift in these fields; more than a few times in a row and somebody else is at it,
   * too.
   */
  void corrected(ResourceId id, List<FieldChange> fields) {
    long now = settings.timing().nanos();
    Fight fight = fights.computeIfAbsent(id, key -> new Fight(now));
    while (!fight.corrections.isEmpty()
        && now - fight.corrections.getFirst() > FIGHT_WINDOW.toNanos()) {
      fight.corrections.removeFirst();
    }
    if (fight.corrections.isEmpty()) {
      fight.truces = 0;
    }
    fight.corrections.addLast(now);
    fight.fields = String.join(", ", fields.stream().map(FieldChange::pointer).toList());
    if (fight.corrections.size() >= FIGHT_ROUNDS) {
      fight.notBefore = now + backoff(++fight.truces + FIGHT_ROUNDS).toNanos();
      while (fight.corrections.size() >= FIGHT_ROUNDS) {
        fight.corrections.removeFirst();
      }
    }
  }

  /** Why it must wait, if it must. */
  @Nullable Block block(ResourceId id, String digest, boolean drift) {
    long now = settings.timing().nanos();
    Fight fight = fights.get(id);
    if (drift && fight != null && fight.notBefore - now > 0) {
      return block(
          id,
          Reason.FOUGHT,
          "somebody keeps changing " + fight.fields + " back after each correction",
          "find who else writes it, or leave the field to them by an ignore rule; next correction"
              + " in "
              + rounded(fight.notBefore - now));
    }
    Failure failure = failures.get(id);
    if (failure == null) {
      return null;
    }
    if (!failure.digest().equals(digest)) {
      failures.remove(id);
      return null;
    }
    if (failure.terminal()) {
      return block(
          id, Reason.TERMINAL, failure.message(), "change the declaration, or retry explicitly");
    }
    if (failure.notBefore() - now > 0) {
      waitingNow.add(id);
      String unblock = again(failure.count(), failure.notBefore() - now);
      return block(id, Reason.BACKOFF, failure.message(), unblock);
    }
    return null;
  }

  private static String rounded(long nanos) {
    return Math.max(1, Duration.ofNanos(nanos).toSeconds()) + " s";
  }

  /** A block that remembers since when it has been there. */
  Block block(ResourceId id, Reason reason, String message, String unblock) {
    String key = id + " " + reason;
    blockedNow.add(key);
    Instant since = blockedSince.computeIfAbsent(key, k -> settings.timing().now());
    return new Block(reason, message, since, unblock);
  }

  /** A plan is about to be made. */
  void planning() {
    waitingNow.clear();
  }

  /**
   * A full plan has been made: what was not blocked in it is no longer blocked.
   *
   * @param trying whether what is due is tried now, and not only planned
   * @param known whether it is declared or owned; whatever else was remembered is forgotten
   */
  void planned(boolean trying, Predicate<ResourceId> known) {
    blockedSince.keySet().retainAll(blockedNow);
    blockedNow.clear();
    hurried = false;
    if (trying) {
      waiting.clear();
      waiting.addAll(waitingNow);
    }
    failures.keySet().removeIf(known.negate());
    conflicts.keySet().removeIf(known.negate());
    fights.keySet().removeIf(known.negate());
    progressingSince.keySet().removeIf(known.negate());
    long now = settings.timing().nanos();
    written
        .entrySet()
        .removeIf(
            entry ->
                !known.test(entry.getKey())
                    && now - entry.getValue().at() > entry.getValue().settle().toNanos());
  }

  /** The judgement, with regard to how long it has been on its way. */
  Health judged(ResourceId id, Health health) {
    if (health.status() != Health.Status.PROGRESSING) {
      progressingSince.remove(id);
      return health;
    }
    long now = settings.timing().nanos();
    long since = progressingSince.computeIfAbsent(id, key -> now);
    return now - since < settings.progressDeadline().toNanos()
        ? health
        : Health.degraded(
            "not healthy within "
                + Words.of(settings.progressDeadline())
                + ": "
                + health.message());
  }

  /**
   * A write of it begins or has ended: the time until it must be healthy starts again, and so does
   * the time in which its target may still show the state before.
   */
  void written(ResourceId id, Duration settle) {
    progressingSince.remove(id);
    if (!settle.isZero()) {
      written.put(id, new Write(settings.timing().nanos(), settle));
    }
  }

  /** How long ago this process wrote it; null when it has not, or its target never is behind. */
  @Nullable Duration sinceWritten(ResourceId id) {
    Write write = written.get(id);
    return write == null ? null : Duration.ofNanos(settings.timing().nanos() - write.at());
  }

  /** Something is to be done at once, in the next cycle. */
  void hurry() {
    hurried = true;
  }

  boolean hurried() {
    return hurried;
  }

  /**
   * How long until something that failed or is fought over is due; null when nothing is. What could
   * have been tried in the last cycle and was not, since it is no longer declared or something else
   * is in its way, is not due.
   */
  @Nullable Duration nextDue() {
    long now = settings.timing().nanos();
    long soonest = Long.MAX_VALUE;
    for (ResourceId id : waiting) {
      Failure failure = failures.get(id);
      Conflict conflict = conflicts.get(id);
      if (failure != null && !failure.terminal()) {
        soonest = Math.min(soonest, failure.notBefore() - now);
      } else if (conflict != null) {
        soonest = Math.min(soonest, conflict.notBefore() - now);
      }
    }
    for (Fight fight : fights.values()) {
      soonest = fight.notBefore - now > 0 ? Math.min(soonest, fight.notBefore - now) : soonest;
    }
    return soonest == Long.MAX_VALUE ? null : Duration.ofNanos(Math.max(0, soonest));
  }
}
