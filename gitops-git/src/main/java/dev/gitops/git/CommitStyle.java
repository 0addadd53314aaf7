// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.eclipse.jgit.lib.CommitBuilder;
import org.eclipse.jgit.lib.ObjectId;
import org.eclipse.jgit.lib.ObjectInserter;
import org.eclipse.jgit.lib.PersonIdent;
import org.jspecify.annotations.Nullable;

/**
 * Who commits, and in which words. Immutable.
 *
 * @param committer null for the author
 * @param message makes the message of the one that would be used
 * @param trailers lines {@code Key: value}
 */
record CommitStyle(
    String author,
    @Nullable String committer,
    UnaryOperator<String> message,
    List<String> trailers,
    Clock clock) {
  private static final Pattern PERSON =
      Pattern.compile("([^<>\\p{Cntrl}]*[^<>\\p{Cntrl} ]) <([^<>\\p{Cntrl} ]+)>");
  private static final Pattern TRAILER = Pattern.compile("[A-Za-z0-9][A-Za-z0-9-]*: .*");
  private static final int MAX_MESSAGE = 100_000;

  /** Refuses a person that Git can't write down. */
  static String person(String text) {
    if (!PERSON.matcher(text).matches()) {
      throw new IllegalArgumentException(
          "A person is written as 'Ann Example <ann@example.com>', not '" + text + "'");
    }
    return text;
  }

  CommitStyle author(String person) {
    return new CommitStyle(person(person), committer, message, trailers, clock);
  }

  CommitStyle message(UnaryOperator<String> other) {
    return new CommitStyle(author, committer, other, trailers, clock);
  }

  CommitStyle trailer(String key, String value) {
    String line = key + ": " + value.strip();
    if (value.isBlank()
        || !TRAILER.matcher(line).matches()
        || line.chars().anyMatch(Character::isISOControl)) {
      throw new IllegalArgumentException(
          "A trailer is a word, such as Reviewed-by, and one line of text, not '" + line + "'");
    }
    List<String> more = new ArrayList<>(trailers);
    more.add(line);
    return new CommitStyle(author, committer, message, List.copyOf(more), clock);
  }

  /** Makes a commit of a tree. */
  ObjectId commit(ObjectInserter inserter, ObjectId parent, ObjectId tree, String standard)
      throws IOException {
    CommitBuilder commit = new CommitBuilder();
    commit.setParentId(parent);
    commit.setTreeId(tree);
    commit.setAuthor(ident(author));
    commit.setCommitter(ident(committer == null ? author : committer));
    commit.setEncoding(StandardCharsets.UTF_8);
    commit.setMessage(text(standard));
    return inserter.insert(commit);
  }

  private PersonIdent ident(String person) {
    Matcher parts = PERSON.matcher(person);
    if (!parts.matches()) {
      throw new IllegalStateException("Not a person: " + person);
    }
    ZoneId zone = clock.getZone();
    return new PersonIdent(parts.group(1), parts.group(2), clock.instant(), zone);
  }

  private String text(String standard) {
    String text = message.apply(standard).strip();
    if (text.isEmpty() || text.length() > MAX_MESSAGE || text.indexOf('\0') >= 0) {
      throw new IllegalArgumentException(
          "A commit message is some text of at most " + MAX_MESSAGE + " characters");
    }
    if (trailers.isEmpty()) {
      return text + "\n";
    }
    List<String> lines = text.lines().toList();
    int last = lines.lastIndexOf("") + 1;
    boolean hasTrailers =
        last > 0 && lines.subList(last, lines.size()).stream().allMatch(TRAILER.asMatchPredicate());
    return text + (hasTrailers ? "\n" : "\n\n") + String.join("\n", trailers) + "\n";
  }
}
