// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core;

import dev.gitops.core.model.Tree;
import dev.gitops.core.spi.Lease;
import dev.gitops.core.spi.StateStore;
import dev.gitops.core.spi.StateStore.StaleRecordException;
import dev.gitops.core.spi.StateStore.Stored;
import dev.gitops.core.spi.StateStore.Write;
import dev.gitops.core.spi.Timing;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/**
 * The right to write. The store always has a record of who writes, by which every commit is fenced:
 * a writer that was overtaken can't change the store any more. Who may take the record over is
 * decided by the embedder's lease where there is one. Otherwise the record itself is the lease: a
 * process watches it on its own monotonic clock, so clocks need not agree, and takes it over when
 * it has not changed for its duration.
 */
final class Writer {
  private static final String TABLE = "writer";
  private static final String KEY = "lease";
  private static final Duration DURATION = Duration.ofSeconds(15);
  private static final JsonMapper JSON = JsonMapper.builder().build();

  private final StateStore.Session session;
  private final boolean exclusive;
  private final @Nullable Lease lease;
  private final Timing timing;
  private final String holder;
  private volatile long version = -1;
  private long epoch;
  private volatile long renewed;
  private long watchedVersion = -1;
  private long watchedSince;

  Writer(
      StateStore.Session session,
      boolean exclusive,
      @Nullable Lease lease,
      Timing timing,
      String holder) {
    this.session = session;
    this.exclusive = exclusive;
    this.lease = lease;
    this.timing = timing;
    this.holder = holder;
  }

  /** Takes the right to write; false while another process has it. */
  boolean acquire() throws Exception {
    long granted = 0;
    if (lease != null) {
      OptionalLong answer = lease.acquire();
      if (answer.isEmpty()) {
        version = -1;
        return false;
      }
      granted = answer.getAsLong();
    }
    Optional<Stored> stored = session.read(TABLE, KEY);
    Tree record =
        stored.isEmpty() ? Tree.EMPTY : Tree.of(JSON.readValue(stored.get().value(), Object.class));
    long storedEpoch = record.at("/epoch").map(e -> (Long) e.value()).orElse(0L);
    String storedHolder = record.at("/holder").map(Tree::text).orElse("");
    boolean mine =
        storedHolder.equals(holder); // no other process has this name, so nobody came in between
    if (lease != null ? granted < storedEpoch : !mine && !free(stored, storedHolder)) {
      version = -1;
      return false;
    }
    return take(stored, lease != null ? granted : mine ? storedEpoch : storedEpoch + 1);
  }

  private boolean free(Optional<Stored> stored, String storedHolder) {
    if (stored.isEmpty() || exclusive || storedHolder.isEmpty()) {
      return true;
    }
    if (stored.get().version() != watchedVersion) {
      watchedVersion = stored.get().version();
      watchedSince = timing.nanos();
    }
    return timing.nanos() - watchedSince > DURATION.toNanos();
  }

  private boolean take(Optional<Stored> stored, long newEpoch) throws IOException {
    long now = timing.nanos();
    try {
      String value = Tree.of(Map.of("holder", holder, "epoch", newEpoch)).toString();
      long expected = stored.map(Stored::version).orElse(Write.ABSENT);
      version = session.commit(List.of(Write.put(TABLE, KEY, expected, value)));
      epoch = newEpoch;
      renewed = now;
      return true;
    } catch (StaleRecordException e) {
      version = -1;
      return false;
    }
  }

  /**
   * Whether it is certain, for some time to come, that nobody else writes; asks nobody. Called from
   * any thread.
   */
  boolean certain() {
    return version >= 0
        && ((exclusive && lease == null)
            || timing.nanos() - renewed < duration().toNanos() * 2 / 3);
  }

  /** Makes certain that nobody else writes; false when it is over. */
  boolean renew() throws Exception {
    if (version < 0) {
      return false;
    }
    boolean fresh = timing.nanos() - renewed < duration().toNanos() / 3;
    if (lease != null) {
      long now = timing.nanos();
      if (!fresh && !lease.renew(epoch)) {
        version = -1;
        return false;
      }
      renewed = fresh ? renewed : now;
      return true;
    }
    if (exclusive || fresh) {
      return true;
    }
    return take(session.read(TABLE, KEY).filter(stored -> stored.version() == version), epoch);
  }

  private Duration duration() {
    return lease == null ? DURATION : lease.duration();
  }

  /** How long until it should be renewed. */
  Duration renewIn() {
    return duration().dividedBy(3);
  }

  /** The condition under which a commit may take effect. */
  Write fence() {
    return Write.check(TABLE, KEY, version < 0 ? Long.MAX_VALUE : version);
  }

  long epoch() {
    return epoch;
  }

  /** Lets another process write without waiting for the lease to run out. */
  void release() throws IOException {
    if (version >= 0 && lease == null && !exclusive) {
      try {
        String value = Tree.of(Map.of("holder", "", "epoch", epoch)).toString();
        session.commit(List.of(Write.put(TABLE, KEY, version, value)));
      } catch (StaleRecordException e) {
        // somebody else has it already: nothing to release
      }
    }
    version = -1;
    if (lease != null) {
      lease.close();
    }
  }
}
