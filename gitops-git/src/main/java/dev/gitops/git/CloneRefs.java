// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import java.io.IOException;
import java.util.Collection;
import java.util.Map;
import java.util.Set;
import org.eclipse.jgit.lib.ObjectId;
import org.eclipse.jgit.lib.Ref;
import org.eclipse.jgit.lib.RefUpdate;
import org.eclipse.jgit.lib.Repository;
import org.eclipse.jgit.transport.RefSpec;

/** The refs of a clone, changed with its lock held only. Every change is confirmed. */
final class CloneRefs {
  private final Repository clone;
  private final CloneDirectory directory;

  CloneRefs(Repository clone, CloneDirectory directory) {
    this.clone = clone;
    this.directory = directory;
  }

  /** What the remote does not have any more must not lead to commits any more. */
  void prune(Collection<RefSpec> specs, Set<String> there) throws IOException {
    for (Ref ref : clone.getRefDatabase().getRefs()) {
      if (!there.contains(ref.getName())
          && specs.stream().anyMatch(spec -> spec.matchDestination(ref))) {
        delete(ref.getName());
      }
    }
  }

  void move(Map<String, ObjectId> moves) throws IOException {
    for (Map.Entry<String, ObjectId> move : moves.entrySet()) {
      // "a" became "a/b": the remote can't have both, so ours is out of date.
      for (String other : clone.getRefDatabase().getConflictingNames(move.getKey())) {
        delete(other);
      }
      move(move.getKey(), move.getValue());
    }
  }

  void move(String name, ObjectId to) throws IOException {
    RefUpdate.Result result = attempt(name, to);
    if (result == RefUpdate.Result.LOCK_FAILURE) {
      // We hold the lock of the whole clone, so this one is of a process that died.
      directory.breakLock(name);
      result = attempt(name, to);
    }
    confirm(name, result);
  }

  private RefUpdate.Result attempt(String name, ObjectId to) throws IOException {
    RefUpdate update = clone.updateRef(name, true);
    update.setNewObjectId(to);
    update.setForceUpdate(true);
    update.disableRefLog();
    return update.update();
  }

  void delete(String name) throws IOException {
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
}
