// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;
import org.eclipse.jgit.errors.TransportException;
import org.eclipse.jgit.lib.ObjectId;
import org.eclipse.jgit.lib.Ref;
import org.eclipse.jgit.lib.Repository;
import org.eclipse.jgit.revwalk.RevCommit;
import org.eclipse.jgit.revwalk.RevWalk;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A bare clone of a remote, shared with whoever is given the same cache directory.
 *
 * <p>Refs move and objects arrive under the lock only. Objects are read without it: they never
 * change, and a clone that is replaced under a reader fails that reader's read, which then looks
 * again. A ref is believed only once its update was confirmed and the commit behind it was read:
 * JGit reports neither a lock that it did not get nor a damaged pack by an exception.
 */
final class Clone implements Store {
  private static final Logger LOG = LoggerFactory.getLogger(Clone.class);

  private final GitUrl url;
  private final CloneDirectory directory;
  private final Remote remote;
  private final Duration timeout;
  private final Selector followed;
  private final boolean whole;
  private final Reach reach;
  private final KeptCommits keeping;
  private @Nullable Repository open;
  private @Nullable String generation;
  private @Nullable ObjectId repaired;
  private boolean distrusted;

  /** A clone with all of the history, which nothing of it is followed in. */
  Clone(Route route, Path cache) {
    this(route, cache, Selector.HEAD, InstantSource.system(), true);
  }

  /**
   * A clone that is made and brought up to date when something is looked for.
   *
   * @param followed what is looked for regularly: it is kept when it was found, and decides which
   *     commits may be asked for by id
   * @param whole whether the history is needed before anybody asks for it
   */
  Clone(Route route, Path cache, Selector followed, InstantSource clock, boolean whole) {
    this.url = route.url();
    this.directory = new CloneDirectory(cache, url, route.access().identity());
    this.remote = new Remote(route);
    this.timeout = route.timeout();
    this.followed = followed;
    this.whole = whole;
    this.reach = Reach.of(followed);
    this.keeping = new KeptCommits(reach, clock);
  }

  @Override
  public Found find(Selector wanted, @Nullable ObjectId accepted) throws IOException {
    try {
      return directory.locked(timeout, () -> findOrCloneAgain(wanted, accepted));
    } catch (DamageException e) {
      throw new IOException(
          "What %s sends for %s can't be read even into a fresh clone: %s. Run git fsck there"
              .formatted(url, wanted, e.getMessage()),
          e);
    }
  }

  private Found findOrCloneAgain(Selector wanted, @Nullable ObjectId accepted) throws IOException {
    if (!distrusted) {
      try {
        return findIn(current(), wanted, accepted);
      } catch (DamageException e) {
        LOG.info("The clone of {} is made anew: {}", url, e.getMessage());
      }
    }
    return findInFresh(wanted, accepted);
  }

  /** A clone is only given up for one that works: it may have what the remote lacks. */
  private Found findInFresh(Selector wanted, @Nullable ObjectId accepted) throws IOException {
    close();
    String fresh = directory.recreate();
    boolean works = false;
    try {
      start(fresh);
      Found found = findIn(repository(), wanted, accepted);
      works = true;
      distrusted = false;
      return found;
    } finally {
      if (!works) {
        close();
      }
      directory.decide(works);
    }
  }

  /** The clone can't be read; it is worth a fresh one. */
  static final class DamageException extends IOException {
    private static final long serialVersionUID = 1;

    DamageException(IOException cause) {
      super(cause.getMessage() == null ? cause.toString() : cause.getMessage(), cause);
    }
  }

  private Found findIn(Repository clone, Selector wanted, @Nullable ObjectId accepted)
      throws IOException {
    try {
      if (accepted != null && clone.getObjectDatabase().has(accepted)) {
        // Before the refs move: afterwards nothing may lead to it any more.
        keep(clone, accepted);
      }
      Found found = look(clone, wanted, accepted);
      if (wanted.equals(followed) || wanted.isExact()) {
        keep(clone, found.commit());
      }
      return found;
    } catch (Commits.NotFoundException | RemoteException | DamageException e) {
      throw e;
    } catch (IOException e) {
      throw new DamageException(e);
    }
  }

  private Found look(Repository clone, Selector wanted, @Nullable ObjectId accepted)
      throws IOException {
    Commits commits = new Commits(clone, url.toString(), reach);
    if (wanted.isExact()) {
      ObjectId id = ObjectId.fromString(wanted.commit());
      boolean vouched = id.equals(accepted) || keeping.has(clone, id);
      ObjectId known = commits.byId(wanted, vouched ? id : null);
      if (known != null) {
        return new Found(known, null, Set.of());
      }
    }
    Fetch fetch = fetch(clone);
    // Unlike the ones just listed, those of the clone are there also when it is damaged.
    Fetch.Listed listed = fetch.update(wanted);
    if (accepted != null && wanted.commit().equals(accepted.name())) {
      // The clone that had it is gone, and so may be the branch: but many servers still have it.
      if (commits.byId(wanted, null) == null) {
        fetch.obtain(List.of(accepted), () -> keep(clone, accepted));
      }
    }
    try {
      return commits.choose(wanted, listed, accepted, "Check the name, and whether it was pushed");
    } catch (Commits.NotFoundException e) {
      if (!wanted.commit().isEmpty()) {
        requireIntact(clone);
      }
      throw e;
    }
  }

  /** A commit may be missing only because the pack that holds it, or leads to it, is damaged. */
  private static void requireIntact(Repository clone) throws IOException {
    try (RevWalk walk = new RevWalk(clone)) {
      walk.setRetainBody(false);
      for (Ref ref : clone.getRefDatabase().getRefs()) {
        if (walk.peel(walk.parseAny(ref.getObjectId())) instanceof RevCommit commit) {
          walk.markStart(commit);
        }
      }
      RevCommit next;
      do {
        next = walk.next();
      } while (next != null);
    }
  }

  private Fetch fetch(Repository clone) {
    return new Fetch(clone, url, remote, directory, whole);
  }

  private void keep(Repository clone, ObjectId commit) throws IOException {
    keeping.keep(clone, new CloneRefs(clone, directory), commit);
  }

  /** The remote, not the clone, is the trouble. */
  static final class RemoteException extends IOException {
    private static final long serialVersionUID = 1;

    RemoteException(String message, @Nullable Throwable cause) {
      super(message, cause);
    }
  }

  @Override
  public boolean complete(ObjectId found, @Nullable ObjectId other) throws IOException {
    return directory.locked(timeout, () -> complete(repository(), found, other));
  }

  private boolean complete(Repository clone, ObjectId found, @Nullable ObjectId other)
      throws IOException {
    Fetch fetch = fetch(clone);
    fetch.deepen(found);
    if (other != null && !clone.getObjectDatabase().has(other)) {
      fetch.obtain(List.of(other), () -> keep(clone, other));
    }
    return !fetch.isCut();
  }

  /** The clone as it is on disk now; others may have replaced it, or somebody emptied the cache. */
  private Repository current() throws IOException {
    String now = directory.generation();
    if (now == null) {
      now = directory.recreate();
      directory.decide(true);
    } else if (open == null) {
      directory.sweep();
    }
    if (open == null || !now.equals(generation)) {
      try {
        start(now);
      } catch (IOException e) {
        // Its HEAD or configuration is lost or cut off.
        throw new DamageException(e);
      }
    }
    return repository();
  }

  private void start(String now) throws IOException {
    close();
    open = directory.open();
    generation = now;
  }

  /**
   * Moves a branch of the remote to a commit of the clone, if it is still where it is expected.
   *
   * @throws IOException when nothing was sent; the message says why
   */
  Remote.Answer push(String branch, ObjectId expected, ObjectId to) throws IOException {
    try {
      return remote.push(repository(), branch, expected, to);
    } catch (TransportException | InterruptedIOException e) {
      if (Damage.causes(e)) {
        throw new DamageException(new IOException(e));
      }
      throw new RemoteException(
          "Can't push to %s: %s".formatted(url, remote.words().ofPush(e)),
          remote.words().areFitToShow(e) ? e : null);
    }
  }

  @Override
  public Repository repository() {
    if (open == null) {
      throw new IllegalStateException("Nothing was found yet");
    }
    return open;
  }

  @Override
  public void repair(ObjectId commit, IOException found) throws IOException {
    if (commit.equals(repaired)) {
      throw new IOException(
          "Commit %s of %s can't be read even from a fresh clone: %s. Run git fsck there"
              .formatted(commit.name(), url, found.getMessage()),
          found);
    }
    directory.locked(timeout, () -> distrustUnlessReplaced(commit));
  }

  private ObjectId distrustUnlessReplaced(ObjectId commit) throws IOException {
    String now = directory.generation();
    if (now != null && now.equals(generation)) {
      repaired = commit;
      distrusted = true;
    }
    return commit;
  }

  @Override
  public void close() {
    if (open != null) {
      open.close();
      open = null;
    }
  }
}
