// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import static dev.gitops.git.RealGit.topic;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gitops.core.model.Problem;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.model.Snapshot;
import dev.gitops.git.RealGit.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a hostile {@code .gitmodules} says: refused with its line, and nothing taken for absent. */
class HostileModulesTest {
  private static final String LIBRARY = "../lib/remote.git";

  @TempDir Path directory;
  private RealGit git;
  private String commit;

  @BeforeEach
  void create() throws Exception {
    git = new RealGit(directory);
    RealGit library = new RealGit(Files.createDirectory(directory.resolve("lib")));
    commit = library.commit("main", Map.of("a.yaml", topic("a", 1)));
  }

  private Snapshot fetch(Map<String, File> more) throws Exception {
    Map<String, File> files = new TreeMap<>(more);
    files.put("own.yaml", File.text(topic("own", 1)));
    files.putIfAbsent("lib", new File("160000", commit));
    git.commitFiles("main", "Pin", files);
    try (GitStateSource source =
        GitStateSource.of(git.remote.toString())
            .branch("main")
            .submodules(Submodules.atMost(2))
            .cache(directory.resolve("cache"))
            .build()) {
      return source.fetch(null);
    }
  }

  private static String lines(String text) {
    return text.replace("|", "\n");
  }

  private static void assertRefused(Snapshot snapshot, int line, String message) {
    assertThat(snapshot.documents())
        .extracting(Object::toString)
        .containsExactly("Topic/own at own.yaml:1:1");
    Problem problem =
        snapshot.problems().stream()
            .filter(one -> one.origin().file().equals("lib"))
            .findFirst()
            .orElseThrow();
    assertThat(problem.message()).contains("line " + line + ": ").contains(message);
    assertThat(problem.hides().test(ResourceId.of("Topic", "a"), "lib/a.yaml")).isTrue();
  }

  @Test
  void aGoodOneIsRead() throws Exception {
    String good = "[submodule \"lib\"]\npath = lib\nurl = " + LIBRARY + "\nbranch = .\n";
    assertThat(fetch(Map.of(".gitmodules", File.text(good))).documents()).hasSize(2);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "ext::sh -c 'touch x'; remote helpers run commands",
        "--upload-pack=touch; looks like an option",
        "-u; looks like an option",
        "ssh://-oProxyCommand=touch/x; option",
        "https://ann:pw@git.example.com/x.git; holds credentials",
        "ssh://ann:pw@git.example.com/x.git; holds credentials",
        "/etc; Submodules.from",
        "file:///etc; Submodules.from",
        "https://git.example.com/x.git; Submodules.from",
        "git://git.example.com/x.git; scheme",
        "lib/remote.git; neither a URL nor an absolute path",
        "../../../../../../../../../../../../../../x; leads above",
        "../../elsewhere.git; Submodules.from",
        "./%2e%2e/x.git; no plain path",
        "..\\x; neither a URL",
      })
  void urlsThatAreRefused(String url, String message) throws Exception {
    String text = "# ours\n[submodule \"lib\"]\n\tpath = lib\n\turl = \"%s\"\n";
    String escaped = url.replace("\\", "\\\\");
    Snapshot snapshot = fetch(Map.of(".gitmodules", File.text(text.formatted(escaped))));
    assertRefused(snapshot, 4, message);
    assertThat(snapshot.problems().toString()).doesNotContain("pw");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "[submodule \"../../hooks\"]|path=lib|url=../x; 2; no name",
        "[submodule \"-x\"]|path=lib|url=../x; 2; no name",
        "[submodule \"\"]|path=lib|url=../x; 2; no name",
        "[submodule \"a\"]|path=../lib|url=../x; 2; no path",
        "[submodule \"a\"]|path=/lib|url=../x; 2; no path",
        "[submodule \"a\"]|path=-lib|url=../x; 2; no path",
        "[submodule \"a\"]|path=x/.GIT/hooks|url=../x; 2; no path",
        "[submodule \"a\"]|path=x/git~1|url=../x; 2; no path",
        "[submodule \"a\"]|path=x/./y|url=../x; 2; no path",
        "[submodule \"a\"]|path=x\\\\y|url=../x; 2; no path",
        "[submodule \"a\"]|path=\"x\\ny\"|url=../x; 2; no path",
        "[submodule \"a\"]|path=lib|path=other|url=../x; 3; a second path",
        "[submodule \"a\"]|path=lib|url=../x|url=../y; 4; a second url",
        "[submodule \"a\"]|path=lib|url=../x|[submodule \"b\"]|path=lib|url=../y; 5; two submodules",
        "[submodule \"a\"]|path=lib|url=../x|[submodule \"b\"]|path=lib/b|url=../y; 6; inside",
        "[submodule \"a\"]|path=lib|url=../x|update=!touch x; 4; names a command",
        "[submodule \"a\"]|path=lib; 2; no url",
        "[submodule \"a\"]|path=lib|url=; 3; empty",
        "[submodule \"a\"|path=lib|url=../x; 1; does not end",
        "[submodule.a]|path=lib|url=../x; 1; not in quotes",
        "[submodule \"a\"]|path=lib|url=\"../x; 3; quote",
        "[submodule \"a\"]|path=lib|url=..\\x; 3; escape",
        "= x; 1; syntax",
        "[submodule \"a\"]|path=a|url=./a|[submodule \"b\"]|path=b|url=./b|[submodule \"c\"]|path=c|url=./c; 8; more than 2",
      })
  void filesThatAreRefused(String text, int line, String message) throws Exception {
    assertRefused(fetch(Map.of(".gitmodules", File.text(lines(text)))), line, message);
  }

  @Test
  void aFileThatIsALinkOrHugeOrNotTextIsRefused() throws Exception {
    assertRefused(
        fetch(
            Map.of(
                "real",
                File.text("[submodule \"lib\"]\npath=lib\nurl=" + LIBRARY),
                ".gitmodules",
                File.link("real"))),
        1,
        "no regular file");
    String huge = "#".repeat(ModulesFile.MAX_BYTES + 1);
    assertRefused(fetch(Map.of(".gitmodules", File.text(huge))), 1, "bytes");
  }

  @Test
  void aPathOverASymbolicLinkIsRefused() throws Exception {
    String text = "[submodule \"lib\"]\npath = link/lib\nurl = " + LIBRARY + "\n";
    assertRefused(
        fetch(
            Map.of(
                ".gitmodules", File.text(text), "link", File.link("d"), "d/x.txt", File.text("x"))),
        3,
        "symbolic link");
  }

  @Test
  void oneThatIsNotNamedIsUnread() throws Exception {
    String text = "[submodule \"other\"]\npath = other\nurl = " + LIBRARY + "\n";
    Snapshot snapshot = fetch(Map.of(".gitmodules", File.text(text)));
    assertThat(snapshot.problems().toString())
        .contains("lib: A submodule that .gitmodules does not name");
  }

  @Test
  void limitsAreWithinReason() {
    assertThatThrownBy(() -> Submodules.atMost(0)).hasMessageContaining("1 to 1,000");
    assertThatThrownBy(() -> Submodules.atMost(1).depth(11)).hasMessageContaining("1 to 10");
    assertThatThrownBy(() -> Submodules.atMost(1).from("https://a:b@example.com/x"))
        .hasMessageContaining("as an access");
  }
}
