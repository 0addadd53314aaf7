// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import dev.gitops.core.manifest.FileTree;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.eclipse.jgit.ignore.FastIgnoreRule;
import org.eclipse.jgit.ignore.IgnoreNode;
import org.jspecify.annotations.Nullable;

/**
 * The rules of one ignore file. What is wrong with it is an error: what it would hide might be
 * applied. Patterns become regular expressions, which anyone who can commit could make take for
 * ever: so their wildcards, and the time for all of them, are bounded.
 */
final class IgnoreRules {
  private static final int MAX_BYTES = 100_000;
  private static final int MAX_RULES = 500;
  private static final int MAX_WILDCARDS = 3;
  private static final Duration MAX_TIME = Duration.ofSeconds(30);

  private final String file;
  private final IgnoreNode node;

  private IgnoreRules(String file, IgnoreNode node) {
    this.file = file;
    this.node = node;
  }

  /** The time that was spent on rules, of all files together. */
  static final class Budget {
    private long nanos;
  }

  /**
   * Reads an ignore file of a tree.
   *
   * @throws IOException naming file and line, for one that can't be understood as a whole
   */
  static IgnoreRules read(FileTree tree, FileTree.Entry file) throws IOException {
    String path = file.path();
    if (file.type() != FileTree.Type.FILE) {
      throw new IOException(
          "The ignore file %s is not a regular file. Make it one".formatted(path));
    }
    byte[] bytes = tree.read(file, MAX_BYTES + 1);
    if (bytes.length > MAX_BYTES) {
      throw new IOException(
          "The ignore file %s has more than %,d bytes".formatted(path, MAX_BYTES));
    }
    List<FastIgnoreRule> rules = new ArrayList<>();
    int number = 0;
    for (String line : new String(bytes, StandardCharsets.UTF_8).split("\r?\n", -1)) {
      number++;
      if (!line.isBlank() && !line.startsWith("#")) {
        rules.add(rule(path, number, line));
      }
    }
    if (rules.size() > MAX_RULES) {
      throw new IOException(
          "The ignore file %s has more than %,d rules".formatted(path, MAX_RULES));
    }
    return new IgnoreRules(path, new IgnoreNode(rules));
  }

  private static FastIgnoreRule rule(String path, int line, String text) throws IOException {
    for (String part : text.split("/", -1)) {
      if (part.chars().filter(c -> c == '*').count() > MAX_WILDCARDS) {
        throw new IOException(
            "%s:%d: more than %d asterisks between two slashes"
                .formatted(path, line, MAX_WILDCARDS));
      }
    }
    FastIgnoreRule rule = new FastIgnoreRule(text);
    if (rule.isEmpty()) {
      throw new IOException("%s:%d: this is no pattern that Git knows".formatted(path, line));
    }
    return rule;
  }

  /** Whether a path is ignored, relative to the directory of the file; null if no rule says so. */
  @Nullable Boolean ignores(String path, boolean isDirectory, Budget budget) throws IOException {
    long start = System.nanoTime();
    Boolean answer = node.checkIgnored(path, isDirectory);
    budget.nanos += System.nanoTime() - start;
    if (budget.nanos > MAX_TIME.toNanos()) {
      throw new IOException(
          "The rules of ignore files, such as %s, take longer than %d s. Make them simpler"
              .formatted(file, MAX_TIME.toSeconds()));
    }
    return answer;
  }
}
