// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.eclipse.jgit.errors.TransportException;
import org.eclipse.jgit.lib.ObjectId;
import org.eclipse.jgit.lib.Ref;
import org.eclipse.jgit.lib.RefUpdate;
import org.eclipse.jgit.lib.Repository;
import org.eclipse.jgit.transport.RefSpec;
import org.jspecify.annotations.Nullable;

/**
 * A bare clone of a remote, shared with whoever is given the same cache directory.
 *
 * <p>Refs move and objects arrive under the lock only. Objects are read without it: they never
 * change, and a clone that is replaced under a reader fails that reader's read, which then looks
 * again. A ref is believed only once its update was confirmed and the commit behind it was read:
 * JGit reports neither a lock that it did not get nor a damaged pack by an exception.
 */
final class Clone implements Store {
  private final GitUrl url;
  private final CloneDirectory directory;
  private final Remote remote;
  private final Duration timeout;
  private @Nullable Repository open;
  private @Nullable String generation;
  private @Nullable ObjectId repaired;

  Clone(GitUrl url, Path cache, Duration timeout) {
    this.url = url;
    this.directory = new CloneDirectory(cache, url);
    this.remote = new Remote(url, timeout);
    this.timeout = timeout;
  }

  @Override
  public ObjectId find(Selector wanted) throws IOException {
    try {
      return directory.locked(timeout, () -> findOrCloneAgain(wanted));
    } catch (DamageException e) {
      throw new IOException(
          "What %s sends for %s can't be read even into a fresh clone: %s. Run git fsck there"
              .formatted(url, wanted, e.getMessage()),
          e);
    }
  }

  private ObjectId findOrCloneAgain(Selector wanted) throws IOException {
    try {
      return findIn(current(), wanted);
    } catch (DamageException e) {
      start(directory.recreate());
      return findIn(repository(), wanted);
    }
  }

  /** The clone can't be read; it is worth a fresh one. */
  private static final class DamageException extends IOException {
    private static final long serialVersionUID = 1;

    DamageException(IOException cause) {
      super(cause.getMessage() == null ? cause.toString() : cause.getMessage(), cause);
    }
  }

  private ObjectId findIn(Repository clone, Selector wanted) throws IOException {
    Commits commits = new Commits(clone, url.toString());
    try {
      if (wanted.isExact()) {
        ObjectId known = commits.byId(wanted);
        if (known != null) {
          return known;
        }
      }
      List<Ref> found = update(clone, wanted);
      // Unlike the ones just listed, those of the clone are there also when it is damaged.
      return commits.choose(wanted, found, "Check the name, and whether it was pushed");
    } catch (Commits.NotFoundException | RemoteException | DamageException e) {
      throw e;
    } catch (IOException e) {
      throw new DamageException(e);
    }
  }

  /** The remote, not the clone, is the trouble. */
  private static final class RemoteException extends IOException {
    private static final long serialVersionUID = 1;

    RemoteException(String message, @Nullable Throwable cause) {
      super(message, cause);
    }
  }

  /** Makes the clone's refs what the remote's are, and returns those that may be the wanted. */
  private List<Ref> update(Repository clone, Selector wanted) throws IOException {
    Collection<RefSpec> specs = wanted.toFetch();
    try {
      return remote.connect(clone, specs, remote -> update(clone, remote, specs, wanted));
    } catch (BoundHttp.RedirectRefusedException e) {
      throw unreachable(wanted, e);
    } catch (TransportException e) {
      if (Damage.causes(e)) {
        throw new DamageException(e);
      }
      throw unreachable(wanted, e);
    } catch (InterruptedIOException e) {
      throw unreachable(wanted, e);
    }
  }

  private RemoteException unreachable(Selector wanted, Exception e) {
    return new RemoteException(
        "Can't fetch %s of %s: %s".formatted(wanted, url, remote.explain(e)),
        remote.isFitToShow(e) ? e : null);
  }

  private List<Ref> update(
      Repository clone, Remote.Connection remote, Collection<RefSpec> specs, Selector wanted)
      throws IOException {
    List<Ref> found = new ArrayList<>();
    Map<String, Ref> kept = new HashMap<>();
    for (Ref ref : remote.refs()) {
      for (RefSpec spec : specs) {
        if (spec.matchSource(ref)) {
          kept.put(spec.expandFromSource(ref).getDestination(), ref);
        }
      }
      if (wanted.refs().contains(ref.getName())) {
        found.add(ref);
      }
    }
    List<Ref> behind = new ArrayList<>();
    Map<String, ObjectId> moves = new HashMap<>();
    for (Map.Entry<String, Ref> entry : kept.entrySet()) {
      Ref here = clone.exactRef(entry.getKey());
      ObjectId there = entry.getValue().getObjectId();
      if (there != null && (here == null || !there.equals(here.getObjectId()))) {
        behind.add(entry.getValue());
        moves.put(entry.getKey(), there);
      }
    }
    prune(clone, specs, kept);
    if (!behind.isEmpty()) {
      remote.receive(behind, () -> move(clone, moves));
      directory.compact(clone, CloneDirectory.MAX_PACKS);
    }
    return found;
  }

  /** What the remote does not have any more must not lead to commits any more. */
  private void prune(Repository clone, Collection<RefSpec> specs, Map<String, Ref> kept)
      throws IOException {
    for (Ref ref : clone.getRefDatabase().getRefs()) {
      if (!kept.containsKey(ref.getName())
          && specs.stream().anyMatch(spec -> spec.matchDestination(ref))) {
        delete(clone, ref.getName());
      }
    }
  }

  private void move(Repository clone, Map<String, ObjectId> moves) throws IOException {
    for (Map.Entry<String, ObjectId> move : moves.entrySet()) {
      // "a" became "a/b": the remote can't have both, so ours is out of date.
      for (String other : clone.getRefDatabase().getConflictingNames(move.getKey())) {
        delete(clone, other);
      }
      RefUpdate.Result result = move(clone, move.getKey(), move.getValue());
      if (result == RefUpdate.Result.LOCK_FAILURE) {
        // We hold the lock of the whole clone, so this one is of a process that died.
        directory.breakLock(move.getKey());
        result = move(clone, move.getKey(), move.getValue());
      }
      confirm(move.getKey(), result);
    }
  }

  private static RefUpdate.Result move(Repository clone, String name, ObjectId to)
      throws IOException {
    RefUpdate update = clone.updateRef(name, true);
    update.setNewObjectId(to);
    update.setForceUpdate(true);
    update.disableRefLog();
    return update.update();
  }

  private void delete(Repository clone, String name) throws IOException {
    directory.breakLock(name);
    RefUpdate update = clone.updateRef(name, true);
    update.setForceUpdate(true);
    update.disableRefLog();
    confirm(name, update.delete());
  }

  private static void confirm(String name, RefUpdate.Result result) throws IOException {
    switch (result) {
      case NEW, FORCED, FAST_FORWARD, NO_CHANGE -> {}
      default -> throw new IOException("Ref " + name + " of the clone can't be moved: " + result);
    }
  }

  /** The clone as it is on disk now; others may have replaced it, or somebody emptied the cache. */
  private Repository current() throws IOException {
    String now = directory.generation();
    if (now == null) {
      now = directory.recreate();
    } else if (open == null) {
      directory.sweep();
    }
    if (open == null || !now.equals(generation)) {
      start(now);
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
    } catch (BoundHttp.RedirectRefusedException | TransportException | InterruptedIOException e) {
      if (Damage.causes(e)) {
        throw new DamageException(new IOException(e));
      }
      throw new RemoteException(
          "Can't push to %s: %s".formatted(url, remote.explainPush(e)),
          remote.isFitToShow(e) ? e : null);
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
    directory.locked(timeout, () -> repairUnlessReplaced(commit));
  }

  private ObjectId repairUnlessReplaced(ObjectId commit) throws IOException {
    String now = directory.generation();
    if (now != null && now.equals(generation)) {
      repaired = commit;
      start(directory.recreate());
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
