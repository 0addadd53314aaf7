// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import static dev.gitops.git.HttpServers.basic;
import static dev.gitops.git.HttpServers.gitBackend;
import static dev.gitops.git.HttpServers.only;
import static dev.gitops.git.RealGit.topic;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpHandler;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.model.Snapshot;
import dev.gitops.git.RealGit.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Histories of a repository with submodules, made by the real git. */
class SubmoduleTest {
  private static final String SECRET = "s3cret";

  @TempDir Path directory;
  private final HttpServers servers = new HttpServers();
  private final Map<String, File> files = new TreeMap<>();
  private RealGit git;
  private RealGit library;

  @BeforeEach
  void create() throws IOException {
    git = at("team");
    library = at("lib");
    files.put("own.yaml", File.text(topic("own", 1)));
  }

  @AfterEach
  void close() {
    servers.close();
  }

  private RealGit at(String name) throws IOException {
    return new RealGit(Files.createDirectory(directory.resolve(name)));
  }

  private static String modules(String name, String path, String url) {
    return "[submodule \"%s\"]\n\tpath = %s\n\turl = %s\n".formatted(name, path, url);
  }

  /** Pins the library below {@code lib} and declares it with this URL. */
  private void pin(String url, String commit) {
    files.put(".gitmodules", File.text(modules("lib", "lib", url)));
    files.put("lib", new File("160000", commit));
    git.commitFiles("main", "Pin", files);
  }

  private GitStateSource source(String url, Submodules submodules, GitAccess access) {
    return GitStateSource.of(url)
        .branch("main")
        .access(access)
        .transport(GitTransport.defaults().attempts(1))
        .submodules(submodules)
        .cache(directory.resolve("cache"))
        .build();
  }

  private GitStateSource source() {
    return source(
        git.remote.toString(),
        Submodules.atMost(5).from(directory.toString()),
        GitAccess.anonymous());
  }

  private static List<String> declared(Snapshot snapshot) {
    assertThat(snapshot.problems()).isEmpty();
    return snapshot.documents().stream().map(Object::toString).toList();
  }

  @Test
  void aSubmoduleIsADirectoryWhoseUnchangedFilesKeepTheirDocuments() throws Exception {
    String first =
        library.commit("main", Map.of("a.yaml", topic("a", 1), "deep/b.yaml", topic("b", 1)));
    pin("../../lib/remote.git", first);
    try (GitStateSource source = source()) {
      Snapshot before = source.fetch(null);
      assertThat(declared(before))
          .containsExactly(
              "Topic/a at lib/a.yaml:1:1",
              "Topic/b at lib/deep/b.yaml:1:1",
              "Topic/own at own.yaml:1:1");

      String second =
          library.commit("main", Map.of("a.yaml", topic("a", 2), "deep/b.yaml", topic("b", 1)));
      pin("../../lib/remote.git", second);
      Snapshot after = source.fetch(null);
      assertThat(after.documents().get(0)).isNotSameAs(before.documents().get(0));
      assertThat(after.documents().get(1)).isSameAs(before.documents().get(1));
      assertThat(after.documents().get(2)).isSameAs(before.documents().get(2));
    }
    try (GitStateSource below =
        GitStateSource.local(git.remote)
            .branch("main")
            .path("lib/deep")
            .submodules(Submodules.atMost(1).from(directory.toString()))
            .build()) {
      assertThat(declared(below.fetch(null))).containsExactly("Topic/b at lib/deep/b.yaml:1:1");
    }
  }

  @Test
  void withoutBeingAskedForItIsUnread() throws Exception {
    pin("../../lib/remote.git", library.commit("main", Map.of("a.yaml", topic("a", 1))));
    try (GitStateSource source = GitStateSource.of(git.remote.toString()).branch("main").build()) {
      assertThat(source.fetch(null).problems().toString()).contains("lib: A submodule");
    }
    GitStateSource with = source();
    GitStateSource without = GitStateSource.of(git.remote.toString()).branch("main").build();
    try (with;
        without) {
      assertThat(with.identity()).isNotEqualTo(without.identity());
    }
  }

  @Test
  void whatIsIgnoredOrNotBelowThePathIsNeverFetched() throws Exception {
    pin("../../nowhere.git", "1".repeat(40));
    files.put(".gitopsignore", File.text("lib\n"));
    git.commitFiles("main", "Ignore", files);
    try (GitStateSource source = source()) {
      assertThat(declared(source.fetch(null))).containsExactly("Topic/own at own.yaml:1:1");
    }
  }

  @Test
  void aCommitThatWasNotPushedFailsTheFetchUntilItIs() throws Exception {
    pin("../../lib/remote.git", library.commit("main", Map.of("a.yaml", topic("a", 1))));
    try (GitStateSource source = source()) {
      source.fetch(null);
      RealGit colleague = at("colleague");
      String unpushed = colleague.commit("main", Map.of("a.yaml", topic("a", 2)));
      pin("../../lib/remote.git", unpushed);

      assertThatThrownBy(() -> source.fetch(null))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("The submodule at 'lib' (.gitmodules line 3)")
          .hasMessageContaining("no commit '" + unpushed + "'");

      library.git("fetch", "-q", colleague.remote.toString(), "+main:refs/heads/pushed");
      assertThat(source.fetch(null).documents()).hasSize(2);
    }
  }

  @Test
  void aCommitThatOnlyAnotherRefLeadsToIsNotGivenOut() throws Exception {
    library.commit("main", Map.of("a.yaml", topic("a", 1)));
    String proposed = library.commit("proposal", Map.of("a.yaml", topic("a", 666)));
    library.git("update-ref", "refs/pull/1/head", proposed);
    library.git("update-ref", "-d", "refs/heads/proposal");
    try (GitStateSource pull =
        GitStateSource.of(library.remote.toString())
            .ref("refs/pull/1/head")
            .cache(directory.resolve("cache"))
            .build()) {
      assertThat(pull.fetch(null).documents()).hasSize(1);
    }
    pin("../../lib/remote.git", proposed);
    try (GitStateSource source = source()) {
      assertThatThrownBy(() -> source.fetch(null)).hasMessageContaining("no branch or tag");
    }
  }

  @Test
  void aDamagedCloneOfASubmoduleIsMadeAgain() throws Exception {
    String first = library.commit("main", Map.of("a.yaml", topic("a", 1), "b.yaml", topic("b", 1)));
    pin("../../lib/remote.git", first);
    try (GitStateSource source = source()) {
      source.fetch(null);
    }
    try (Stream<Path> all = Files.walk(directory.resolve("cache"))) {
      for (Path pack : all.filter(file -> file.toString().endsWith(".pack")).toList()) {
        Files.setPosixFilePermissions(pack, PosixFilePermissions.fromString("rw-------"));
        byte[] bytes = Files.readAllBytes(pack);
        Files.write(pack, Arrays.copyOf(bytes, bytes.length / 2));
      }
    }
    try (GitStateSource source = source()) {
      assertThat(declared(source.fetch(null))).hasSize(3);
    }
  }

  @Test
  void submodulesOfSubmodulesAreReadAsDeepAsIsSaid() throws Exception {
    RealGit inner = at("inner");
    String innermost = inner.commit("main", Map.of("c.yaml", topic("c", 1)));
    String commit =
        library.commitFiles(
            "main",
            "Nest",
            Map.of(
                ".gitmodules",
                File.text(modules("in", "x/in", "../../inner/remote.git")),
                "x/in",
                new File("160000", innermost)));
    pin("../../lib/remote.git", commit);
    try (GitStateSource source = source()) {
      assertThat(source.fetch(null).problems().toString())
          .contains("lib/x/in: A submodule of a submodule, 2 deep where 1 is allowed");
    }
    Submodules deep = Submodules.atMost(5).depth(2).from(directory.toString());
    try (GitStateSource source = source(git.remote.toString(), deep, GitAccess.anonymous())) {
      assertThat(declared(source.fetch(null))).contains("Topic/c at lib/x/in/c.yaml:1:1");
    }
  }

  @Test
  void theyComeFromWhereTheyMayAndElsewhereOnlyIfThatIsSaid() throws Exception {
    String commit = library.commit("main", Map.of("a.yaml", topic("a", 1)));
    pin(library.remote.toString(), commit);
    try (GitStateSource source =
        source(git.remote.toString(), Submodules.atMost(5), GitAccess.anonymous())) {
      Snapshot snapshot = source.fetch(null);
      assertThat(snapshot.problems().toString())
          .contains("lib: A submodule, and .gitmodules is refused, line 3: file:")
          .contains("Submodules.from");
      assertThat(snapshot.problems().get(0).hides().test(ResourceId.of("Topic", "a"), "")).isTrue();
    }
    String url = servers.start(gitBackend(directory)) + "/team/remote.git";
    Submodules any = Submodules.atMost(5).from(directory.toString());
    try (GitStateSource source = source(url, any, GitAccess.anonymous())) {
      // A file of this machine, named by a repository from elsewhere.
      assertThat(source.fetch(null).problems().toString()).contains("is refused, line 3: file:");
    }
  }

  @Test
  void credentialsGoAlongAsFarAsIsSaid() throws Exception {
    HttpHandler forBob = only(() -> basic("bob", SECRET), gitBackend(directory));
    String host = servers.start(forBob);
    pin("../../lib/remote.git", library.commit("main", Map.of("a.yaml", topic("a", 1))));
    GitAccess bob = GitAccess.basic("bob", () -> SECRET);
    String url = host + "/team/remote.git";
    try (GitStateSource source = source(url, Submodules.atMost(5), bob)) {
      assertThatThrownBy(() -> source.fetch(null))
          .hasMessageContaining("The submodule at 'lib'")
          .hasMessageContaining("401");
    }
    assertThat(servers.requests)
        .filteredOn(request -> request.contains("/lib/"))
        .isNotEmpty()
        .allMatch(request -> request.endsWith(" -"));

    try (GitStateSource source = source(url, Submodules.atMost(5), bob.below(host))) {
      assertThat(declared(source.fetch(null))).hasSize(2);
    }
  }

  @Test
  void elsewhereOnlyTheCredentialsForThereAreShown() throws Exception {
    String here = servers.start(only(() -> basic("bob", SECRET), gitBackend(directory)));
    String there = servers.start(gitBackend(directory));
    pin(there + "/lib/remote.git", library.commit("main", Map.of("a.yaml", topic("a", 1))));
    GitAccess bob = GitAccess.basic("bob", () -> SECRET).below(here);
    String url = here + "/team/remote.git";
    try (GitStateSource source = source(url, Submodules.atMost(5), bob)) {
      assertThat(source.fetch(null).problems().toString()).contains("Submodules.from");
    }
    try (GitStateSource source = source(url, Submodules.atMost(5).from(there + "/lib"), bob)) {
      assertThat(declared(source.fetch(null))).hasSize(2);
    }
    GitAccess amy = GitAccess.basic("amy", () -> "other");
    try (GitStateSource source = source(url, Submodules.atMost(5).from(there + "/lib", amy), bob)) {
      assertThat(declared(source.fetch(null))).hasSize(2);
    }
    assertThat(servers.requests)
        .filteredOn(request -> request.contains("/lib/"))
        .anyMatch(request -> request.endsWith(" -"))
        .anyMatch(request -> request.endsWith(basic("amy", "other")))
        .noneMatch(request -> request.endsWith(basic("bob", SECRET)));
  }
}
