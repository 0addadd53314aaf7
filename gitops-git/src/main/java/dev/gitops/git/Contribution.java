// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import dev.gitops.core.model.Revision;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.eclipse.jgit.revwalk.FooterLine;
import org.jspecify.annotations.Nullable;

/**
 * Who made a commit, and how it came to the branch. All of it but {@code signer} is what somebody
 * wrote into a commit: it is for display, and nothing must be decided by it, since whoever can
 * commit can write any name, reviewer or number there.
 *
 * @param revision the commit: author, committer, time and message
 * @param mergedBy the merge by which it came to the branch; null if it was committed there
 * @param pullRequest {@code #12} or {@code !12}, as the merge's or the commit's message has it;
 *     empty where none does
 * @param reviewedBy the {@code Reviewed-by} trailers of the commit and its merge
 * @param coAuthors the {@code Co-authored-by} trailers
 * @param signedOffBy the {@code Signed-off-by} trailers
 * @param signer principal and fingerprint of the key that signed it, verified by a rule of the
 *     source ({@link Trust}); empty where none is trusted
 */
public record Contribution(
    Revision revision,
    @Nullable Revision mergedBy,
    String pullRequest,
    List<String> reviewedBy,
    List<String> coAuthors,
    List<String> signedOffBy,
    String signer) {
  private static final int MAX_TRAILERS = 50;
  private static final int MAX_LENGTH = 200;

  /** In messages of merges: GitHub, Gitea and Forgejo, GitLab, Bitbucket, Azure. */
  private static final List<Pattern> MERGED =
      List.of(
          Pattern.compile("\\AMerge pull request (#\\d{1,9}) "),
          Pattern.compile("\\AMerge pull request '[^\\n]*' \\((#\\d{1,9})\\) from "),
          Pattern.compile("^See merge request [^\\s!]*+(!\\d{1,9})\\s*$", Pattern.MULTILINE),
          Pattern.compile("\\AMerged in \\S+ \\(pull request (#\\d{1,9})\\)"),
          Pattern.compile("\\APull request (#\\d{1,9}): "),
          Pattern.compile("\\AMerged PR (\\d{1,9}): "));

  /** In subjects of squashed and rebased commits: the last of them, since a revert quotes one. */
  private static final Pattern SQUASHED =
      Pattern.compile("\\A[^\\n]*\\(([#!]\\d{1,9})\\)[ \\t]*(?:\\n|\\z)");

  /** Copies the lists. */
  public Contribution {
    reviewedBy = List.copyOf(reviewedBy);
    coAuthors = List.copyOf(coAuthors);
    signedOffBy = List.copyOf(signedOffBy);
  }

  static Contribution of(Revision revision, @Nullable Revision mergedBy, String signer) {
    List<String> reviewers = new ArrayList<>(trailers(revision, "Reviewed-by"));
    if (mergedBy != null) {
      for (String reviewer : trailers(mergedBy, "Reviewed-by")) {
        if (!reviewers.contains(reviewer)) {
          reviewers.add(reviewer);
        }
      }
    }
    String number = mergedBy == null ? "" : pullRequest(mergedBy.message());
    return new Contribution(
        revision,
        mergedBy,
        number.isEmpty() ? pullRequest(revision.message()) : number,
        reviewers,
        trailers(revision, "Co-authored-by"),
        trailers(revision, "Signed-off-by"),
        signer);
  }

  static String pullRequest(String message) {
    for (Pattern pattern : MERGED) {
      Matcher number = pattern.matcher(message);
      if (number.find()) {
        String found = number.group(1);
        return Character.isDigit(found.charAt(0)) ? "#" + found : found;
      }
    }
    Matcher squashed = SQUASHED.matcher(message);
    return squashed.find() ? squashed.group(1) : "";
  }

  private static List<String> trailers(Revision revision, String key) {
    return FooterLine.fromMessage(revision.message()).stream()
        .filter(line -> line.getKey().equalsIgnoreCase(key) && !line.getValue().isBlank())
        .map(line -> line.getValue().strip())
        .map(value -> value.length() > MAX_LENGTH ? value.substring(0, MAX_LENGTH) : value)
        .distinct()
        .limit(MAX_TRAILERS)
        .toList();
  }
}
