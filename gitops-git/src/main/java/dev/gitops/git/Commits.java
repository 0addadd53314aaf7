// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import dev.gitops.core.model.Revision;
import dev.gitops.git.Fetch.Listed;
import dev.gitops.git.Store.Found;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.eclipse.jgit.errors.IncorrectObjectTypeException;
import org.eclipse.jgit.errors.MissingObjectException;
import org.eclipse.jgit.lib.AbbreviatedObjectId;
import org.eclipse.jgit.lib.Constants;
import org.eclipse.jgit.lib.ObjectId;
import org.eclipse.jgit.lib.ObjectReader;
import org.eclipse.jgit.lib.PersonIdent;
import org.eclipse.jgit.lib.Ref;
import org.eclipse.jgit.lib.RefDatabase;
import org.eclipse.jgit.lib.Repository;
import org.eclipse.jgit.revwalk.RevCommit;
import org.eclipse.jgit.revwalk.RevWalk;
import org.jspecify.annotations.Nullable;

/** Finds commits in a repository on this machine, by ref or id. */
final class Commits {
  private static final long MAX_COMMIT_BYTES = 1 << 20;

  private final Repository repository;
  private final String name;
  private final Reach reach;

  /**
   * The commits of a repository.
   *
   * @param name what messages call it
   * @param reach which refs may lead to a commit that is asked for by its id
   */
  Commits(Repository repository, String name, Reach reach) {
    this.repository = repository;
    this.name = name;
    this.reach = reach;
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
   * @param accepted may be asked for by its full id, whatever leads to it
   * @param advice what to do if there is none
   * @throws NotFoundException if there is none, or more than one
   */
  Found find(Selector wanted, @Nullable ObjectId accepted, String advice) throws IOException {
    RefDatabase database = repository.getRefDatabase();
    List<Ref> refs = new ArrayList<>();
    if (wanted.tags() != null) {
      for (Ref tag : database.getRefsByPrefix(Constants.R_TAGS)) {
        refs.add(database.peel(tag));
      }
    }
    for (String full : wanted.refs()) {
      Ref ref = repository.exactRef(full);
      if (ref != null && ref.getObjectId() != null) {
        refs.add(ref);
      }
    }
    Listed listed = new Listed(wanted.among(refs), wanted.others(refs));
    return choose(wanted, listed, accepted, advice);
  }

  /** The same, where the refs in question are known already. */
  Found choose(Selector wanted, Listed listed, @Nullable ObjectId accepted, String advice)
      throws IOException {
    List<Ref> refs = listed.found();
    if (refs.size() > 1) {
      String names = refs.stream().map(Ref::getName).sorted().collect(Collectors.joining(" or "));
      throw new NotFoundException(
          "%s has more than one %s. Say which: %s".formatted(name, wanted, names));
    }
    if (refs.size() == 1) {
      Ref ref = refs.get(0);
      return new Found(peel(wanted, ref.getObjectId()), ref, listed.others());
    }
    if (!wanted.commit().isEmpty()) {
      ObjectId commit = byId(wanted, accepted);
      if (commit != null) {
        return new Found(commit, null, Set.of());
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

  /** The commit of this full or abbreviated id, if it is within reach or was accepted before. */
  @Nullable ObjectId byId(Selector wanted, @Nullable ObjectId accepted) throws IOException {
    try (RevWalk walk = new RevWalk(repository)) {
      ObjectId found = null;
      for (ObjectId id : candidates(walk.getObjectReader(), wanted.commit())) {
        if (commit(walk, id) != null
            && ((wanted.isExact() && id.equals(accepted)) || reach.leadsTo(repository, id))) {
          if (found != null) {
            throw new NotFoundException(
                "%s has more than one %s: %s and %s. Give more digits"
                    .formatted(name, wanted, found.name(), id.name()));
          }
          found = id;
        }
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
