// SPDX-License-Identifier: Apache-2.0
package dev.gitops.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What the READMEs show is compiled code. */
class ReadmeTest {
  private static final Pattern QUOTE =
      Pattern.compile("<!-- code: (\\S+) [^>]*-->\\s*```java\\n(.*?)```", Pattern.DOTALL);
  private static final Path ROOT = Path.of("").toAbsolutePath().getParent();

  @Test
  void everyQuoteStandsInTheFileThatItNames() throws IOException {
    int quotes = 0;
    for (Path readme : readmes()) {
      Matcher quote = QUOTE.matcher(Files.readString(readme));
      while (quote.find()) {
        String code = Files.readString(ROOT.resolve(quote.group(1)));
        assertThat(lines(code))
            .as(readme + " quotes " + quote.group(1))
            .contains(lines(quote.group(2)));
        quotes++;
      }
    }
    assertThat(quotes).isGreaterThanOrEqualTo(2);
  }

  @Test
  void everyLinkLeadsToAFile() throws IOException {
    Pattern link = Pattern.compile("\\]\\((?!https?:|#)([^)#]+)");
    List<String> dead = new ArrayList<>();
    for (Path readme : readmes()) {
      Matcher target = link.matcher(Files.readString(readme));
      while (target.find()) {
        if (!Files.exists(readme.resolveSibling(target.group(1)))) {
          dead.add(readme.getFileName() + ": " + target.group(1));
        }
      }
    }
    assertThat(dead).isEmpty();
  }

  @Test
  void theQuickStartIsAsShortAsItSays() throws IOException {
    Path folder = ROOT.resolve("gitops-examples/src/main/java/dev/gitops/examples/quickstart");
    String target = Files.readString(folder.resolve("ConfigFileTarget.java"));
    long code =
        target
            .lines()
            .dropWhile(line -> !line.startsWith("public"))
            .filter(line -> !line.isBlank())
            .count();
    assertThat(code).isLessThanOrEqualTo(70);
  }

  private static List<Path> readmes() throws IOException {
    try (Stream<Path> modules = Files.list(ROOT)) {
      return Stream.concat(Stream.of(ROOT), modules.filter(Files::isDirectory))
          .map(folder -> folder.resolve("README.md"))
          .filter(Files::exists)
          .collect(Collectors.toList());
    }
  }

  private static String lines(String code) {
    return code.lines()
        .map(String::strip)
        .filter(line -> !line.isEmpty())
        .collect(Collectors.joining("\n"));
  }
}
