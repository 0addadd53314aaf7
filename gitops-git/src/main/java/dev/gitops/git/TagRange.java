// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.eclipse.jgit.lib.Constants;
import org.eclipse.jgit.lib.ObjectId;
import org.eclipse.jgit.lib.Ref;
import org.eclipse.jgit.lib.Repository;
import org.jspecify.annotations.Nullable;
import org.semver4j.Semver;
import org.semver4j.range.RangeList;
import org.semver4j.range.RangeListFactory;

/**
 * A range of semantic versions among tags, of which the highest counts. The range is checked before
 * the library reads it: that takes what it does not understand for something else (a comma for the
 * end of what it looks at).
 */
final class TagRange {
  private static final String NUMBER = "\\d{1,9}";
  private static final String PART = "(?:" + NUMBER + "|[xX*])";
  private static final String SUFFIX = "(?:-[0-9A-Za-z.-]+)?(?:\\+[0-9A-Za-z.-]+)?";
  private static final String VERSION =
      "(?:\\*|v?" + NUMBER + "(?:\\." + PART + "){0,2}" + SUFFIX + ")";
  private static final String TERM = "(?:>=|<=|>|<|=|\\^|~)?" + VERSION;
  private static final String TERMS =
      "(?:" + VERSION + " +- +" + VERSION + "|" + TERM + "(?: +" + TERM + ")*)";
  private static final Pattern RANGE = Pattern.compile(TERMS + "(?: *\\|\\| *" + TERMS + ")*");
  private static final int MAX_LENGTH = 200;

  private final String prefix;
  private final RangeList range;
  private final String text;

  private TagRange(String prefix, RangeList range, String text) {
    this.prefix = prefix;
    this.range = range;
    this.text = text;
  }

  /**
   * A range as a user writes it.
   *
   * @param prefix what stands before the version in a tag; empty for nothing or {@code v}
   * @throws IllegalArgumentException for what is no range, or no prefix of a tag
   */
  static TagRange parse(String range, String prefix) {
    String plain = range.strip().replaceAll("(?<=[<>=^~]) +", "");
    if (plain.length() > MAX_LENGTH || !RANGE.matcher(plain).matches()) {
      throw new IllegalArgumentException(
          "'%s' is no range of versions, such as '>=1.2 <2.0', '^1.2', '1.x' or '1.2 - 1.4 || 2.x'"
              .formatted(range));
    }
    if (!prefix.isEmpty() && !Repository.isValidRefName(Constants.R_TAGS + prefix + "1")) {
      throw new IllegalArgumentException("No tag can begin with '" + prefix + "'");
    }
    String after = prefix.isEmpty() ? "" : " after '" + prefix + "'";
    return new TagRange(
        prefix, RangeListFactory.create(plain), "tag in the range '" + range + "'" + after);
  }

  /** The full name of all tags that may be in the range, with an asterisk. */
  String pattern() {
    return Constants.R_TAGS + prefix + "*";
  }

  /** The refs of the highest version: more than one if a version has several names. */
  List<Ref> best(Collection<Ref> refs) {
    Semver best = null;
    for (Ref ref : refs) {
      Semver version = version(ref);
      if (version != null && (best == null || version.compareTo(best) > 0)) {
        best = version;
      }
    }
    Semver highest = best;
    return refs.stream().filter(ref -> same(version(ref), highest)).toList();
  }

  private static boolean same(@Nullable Semver version, @Nullable Semver other) {
    return version != null && other != null && version.isEquivalentTo(other);
  }

  /** What the tags in the range lead to. */
  Set<ObjectId> commits(Collection<Ref> refs) {
    Set<ObjectId> commits = new HashSet<>();
    for (Ref ref : refs) {
      if (version(ref) != null) {
        Stream.of(ref.getPeeledObjectId(), ref.getObjectId())
            .filter(id -> id != null)
            .forEach(commits::add);
      }
    }
    return commits;
  }

  /** The version of a tag; null for one that is not in the range, or has none. */
  private @Nullable Semver version(Ref ref) {
    String name = ref.getName();
    if (!name.startsWith(Constants.R_TAGS + prefix)) {
      return null;
    }
    String version = name.substring(Constants.R_TAGS.length() + prefix.length());
    boolean ours = !prefix.isEmpty() && version.startsWith("v");
    Semver parsed = ours || version.length() > MAX_LENGTH ? null : Semver.parse(version);
    return parsed != null && range.isSatisfiedBy(parsed) ? parsed : null;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof TagRange that && text.equals(that.text);
  }

  @Override
  public int hashCode() {
    return text.hashCode();
  }

  @Override
  public String toString() {
    return text;
  }
}
