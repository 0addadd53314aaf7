// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import dev.gitops.core.model.Revision;
import dev.gitops.core.spi.HeldRevisionException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.eclipse.jgit.errors.MissingObjectException;
import org.eclipse.jgit.lib.Constants;
import org.eclipse.jgit.lib.ObjectId;
import org.eclipse.jgit.lib.ObjectReader;
import org.eclipse.jgit.lib.Ref;
import org.eclipse.jgit.revwalk.RevCommit;
import org.eclipse.jgit.revwalk.RevSort;
import org.eclipse.jgit.revwalk.RevWalk;
import org.jspecify.annotations.Nullable;

/**
 * Holds commits that are not signed as they must be. Reads commit and tag objects, never a tree.
 * Thread-safe.
 *
 * <p>A signature that counted is remembered for as long as the keys are the same; one that did not
 * is verified again at each fetch, since it may be a matter of time.
 */
final class SignatureRule implements RevisionRule {
  private static final int REMEMBERED = 100_000;
  private static final int SHOWN = 3;
  private static final int MAX_OBJECT = 1 << 20;

  private final Trust trust;
  private final Mode mode;
  private final ObjectId root;
  private final Map<Verified, Keyring.Signer> verified =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Verified, Keyring.Signer> eldest) {
          return size() > REMEMBERED;
        }
      };

  /**
   * A rule.
   *
   * @param root of {@link Mode#EVERY_COMMIT}
   */
  SignatureRule(Trust trust, Mode mode, ObjectId root) {
    this.trust = trust;
    this.mode = mode;
    this.root = root;
  }

  /** What must be signed. */
  enum Mode {
    HEAD,
    TAG,
    EVERY_COMMIT
  }

  /** Keyrings are compared by identity: they are the same as long as their text is. */
  private record Verified(ObjectId object, String name, List<Keyring> keys) {}

  @Override
  public synchronized void check(Candidate candidate) throws HeldRevisionException, IOException {
    Revision revision = candidate.revision();
    ObjectId commit = ObjectId.fromString(revision.id());
    List<Keyring> keys = trust.keys();
    try (ObjectReader reader = candidate.repository().newObjectReader()) {
      switch (mode) {
        case HEAD -> verifyCommit(reader, commit, keys);
        case TAG -> verifyTag(candidate, reader, commit, keys);
        case EVERY_COMMIT -> verifyEvery(candidate, reader, commit, keys);
      }
    } catch (UntrustedException e) {
      throw new HeldRevisionException(
          revision,
          String.valueOf(e.getMessage()),
          "sign it with a trusted key, add the key to those that are trusted, or have a person"
              + " confirm revision:"
              + revision.id());
    }
  }

  /** Who signed a commit, as far as it counts; null if it does not. */
  synchronized Keyring.@Nullable Signer signer(ObjectReader reader, ObjectId commit)
      throws IOException {
    try {
      return verifyCommit(reader, commit, trust.keys());
    } catch (UntrustedException e) {
      return null;
    }
  }

  private Keyring.Signer verifyCommit(ObjectReader reader, ObjectId commit, List<Keyring> keys)
      throws IOException, UntrustedException {
    Verified key = new Verified(commit.copy(), "", keys);
    Keyring.Signer known = verified.get(key);
    if (known != null) {
      return known;
    }
    try {
      SignedObject object = SignedObject.commit(raw(reader, commit, Constants.OBJ_COMMIT));
      return remember(key, object);
    } catch (UntrustedException e) {
      throw new UntrustedException("commit " + commit.name() + ": " + e.getMessage());
    }
  }

  private Keyring.Signer remember(Verified key, SignedObject object) throws UntrustedException {
    Keyring.Signer signer = verify(object, key.keys());
    verified.put(key, signer);
    return signer;
  }

  private static Keyring.Signer verify(SignedObject object, List<Keyring> keys)
      throws UntrustedException {
    UntrustedException reason = null;
    for (Keyring keyring : keys) {
      if (keyring.reads(object.signature())) {
        try {
          return keyring.verify(object);
        } catch (UntrustedException e) {
          reason = reason == null || reason.unknownKey ? e : reason;
        }
      }
    }
    throw reason == null
        ? new UntrustedException("it is signed with a sort of key of which none is trusted")
        : reason;
  }

  private void verifyTag(
      Candidate candidate, ObjectReader reader, ObjectId commit, List<Keyring> keys)
      throws IOException, UntrustedException {
    Ref ref = candidate.found().ref();
    if (ref == null || !ref.getName().startsWith(Constants.R_TAGS) || ref.getObjectId() == null) {
      throw new UntrustedException(
          candidate.wanted() + " is no tag, and only signed tags are trusted; follow a tag");
    }
    String name = ref.getName().substring(Constants.R_TAGS.length());
    try {
      verifyTag(reader, ref.getObjectId(), name, commit, keys);
    } catch (UntrustedException e) {
      throw new UntrustedException("tag '" + name + "': " + e.getMessage());
    }
  }

  private void verifyTag(
      ObjectReader reader, ObjectId id, String name, ObjectId commit, List<Keyring> keys)
      throws IOException, UntrustedException {
    Verified key = new Verified(id.copy(), name, keys);
    if (reader.open(id).getType() != Constants.OBJ_TAG) {
      throw new UntrustedException("it is not annotated, so it can't be signed");
    }
    SignedObject tag = SignedObject.tag(raw(reader, id, Constants.OBJ_TAG), name);
    if (!tag.target().equals(commit.name())) {
      throw new UntrustedException("it was moved while it was read; it is tried again");
    }
    if (verified.get(key) == null) {
      remember(key, tag);
    }
  }

  private void verifyEvery(
      Candidate candidate, ObjectReader reader, ObjectId commit, List<Keyring> keys)
      throws IOException, UntrustedException {
    if (!candidate.isComplete()) {
      throw new UntrustedException(
          "its history is cut off (a shallow clone), so not every commit can be verified");
    }
    String accepted = candidate.accepted();
    List<String> reasons = new ArrayList<>();
    int failed = 0;
    try (RevWalk walk = new RevWalk(reader)) {
      walk.setRetainBody(false);
      RevCommit head = walk.parseCommit(commit);
      RevCommit start = known(walk, root.name());
      if (start == null || !walk.isMergedInto(start, head)) {
        throw new UntrustedException("it does not descend from the trust root " + root.name());
      }
      walk.reset();
      walk.markStart(head);
      walk.markUninteresting(start);
      RevCommit before = accepted == null ? null : known(walk, accepted);
      if (before != null) {
        walk.markUninteresting(before);
      }
      walk.sort(RevSort.TOPO);
      walk.sort(RevSort.REVERSE, true);
      for (RevCommit next : walk) {
        if (Thread.interrupted()) {
          throw new InterruptedIOException("Interrupted while signatures were verified");
        }
        try {
          verifyCommit(reader, next, keys);
        } catch (UntrustedException e) {
          if (++failed <= SHOWN) {
            reasons.add(String.valueOf(e.getMessage()));
          }
        }
      }
    }
    if (failed > 0) {
      String more = failed > SHOWN ? "; and %,d more".formatted(failed - SHOWN) : "";
      throw new UntrustedException(String.join("; ", reasons) + more);
    }
  }

  private static @Nullable RevCommit known(RevWalk walk, String id) throws IOException {
    try {
      return ObjectId.isId(id) ? walk.parseCommit(ObjectId.fromString(id)) : null;
    } catch (MissingObjectException e) {
      return null;
    }
  }

  private static byte[] raw(ObjectReader reader, ObjectId id, int type)
      throws IOException, UntrustedException {
    if (reader.getObjectSize(id, type) > MAX_OBJECT) {
      throw new UntrustedException("it is larger than %,d bytes".formatted(MAX_OBJECT));
    }
    return reader.open(id, type).getCachedBytes(MAX_OBJECT);
  }
}
