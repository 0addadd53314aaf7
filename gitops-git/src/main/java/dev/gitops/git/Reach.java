// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.eclipse.jgit.lib.Constants;
import org.eclipse.jgit.lib.ObjectId;
import org.eclipse.jgit.lib.Ref;
import org.eclipse.jgit.lib.Repository;
import org.eclipse.jgit.revwalk.RevWalk;

/**
 * Which commits may be asked for by their ids: those that a branch or a tag leads to, or the ref
 * that the source follows. A clone may hold more, because another source that shares it follows a
 * pull request, which anyone can open.
 *
 * @param more full names of refs that are neither branches nor tags
 */
record Reach(List<String> more) {
  /** Branches and tags. */
  static final Reach PUBLISHED = new Reach(List.of());

  static Reach of(Selector followed) {
    return new Reach(
        followed.refs().stream()
            .filter(ref -> !ref.startsWith(Constants.R_HEADS) && !ref.startsWith(Constants.R_TAGS))
            .filter(ref -> !ref.equals(Constants.HEAD))
            .toList());
  }

  /** Whether one of the refs leads to the commit. */
  boolean leadsTo(Repository repository, ObjectId commit) throws IOException {
    List<Ref> refs = new ArrayList<>();
    refs.addAll(repository.getRefDatabase().getRefsByPrefix(Constants.R_HEADS, Constants.R_TAGS));
    for (String name : more) {
      addIfThere(repository, name, refs);
    }
    addIfThere(repository, Selector.KEPT_HEAD, refs);
    try (RevWalk walk = new RevWalk(repository)) {
      return walk.isMergedIntoAny(walk.parseCommit(commit), refs);
    }
  }

  private static void addIfThere(Repository repository, String name, List<Ref> refs)
      throws IOException {
    Ref ref = repository.exactRef(name);
    if (ref != null) {
      refs.add(ref);
    }
  }

  /** Tells sources apart of which one may be given what another may not. */
  String scope() {
    return more.isEmpty()
        ? "published"
        : ObjectId.fromRaw(Constants.newMessageDigest().digest(bytes())).name();
  }

  private byte[] bytes() {
    return String.join("\n", more).getBytes(StandardCharsets.UTF_8);
  }
}
