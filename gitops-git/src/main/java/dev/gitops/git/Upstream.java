// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import dev.gitops.git.Remote.Answer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.eclipse.jgit.lib.Constants;
import org.eclipse.jgit.lib.ObjectId;
import org.eclipse.jgit.lib.ObjectInserter;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The repository that writers of one origin push to. Commits are made on the head that was just
 * fetched and pushed on the condition that the branch is still there; when it is not, all of it is
 * done again on the new head. So nothing that others have pushed is ever overwritten.
 */
final class Upstream implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Upstream.class);
  private static final int ATTEMPTS = 10;

  private final GitUrl url;
  private final @Nullable Path temporary;
  private final Clone clone;
  private boolean closed;

  Upstream(Route route, @Nullable Path cache) {
    this.url = route.url();
    Path directory = cache == null ? temporaryDirectory() : cache;
    this.temporary = cache == null ? directory : null;
    this.clone = new Clone(route, directory);
  }

  private static Path temporaryDirectory() {
    try {
      return Files.createTempDirectory("gitops-git");
    } catch (IOException e) {
      throw new UncheckedIOException("No temporary directory; give this writer a cache(Path)", e);
    }
  }

  /** Makes commits on top of a head. */
  @FunctionalInterface
  interface Work {
    /**
     * Makes the commits; called again when the branch has moved.
     *
     * @return the new commits, the oldest first; none if there is nothing to do
     */
    List<ObjectId> on(ObjectId head, ObjectInserter inserter) throws IOException;
  }

  /** A commit of this repository, by whatever names it. */
  synchronized ObjectId find(String revision) throws IOException {
    checkOpen();
    return clone.find(Selector.parse(revision));
  }

  /**
   * Does the work on a branch and pushes it.
   *
   * @param onto the branch to push to: the same, or one that does not exist yet
   */
  synchronized Pushed push(String branch, String onto, Work work) throws IOException {
    checkOpen();
    for (int attempt = 1; ; attempt++) {
      ObjectId head = clone.find(Selector.branch(branch));
      List<ObjectId> made;
      try {
        made = make(head, work);
      } catch (IOException e) {
        if (!Damage.causes(e) || attempt == ATTEMPTS) {
          throw e;
        }
        clone.repair(head, e);
        continue;
      }
      if (made.isEmpty()) {
        return new Pushed(onto, head.name(), List.of());
      }
      ObjectId last = made.get(made.size() - 1);
      boolean direct = onto.equals(branch);
      Answer answer = clone.push(Constants.R_HEADS + onto, direct ? head : ObjectId.zeroId(), last);
      if (isThere(answer, onto, head, last, direct)) {
        return new Pushed(onto, last.name(), made.stream().map(ObjectId::name).toList());
      }
      if (attempt == ATTEMPTS) {
        throw new IOException(
            "Branch '%s' of %s moved %d times while this was being pushed; try again later"
                .formatted(onto, url, ATTEMPTS));
      }
    }
  }

  private List<ObjectId> make(ObjectId head, Work work) throws IOException {
    try (ObjectInserter inserter = clone.repository().newObjectInserter()) {
      List<ObjectId> made = work.on(head, inserter);
      inserter.flush();
      return made;
    }
  }

  /** Whether the commit is on the branch; if not, and it is worth another attempt, false. */
  private boolean isThere(Answer answer, String onto, ObjectId head, ObjectId last, boolean direct)
      throws IOException {
    if (answer.verdict() == Remote.Verdict.DONE) {
      return true;
    }
    ObjectId now = now(answer, onto, last);
    if (now != null && contains(now, last)) {
      return true;
    }
    if (!direct && now != null) {
      throw new IOException(
          "There is a branch '%s' in %s already. Choose another name, or delete it there first"
              .formatted(onto, url));
    }
    boolean moved = direct && !head.equals(now);
    if (moved || answer.verdict() == Remote.Verdict.MOVED) {
      return false;
    }
    String said = answer.words().isEmpty() ? "it gave no reason" : answer.words();
    if (answer.verdict() == Remote.Verdict.UNKNOWN) {
      throw new IOException(
          "The push to '%s' of %s broke off, and the branch has not moved: %s"
              .formatted(onto, url, said));
    }
    throw new GitRejectedException(
        "%s refused the push to '%s': %s".formatted(url, onto, said), answer.words());
  }

  /** Where the branch is now; null if there is none. */
  private @Nullable ObjectId now(Answer answer, String onto, ObjectId last) throws IOException {
    try {
      return clone.find(Selector.branch(onto));
    } catch (Commits.NotFoundException e) {
      return null;
    } catch (IOException e) {
      if (answer.verdict() != Remote.Verdict.UNKNOWN) {
        throw e;
      }
      throw new IOException(
          "The push to '%s' of %s broke off (%s), and it can't be told whether it took effect: look whether %s is there"
              .formatted(onto, url, answer.words(), last.name()),
          e);
    }
  }

  private boolean contains(ObjectId branch, ObjectId commit) throws IOException {
    return new Commits(clone.repository(), url.toString(), Reach.PUBLISHED).leads(branch, commit);
  }

  private void checkOpen() {
    if (closed) {
      throw new IllegalStateException("This writer is closed: " + url);
    }
  }

  /** Where the clone is that is deleted on close; null if there is none. */
  @Nullable Path temporary() {
    return temporary;
  }

  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    clone.close();
    if (temporary != null) {
      try {
        CloneDirectory.delete(temporary);
      } catch (IOException e) {
        LOG.warn("The temporary clone in {} stays behind", temporary, e);
      }
    }
  }
}
