// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.eclipse.jgit.lib.ObjectId;
import org.eclipse.jgit.lib.Ref;
import org.eclipse.jgit.lib.Repository;
import org.jspecify.annotations.Nullable;

/**
 * The commits that were given out as a head or by their full id: what reconcilers have accepted,
 * and what is pinned. Each has a ref of its own, so that neither a rewritten branch nor a garbage
 * collection loses it. A ref says in its name when the commit was last used: {@code
 * refs/gitops/kept/<scope>/<seconds>-<id>}. Those not used for a month go, and the oldest beyond a
 * number. All with the clone's lock held.
 */
final class KeptCommits {
  private static final String KEPT = "refs/gitops/kept/";
  private static final Pattern NAME = Pattern.compile(".*/(\\d{1,12})-[0-9a-f]{40}");
  private static final Duration RENEW = Duration.ofDays(1);
  private static final Duration FORGET = Duration.ofDays(30);
  static final int AT_MOST = 200;

  private final String prefix;
  private final InstantSource clock;
  private final Map<ObjectId, String> known = new HashMap<>();

  KeptCommits(Reach reach, InstantSource clock) {
    this.prefix = KEPT + reach.scope() + "/";
    this.clock = clock;
  }

  /** Whether this very commit is kept; not one that it leads to. */
  boolean has(Repository clone, ObjectId commit) throws IOException {
    return current(clone, commit) != null;
  }

  /** Keeps a commit of the clone from now on for a month. */
  void keep(Repository clone, CloneRefs refs, ObjectId commit) throws IOException {
    Instant now = clock.instant();
    String name = current(clone, commit);
    if (name != null && now.isBefore(time(name).plus(RENEW))) {
      return;
    }
    String fresh = "%s%010d-%s".formatted(prefix, now.getEpochSecond(), commit.name());
    refs.move(fresh, commit);
    known.put(commit.copy(), fresh);
    clean(clone, refs, now, fresh, name);
  }

  private void clean(
      Repository clone, CloneRefs refs, Instant now, String fresh, @Nullable String renewed)
      throws IOException {
    List<Ref> all = new ArrayList<>(clone.getRefDatabase().getRefsByPrefix(prefix));
    all.sort(Comparator.comparing(Ref::getName));
    int excess = all.size() - AT_MOST;
    for (Ref ref : all) {
      String name = ref.getName();
      boolean old = excess-- > 0 || time(name).plus(FORGET).isBefore(now) || name.equals(renewed);
      if (old && !name.equals(fresh)) {
        refs.delete(name);
        known.values().remove(name);
      }
    }
  }

  private @Nullable String current(Repository clone, ObjectId commit) throws IOException {
    String name = known.get(commit);
    if (name != null && clone.exactRef(name) != null) {
      return name;
    }
    known.remove(commit);
    for (Ref ref : clone.getRefDatabase().getRefsByPrefix(prefix)) {
      if (commit.equals(ref.getObjectId())) {
        known.put(commit.copy(), ref.getName());
        return ref.getName();
      }
    }
    return null;
  }

  /** When it was last used; long ago for what is no name of ours. */
  private static Instant time(String name) {
    Matcher matcher = NAME.matcher(name);
    return matcher.matches()
        ? Instant.ofEpochSecond(Long.parseLong(matcher.group(1)))
        : Instant.EPOCH;
  }
}
