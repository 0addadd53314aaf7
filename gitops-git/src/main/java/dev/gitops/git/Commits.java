// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import dev.gitops.core.model.Revision;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.eclipse.jgit.errors.IncorrectObjectTypeException;
import org.eclipse.jgit.errors.MissingObjectException;
import org.eclipse.jgit.lib.AbbreviatedObjectId;
import org.eclipse.jgit.lib.Constants;
import org.eclipse.jgit.lib.ObjectId;
import org.eclipse.jgit.lib.ObjectReader;
import org.eclipse.jgit.lib.PersonIdent;
import org.eclipse.jgit.lib.Ref;
import org.eclipse.jgit.lib.Repository;
import org.eclipse.jgit.revwalk.RevCommit;
import org.eclipse.jgit.revwalk.RevWalk;
import org.jspecify.annotations.Nullable;

/** Finds commits in a repository on this machine, by ref or id. */
final class Commits {
  private static final long MAX_COMMIT_BYTES = 1 << 20;

  private final Repository repository;
  private final String name;

  /**
   * The commits of a repository.
   *
   * @param name what messages call it
   */
  Commits(Repository repository, String name) {
    this.repository = repository;
    this.name = name;
  }

  /** There is no such commit; the message says which, where, and what to do. */
  static final class NotFoundException extends IOException {
    private static final long serialVersionUID = 1;

    NotFoundException(String message) {
      super(message);
    }
  }

  /**
   * The commit that is wanted.
   *
   * @param advice what to do if there is none
   * @throws NotFoundException if there is none, or more than one
   */
  ObjectId find(Selector wanted, String advice) throws IOException {
    List<Ref> refs = new ArrayList<>();
    for (String full : wanted.refs()) {
      Ref ref = repository.exactRef(full);
      if (ref != null && ref.getObjectId() != null) {
        refs.add(ref);
      }
    }
    return choose(wanted, refs, advice);
  }

  /** The same, where the refs in question are known already. */
  ObjectId choose(Selector wanted, List<Ref> refs, String advice) throws IOException {
    if (refs.size() > 1) {
      throw new NotFoundException(
          "%s has more than one %s. Say which: %s"
              .formatted(name, wanted, String.join(" or ", wanted.refs())));
    }
    if (refs.size() == 1) {
      return peel(wanted, refs.get(0).getObjectId());
    }
    if (!wanted.commit().isEmpty()) {
      ObjectId commit = byId(wanted);
      if (commit != null) {
        return commit;
      }
      throw new NotFoundException(
          "%s has no %s, or no branch or tag leads to it any more (a rewritten branch?). %s"
              .formatted(name, wanted, advice));
    }
    throw new NotFoundException(
        "%s has no %s; it was deleted or renamed, or never was there. %s"
            .formatted(name, wanted, advice));
  }

  private ObjectId peel(Selector wanted, ObjectId id) throws IOException {
    try (RevWalk walk = new RevWalk(repository)) {
      return walk.parseCommit(id).copy();
    } catch (IncorrectObjectTypeException e) {
      throw new NotFoundException(
          "%s of %s is no commit but a %s. Choose one that is"
              .formatted(wanted, name, Constants.typeString(typeOf(id))));
    }
  }

  private int typeOf(ObjectId id) throws IOException {
    try (RevWalk walk = new RevWalk(repository)) {
      return walk.peel(walk.parseAny(id)).getType();
    }
  }

  /** The commit of this full or abbreviated id, if a branch, tag or other ref leads to it. */
  @Nullable ObjectId byId(Selector wanted) throws IOException {
    try (RevWalk walk = new RevWalk(repository)) {
      List<Ref> refs = repository.getRefDatabase().getRefs();
      ObjectId found = null;
      for (ObjectId id : candidates(walk.getObjectReader(), wanted.commit())) {
        RevCommit commit = commit(walk, id);
        if (commit != null && walk.isMergedIntoAny(commit, refs)) {
          if (found != null) {
            throw new NotFoundException(
                "%s has more than one %s: %s and %s. Give more digits"
                    .formatted(name, wanted, found.name(), id.name()));
          }
          found = id;
        }
        walk.reset();
      }
      return found;
    }
  }

  /** Whether the history of one commit has another one in it, or is it. */
  boolean leads(ObjectId from, ObjectId to) throws IOException {
    try (RevWalk walk = new RevWalk(repository)) {
      return walk.isMergedInto(walk.parseCommit(to), walk.parseCommit(from));
    }
  }

  private static List<ObjectId> candidates(ObjectReader reader, String id) throws IOException {
    return ObjectId.isId(id)
        ? List.of(ObjectId.fromString(id))
        : List.copyOf(reader.resolve(AbbreviatedObjectId.fromString(id)));
  }

  private static @Nullable RevCommit commit(RevWalk walk, ObjectId id) throws IOException {
    try {
      return walk.parseAny(id) instanceof RevCommit commit ? commit : null;
    } catch (MissingObjectException e) {
      return null;
    }
  }

  /** A commit and the tree that belongs to it. */
  record Read(Revision revision, ObjectId tree) {}

  /** Reads a commit. */
  Read read(ObjectId id) throws IOException {
    try (RevWalk walk = new RevWalk(repository)) {
      long size = walk.getObjectReader().getObjectSize(id, Constants.OBJ_COMMIT);
      if (size > MAX_COMMIT_BYTES) {
        throw new IOException(
            "Commit %s of %s has a message of %,d bytes; more than %,d are not read"
                .formatted(id.name(), name, size, MAX_COMMIT_BYTES));
      }
      RevCommit commit = walk.parseCommit(id);
      return new Read(revision(commit), commit.getTree().copy());
    }
  }

  /** What a parsed commit says of itself. */
  static Revision revision(RevCommit commit) {
    PersonIdent committer = commit.getCommitterIdent();
    return new Revision(
        commit.name(),
        person(commit.getAuthorIdent()),
        person(committer),
        committer == null ? null : committer.getWhenAsInstant(),
        commit.getFullMessage());
  }

  private static String person(@Nullable PersonIdent person) {
    return person == null ? "" : person.getName() + " <" + person.getEmailAddress() + ">";
  }
}
