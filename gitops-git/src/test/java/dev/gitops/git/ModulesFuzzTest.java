// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gitops.git.ModulesFile.RefusedException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** Whatever stands in {@code .gitmodules}: it is understood as Git does, or refused. */
class ModulesFuzzTest {
  private static final String SEED = "20261125";

  @Provide
  Arbitrary<String> texts() {
    Arbitrary<String> pieces =
        Arbitraries.of(
            "[submodule \"",
            "a",
            "\"]",
            "\n",
            "path = ",
            "url = ",
            "lib",
            "../x",
            "\\",
            "\"",
            "#",
            ";",
            " ",
            "\t",
            "[core]",
            "=",
            "]",
            "\r\n",
            "\u0000",
            "é",
            "\ufeff",
            "update = !x",
            "[include]\npath = /etc/passwd\n",
            "-",
            "[",
            ".git",
            "/",
            "\\n");
    return pieces.list().ofMaxSize(30).map(list -> String.join("", list));
  }

  @Property(tries = 3_000, seed = SEED)
  void aTextIsUnderstoodOrRefusedWithItsLine(@ForAll("texts") String text) {
    try {
      Map<String, ModulesFile.Module> modules =
          ModulesFile.read(text.getBytes(StandardCharsets.UTF_8), 3);
      modules.forEach(
          (path, module) -> {
            assertThat(List.of(path.split("/"))).doesNotContain("..", ".git", "");
            assertThat(module.line()).isBetween(1, (int) text.lines().count());
          });
    } catch (RefusedException e) {
      assertThat(e).hasMessageMatching("(?s)line \\d+: .+");
    }
  }

  @Property(tries = 2_000, seed = SEED)
  void bytesAreUnderstoodOrRefused(@ForAll byte[] content) {
    try {
      assertThat(ModulesFile.read(content, 3)).hasSizeLessThanOrEqualTo(3);
    } catch (RefusedException e) {
      assertThat(e).hasMessageStartingWith("line ");
    }
  }

  @Property(tries = 1_000, seed = SEED)
  void aRelativeUrlNeverLeavesItsHost(@ForAll("relative") String relative) {
    GitUrl base = GitUrl.parse("https://git.example.com/a/b.git");
    try {
      GitUrl url = ModulesFile.resolve(base, new ModulesFile.Module("x", "x", relative, 1));
      assertThat(url.uri().getHost()).isEqualTo("git.example.com");
      assertThat(url.uri().getScheme()).isEqualTo("https");
      assertThat(List.of(url.toString().split("/"))).doesNotContain("..", ".", "%2e");
    } catch (RefusedException e) {
      assertThat(e).hasMessageStartingWith("line 1: ");
    }
  }

  @Provide
  Arbitrary<String> relative() {
    return Combinators.combine(
            Arbitraries.of("./", "../"),
            Arbitraries.of("..", ".", "/", "x", "@", ":", "\\", "%2e", "%2F", "?", "#", "-", "é")
                .list()
                .ofMaxSize(8))
        .as((start, rest) -> start + String.join("", rest));
  }

  /** Values as people and machines write them, in all forms of quoting. */
  @Provide
  Arbitrary<List<String>> values() {
    return Arbitraries.of("a", "b c", "\"q # r\"", "x\\\\y", "\\\"", " ", "-1", "\\t", "\"\"", "é")
        .list()
        .ofMinSize(1)
        .ofMaxSize(5);
  }

  @Property(tries = 60, seed = SEED)
  void valuesAreWhatGitTakesThemFor(@ForAll("values") List<String> pieces) throws Exception {
    String text = "[submodule \"n\"]\n  branch = " + String.join("", pieces) + " # said\n";
    Path directory = Files.createTempDirectory("modules");
    try {
      Path file = Files.writeString(directory.resolve("config"), text);
      byte[] said =
          new RealGit(directory)
              .run(directory, new byte[0], "config", "-z", "-f", file.toString(), "--list");
      List<ConfigText.Setting> settings = new ConfigText(text).settings();
      assertThat("submodule.n.branch\n" + settings.get(0).value() + "\0")
          .isEqualTo(new String(said, StandardCharsets.UTF_8));
    } finally {
      CloneDirectory.delete(directory);
    }
  }
}
