// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.gitops.core.manifest.FileTree;
import dev.gitops.core.model.Revision;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** Texts that anyone who can commit writes: commit messages, ignore files, names of revisions. */
class UntrustedTextFuzzTest {
  @Provide
  Arbitrary<String> messages() {
    return lines(
        "Reviewed-by: ",
        "Co-authored-by: Ann <ann@example.com>",
        "signed-off-by:",
        "Merge pull request #",
        "Merge pull request 'x' (#12) from ",
        "See merge request a!",
        "Merged in x (pull request #3)",
        "(#99999999999)",
        ": ",
        "\u202e",
        "\0",
        "'");
  }

  private static Arbitrary<String> lines(String... words) {
    Arbitrary<String> text = Arbitraries.strings().ofMaxLength(20);
    return Arbitraries.oneOf(
            Arbitraries.of(words), text, Arbitraries.of("\n", "\r\n", "\n\n", "\t", " "))
        .list()
        .ofMaxSize(40)
        .map(parts -> String.join("", parts));
  }

  @Property(seed = "4711", tries = 3_000)
  void messagesOfCommits(@ForAll("messages") String message) {
    Revision revision = new Revision("1".repeat(40), "", "", null, message);

    Contribution by = Contribution.of(revision, revision, "");

    assertThat(by.pullRequest()).matches("|[#!][0-9]{1,9}");
    for (List<String> people : List.of(by.reviewedBy(), by.coAuthors(), by.signedOffBy())) {
      assertThat(people).hasSizeLessThanOrEqualTo(50).doesNotHaveDuplicates();
      assertThat(people).allMatch(person -> !person.isBlank() && person.length() <= 200);
    }
  }

  @Provide
  Arbitrary<String> ignoreFiles() {
    return lines("*", "**", "/", "!", "#", "[", "]", "[!a-", "[[:alpha:]]", "?", "\\", "a", ".");
  }

  @Property(seed = "4711", tries = 3_000)
  void ignoreFiles(@ForAll("ignoreFiles") String text) throws IOException {
    FileTree.Entry file = new FileTree.Entry("d/.gitopsignore", FileTree.Type.FILE, "");
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    FileTree tree =
        new FileTree() {
          @Override
          public List<Entry> list(String directory) {
            return List.of(file);
          }

          @Override
          public byte[] read(Entry entry, int limit) {
            return Arrays.copyOf(bytes, Math.min(bytes.length, limit));
          }
        };
    IgnoreRules rules;
    try {
      rules = IgnoreRules.read(tree, file);
    } catch (IOException e) {
      assertThat(e).hasMessageContaining("d/.gitopsignore");
      return;
    }
    IgnoreRules.Budget budget = new IgnoreRules.Budget();
    for (String path : List.of("a", "a/b", "a/.a/a.yaml", "[", "\\", "a".repeat(200))) {
      assertThat(rules.ignores(path, true, budget)).isEqualTo(rules.ignores(path, true, budget));
    }
  }

  @Property(seed = "4711", tries = 3_000)
  void namesOfRevisions(@ForAll("ignoreFiles") String text) {
    Throwable refused =
        catchThrowableOfType(IllegalArgumentException.class, () -> Selector.parse(text));
    if (refused == null) {
      assertThat(Selector.parse(text).toFetch()).isNotEmpty();
    }
  }
}
