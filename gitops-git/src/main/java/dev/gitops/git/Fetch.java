// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.eclipse.jgit.errors.TransportException;
import org.eclipse.jgit.lib.Constants;
import org.eclipse.jgit.lib.ObjectId;
import org.eclipse.jgit.lib.ObjectIdRef;
import org.eclipse.jgit.lib.Ref;
import org.eclipse.jgit.lib.Repository;
import org.eclipse.jgit.transport.RefSpec;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a clone asks of its remote, with its lock held. It begins with the newest commit alone;
 * after that it gets all that is on top of what it has, so that it is always known whether a new
 * head descends from an old one. A history is made whole when somebody asks for it.
 */
final class Fetch {
  private static final Logger LOG = LoggerFactory.getLogger(Fetch.class);

  private final Repository clone;
  private final GitUrl url;
  private final Remote remote;
  private final CloneDirectory directory;
  private final boolean whole;

  /**
   * A clone and its remote.
   *
   * @param whole whether to get the whole history at once
   */
  Fetch(Repository clone, GitUrl url, Remote remote, CloneDirectory directory, boolean whole) {
    this.whole = whole;
    this.clone = clone;
    this.url = url;
    this.remote = remote;
    this.directory = directory;
  }

  /** Makes the clone's refs what the remote's are, and returns those that may be the wanted. */
  Listed update(Selector wanted) throws IOException {
    Collection<RefSpec> specs = wanted.toFetch();
    Integer depth = depth(wanted);
    boolean all = depth != null && depth == Constants.INFINITE_DEPTH;
    try {
      return ask(wanted.toString(), specs, depth, c -> update(c, specs, wanted, all));
    } catch (NotReceivedException e) {
      if (depth == null || ReceivingRepository.tooMuch(e) != null) {
        throw unreachable(wanted.toString(), e);
      }
    }
    try {
      // It may not be able to cut, or there is nothing to cut because it is no commit.
      return ask(wanted.toString(), specs, null, c -> update(c, specs, wanted, true));
    } catch (NotReceivedException e) {
      throw unreachable(wanted.toString(), e);
    }
  }

  /** The refs were listed, but the objects did not come. */
  private static final class NotReceivedException extends TransportException {
    private static final long serialVersionUID = 1;

    NotReceivedException(TransportException cause) {
      super(cause.getMessage(), cause);
    }
  }

  /**
   * One commit, of a remote from which all of them take their time. Never for a clone that has
   * more: its history would be cut.
   */
  private @Nullable Integer depth(Selector wanted) throws IOException {
    if (isNear()) {
      return null;
    }
    boolean cut = isCut();
    if (whole || !wanted.commit().isEmpty()) {
      return cut ? Constants.INFINITE_DEPTH : null;
    }
    boolean empty = clone.getRefDatabase().getRefs().isEmpty();
    return empty || (cut && clone.getRefDatabase().firstExactRef(wanted.keptRefs()) == null)
        ? 1
        : null;
  }

  /** Whether some commits are here without their parents. */
  boolean isCut() throws IOException {
    return !clone.getObjectDatabase().getShallowCommits().isEmpty();
  }

  private Listed update(
      Remote.Connection connection, Collection<RefSpec> specs, Selector wanted, boolean all)
      throws IOException {
    List<Ref> found = wanted.among(connection.refs());
    Map<String, Ref> kept = new HashMap<>();
    for (Ref ref : connection.refs()) {
      for (RefSpec spec : specs) {
        if (spec.matchSource(ref)) {
          kept.put(spec.expandFromSource(ref).getDestination(), ref);
        }
      }
    }
    List<Ref> behind = new ArrayList<>();
    Map<String, ObjectId> moves = new HashMap<>();
    for (Map.Entry<String, Ref> entry : kept.entrySet()) {
      Ref here = clone.exactRef(entry.getKey());
      Ref ref = entry.getValue();
      ObjectId there = ref.getObjectId();
      boolean moved = here == null ? wanted.tags() == null : !here.getObjectId().equals(there);
      if (there != null && (all || moved || (here == null && found.contains(ref)))) {
        behind.add(ref);
        moves.put(entry.getKey(), there);
      }
    }
    CloneRefs refs = new CloneRefs(clone, directory);
    refs.prune(specs, kept.keySet());
    if (!behind.isEmpty()) {
      try {
        connection.receive(behind, () -> refs.move(moves));
      } catch (TransportException e) {
        throw new NotReceivedException(e);
      }
      directory.compact(clone, CloneDirectory.MAX_PACKS);
    }
    return new Listed(found, wanted.others(connection.refs()));
  }

  /**
   * What a remote has of what is wanted.
   *
   * @param others what others of a version range lead to
   */
  record Listed(List<Ref> found, Set<ObjectId> others) {}

  /** Gets the whole history of a commit that is here, and of all others as far as it is given. */
  void deepen(ObjectId commit) throws IOException {
    if (isCut()) {
      receive(List.of(commit), Constants.INFINITE_DEPTH, () -> {});
    }
    if (isCut()) {
      // Of branches that were rewritten: no ref of the remote leads to them any more.
      obtain(clone.getObjectDatabase().getShallowCommits(), () -> {});
    }
  }

  /**
   * Gets commits that no ref needs to lead to, with their history. A remote that does not give them
   * out is no error: they are then absent as before. JGit itself serves what is on this machine,
   * and never gives them out.
   */
  void obtain(Collection<ObjectId> commits, Remote.Connection.Received then) throws IOException {
    if (isNear()) {
      return;
    }
    try {
      receive(commits, isCut() ? Constants.INFINITE_DEPTH : null, then);
    } catch (Clone.RemoteException e) {
      LOG.debug("{} does not give out commits {}", url, commits, e);
    }
  }

  private boolean isNear() {
    return !url.isHttp() && !url.isSsh();
  }

  private void receive(
      Collection<ObjectId> commits, @Nullable Integer depth, Remote.Connection.Received then)
      throws IOException {
    List<Ref> refs = new ArrayList<>();
    for (ObjectId commit : commits) {
      refs.add(new ObjectIdRef.Unpeeled(Ref.Storage.NETWORK, commit.name(), commit));
    }
    ask(
        "the history",
        List.of(),
        depth,
        connection -> {
          connection.receive(refs, then);
          return refs;
        });
  }

  private <T> T ask(
      String wanted, Collection<RefSpec> specs, @Nullable Integer depth, Remote.Use<T> use)
      throws IOException {
    try {
      return remote.connect(clone, specs, depth, use);
    } catch (InterruptedIOException e) {
      throw unreachable(wanted, e);
    } catch (TransportException e) {
      if (Damage.inConversation(e)) {
        throw new Clone.DamageException(e);
      }
      if (e instanceof NotReceivedException) {
        throw e;
      }
      throw unreachable(wanted, e);
    }
  }

  private Clone.RemoteException unreachable(String wanted, Exception e) {
    return new Clone.RemoteException(
        "Can't fetch %s of %s: %s".formatted(wanted, url, remote.words().ofFetch(e)),
        remote.words().areFitToShow(e) ? e : null);
  }
}
