// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.eclipse.jgit.lib.Constants;
import org.eclipse.jgit.lib.ObjectId;
import org.eclipse.jgit.lib.Ref;
import org.eclipse.jgit.lib.Repository;
import org.eclipse.jgit.transport.RefSpec;
import org.jspecify.annotations.Nullable;

/**
 * Which commit is wanted.
 *
 * @param refs the full names of the refs that it may stand for, of which exactly one must exist;
 *     empty for what can only be a commit
 * @param commit a full or abbreviated commit id; empty for what can only be a ref
 * @param tags a range of versions; null for what has none
 * @param text as people call it, with its sort: {@code branch 'main'}
 */
record Selector(List<String> refs, String commit, @Nullable TagRange tags, String text) {
  private static final Pattern COMMIT = Pattern.compile("[0-9a-fA-F]{7,40}");
  private static final int FULL = Constants.OBJECT_ID_STRING_LENGTH;

  /** Where a clone keeps its remote's HEAD. */
  static final String KEPT_HEAD = "refs/gitops/HEAD";

  /** The remote's own head. */
  static final Selector HEAD = new Selector(List.of(Constants.HEAD), "", null, "HEAD");

  static Selector branch(String name) {
    return ref(Constants.R_HEADS + name, "branch '" + name + "'");
  }

  static Selector tag(String name) {
    return ref(Constants.R_TAGS + name, "tag '" + name + "'");
  }

  static Selector fullRef(String name) {
    if (!name.startsWith(Constants.R_REFS)) {
      throw new IllegalArgumentException(
          "A full ref begins with refs/, such as refs/pull/42/head: '" + name + "'");
    }
    return ref(name, "ref '" + name + "'");
  }

  private static Selector ref(String full, String text) {
    if (!Repository.isValidRefName(full)) {
      throw new IllegalArgumentException("This is no name that Git allows: " + text);
    }
    return new Selector(List.of(full), "", null, text);
  }

  static Selector commit(String id) {
    if (!COMMIT.matcher(id).matches()) {
      throw new IllegalArgumentException(
          "A commit id is 7 to 40 hexadecimal digits, not '" + id + "'");
    }
    return new Selector(List.of(), id.toLowerCase(Locale.ROOT), null, "commit '" + id + "'");
  }

  static Selector tags(String range, String prefix) {
    TagRange tags = TagRange.parse(range, prefix);
    return new Selector(List.of(), "", tags, tags.toString());
  }

  /** What an embedder or a pin names: a branch, a tag, a full ref, or a commit. */
  static Selector parse(String revision) {
    if (revision.equals(Constants.HEAD)) {
      return HEAD;
    }
    if (revision.startsWith(Constants.R_REFS)) {
      return fullRef(revision);
    }
    boolean commit = COMMIT.matcher(revision).matches();
    if (commit && revision.length() == FULL) {
      return commit(revision);
    }
    Selector branch = branch(revision);
    return new Selector(
        Stream.of(branch, tag(revision)).flatMap(s -> s.refs.stream()).toList(),
        commit ? revision.toLowerCase(Locale.ROOT) : "",
        null,
        commit ? "branch, tag or commit '" + revision + "'" : "branch or tag '" + revision + "'");
  }

  /** Whether it names one commit for ever, so that no remote needs to be asked for it again. */
  boolean isExact() {
    return commit.length() == FULL;
  }

  /** What has to be asked of the remote to find it. */
  Collection<RefSpec> toFetch() {
    if (!commit.isEmpty()) {
      return List.of(
          new RefSpec("+refs/heads/*:refs/heads/*"), new RefSpec("+refs/tags/*:refs/tags/*"));
    }
    if (tags != null) {
      return List.of(new RefSpec("+" + tags.pattern() + ":" + tags.pattern()));
    }
    return refs.stream().map(ref -> new RefSpec("+" + ref + ":" + kept(ref))).toList();
  }

  /** Those of a repository's refs that it may stand for. */
  List<Ref> among(Collection<Ref> all) {
    return tags != null
        ? tags.best(all)
        : all.stream().filter(ref -> refs.contains(ref.getName())).toList();
  }

  /** What refs lead to that it might as well have stood for, had there been no better. */
  Set<ObjectId> others(Collection<Ref> all) {
    return tags == null ? Set.of() : tags.commits(all);
  }

  /** The names under which a clone keeps the refs that it may stand for. */
  String[] keptRefs() {
    return refs.stream().map(Selector::kept).toArray(String[]::new);
  }

  /** The name under which a clone keeps a ref of its remote. */
  static String kept(String ref) {
    return ref.equals(Constants.HEAD) ? KEPT_HEAD : ref;
  }

  @Override
  public String toString() {
    return text;
  }
}
