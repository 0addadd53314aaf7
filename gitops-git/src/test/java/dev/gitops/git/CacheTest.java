// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import static dev.gitops.git.RealGit.topic;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.gitops.core.model.Snapshot;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.eclipse.jgit.lib.Constants;
import org.eclipse.jgit.lib.ObjectId;
import org.eclipse.jgit.lib.ObjectInserter;
import org.eclipse.jgit.lib.Repository;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a cache gives out, to whom, and how it outlives those who use it. */
class CacheTest {
  @TempDir Path directory;
  private RealGit git;
  private GitStateSource source;

  @BeforeEach
  void create() {
    git = new RealGit(directory);
    git.commit("main", Map.of("a.yaml", topic("a", 1)));
    source = builder().branch("main").build();
  }

  @AfterEach
  void close() {
    source.close();
  }

  private Path cache() {
    return directory.resolve("cache");
  }

  private GitStateSourceBuilder builder() {
    return GitStateSource.of(git.remote.toString()).cache(cache());
  }

  private Path clone(String ending) throws IOException {
    try (Stream<Path> all = Files.list(cache())) {
      return all.filter(path -> path.toString().endsWith(ending)).findFirst().orElseThrow();
    }
  }

  private static Set<PosixFilePermission> permissions(Path path) throws IOException {
    return Files.getPosixFilePermissions(path);
  }

  private static void allow(Path path, String permissions) throws IOException {
    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(permissions));
  }

  @Test
  void aCacheIsClosedToOthersWhateverItWasBefore() throws Exception {
    assumeTrue(FileSystems.getDefault().supportedFileAttributeViews().contains("posix"));
    Files.createDirectory(cache());
    allow(cache(), "rwxrwxrwx");
    source.fetch(null);
    assertThat(permissions(cache())).isEqualTo(PosixFilePermissions.fromString("rwx------"));
    source.close();
    allow(clone(".git"), "rwxr-xr-x");

    source = builder().branch("main").build();
    source.fetch(null);

    assertThat(permissions(clone(".git"))).isEqualTo(PosixFilePermissions.fromString("rwx------"));
  }

  @Test
  void aCacheInADirectoryThatOthersWriteToIsRefused() throws Exception {
    assumeTrue(FileSystems.getDefault().supportedFileAttributeViews().contains("posix"));
    Files.createDirectory(cache());
    Files.createFile(cache().resolve("something of somebody"));
    allow(cache(), "rwxrwxrwx");

    assertThatThrownBy(() -> source.fetch(null))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(cache().toString())
        .hasMessageContaining("rwxrwxrwx")
        .hasMessageContaining("chmod 700");
    assertThat(permissions(cache())).hasSize(9);
  }

  @Test
  void whatOnlyAPullRequestLeadsToIsGivenOutToNobodyElse() throws Exception {
    String main = git.git("rev-parse", "main");
    String foreign = git.commit("main", Map.of("evil.yaml", topic("evil", 1)));
    git.git("update-ref", "refs/pull/42/head", foreign);
    git.git("update-ref", "refs/heads/main", main);
    try (GitStateSource pull = builder().ref("refs/pull/42/head").build()) {
      assertThat(pull.fetch(null).revision().id()).isEqualTo(foreign);
      assertThat(pull.fetch(foreign).revision().id()).isEqualTo(foreign);

      assertThat(source.fetch(null).revision().id()).isEqualTo(main);
      assertThatThrownBy(() -> source.fetch(foreign)).hasMessageContaining(foreign);
      assertThatThrownBy(() -> source.fetch(foreign.substring(0, 10)))
          .hasMessageContaining("has no");
      assertThat(source.fetch("refs/pull/42/head").revision().id()).isEqualTo(foreign);
      assertThatThrownBy(() -> source.fetch(foreign)).hasMessageContaining(foreign);
    }
    try (GitStateSource local = GitStateSource.local(git.remote).branch("main").build()) {
      assertThatThrownBy(() -> local.fetch(foreign)).hasMessageContaining(foreign);
    }
  }

  @Test
  void aPinnedCommitOutlivesARewriteAndAGarbageCollection() throws Exception {
    String pinned = git.commit("main", Map.of("a.yaml", topic("a", 2)));
    git.commit("main", Map.of("a.yaml", topic("a", 3)));
    source.fetch(null);
    source.fetch(pinned);
    git.forcePush("main", Map.of("b.yaml", topic("b", 1)));
    source.fetch(null);
    CloneDirectory clone = new CloneDirectory(cache(), GitUrl.parse(git.remote.toString()), "");
    try (Repository repository = clone.open()) {
      clone.compact(repository, 0);
    }

    try (GitStateSource restarted = builder().branch("main").build()) {
      assertThat(restarted.fetch(pinned).revision().id()).isEqualTo(pinned);
    }
  }

  @Test
  void aCommitIsKeptForAMonthAfterItsLastUseAndNoMoreThanSoMany() throws Exception {
    source.fetch(null);
    Instant[] now = {Instant.parse("2030-01-01T00:00:00Z")};
    KeptCommits kept = new KeptCommits(Reach.PUBLISHED, () -> now[0]);
    CloneDirectory clone = new CloneDirectory(cache(), GitUrl.parse(git.remote.toString()), "");
    try (Repository repository = clone.open()) {
      CloneRefs refs = new CloneRefs(repository, clone);
      ObjectId first = ObjectId.fromString(git.git("rev-parse", "main"));
      for (int day = 0; day < 40; day++) {
        kept.keep(repository, refs, first);
        now[0] = now[0].plus(Duration.ofDays(1));
      }
      assertThat(kept.has(repository, first)).isTrue();
      assertThat(kept(repository)).hasSize(1);
      now[0] = now[0].plus(Duration.ofDays(31));
      List<ObjectId> more = objects(repository, KeptCommits.AT_MOST + 1);
      for (ObjectId id : more) {
        now[0] = now[0].plusSeconds(1);
        kept.keep(repository, refs, id);
        assertThat(kept.has(repository, first)).isFalse();
      }
      assertThat(kept(repository)).hasSize(KeptCommits.AT_MOST);
      assertThat(kept.has(repository, more.get(0))).isFalse();
      assertThat(kept.has(repository, more.get(1))).isTrue();
    }
  }

  private static List<ObjectId> objects(Repository repository, int number) throws IOException {
    List<ObjectId> ids = new ArrayList<>();
    try (ObjectInserter inserter = repository.newObjectInserter()) {
      for (int i = 0; i < number; i++) {
        ids.add(inserter.insert(Constants.OBJ_BLOB, new byte[] {(byte) i, (byte) (i >> 8)}));
      }
      inserter.flush();
    }
    return ids;
  }

  private static List<?> kept(Repository repository) throws IOException {
    return repository.getRefDatabase().getRefsByPrefix("refs/gitops/kept/");
  }

  @Test
  void garbageAmongTheRefsOfAClone() throws Exception {
    source.fetch(null);
    source.close();
    Path clone = clone(".git");
    Files.writeString(clone.resolve("packed-refs"), "no such thing\n\0\n");
    Files.createDirectories(clone.resolve("refs/gitops/kept/published"));
    Files.writeString(clone.resolve("refs/gitops/kept/published/garbage"), "more");
    Files.writeString(clone.resolve("refs/heads/main"), "garbage");

    source = builder().branch("main").build();

    assertThat(source.fetch(null).documents()).hasSize(1);
  }

  @Test
  void indexesThatAreGoneAreMadeAgain() throws Exception {
    source.fetch(null);
    source.close();
    try (Stream<Path> packs = Files.list(clone(".git").resolve("objects/pack"))) {
      for (Path index : packs.filter(path -> path.toString().endsWith(".idx")).toList()) {
        Files.delete(index);
      }
    }

    source = builder().branch("main").build();

    assertThat(source.fetch(null).documents()).hasSize(1);
  }

  /** One of several processes that read through the same cache. */
  public static final class Reader {
    private Reader() {}

    /** Fetches until the last commit is seen, and prints how many commits were. */
    public static void main(String[] arguments) throws Exception {
      JGitIsolation.enable();
      long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(10);
      int seen = 0;
      String last = "";
      try (GitStateSource source =
          GitStateSource.of(arguments[0]).branch("main").cache(Path.of(arguments[1])).build()) {
        while (System.nanoTime() < end) {
          Snapshot snapshot = source.fetch(null);
          if (snapshot.documents().size() != 1 || !snapshot.problems().isEmpty()) {
            throw new IllegalStateException(snapshot.toString());
          }
          seen += snapshot.revision().id().equals(last) ? 0 : 1;
          last = snapshot.revision().id();
          if (snapshot.revision().subject().equals("Change " + arguments[2])) {
            System.out.println("seen " + seen);
            return;
          }
        }
      }
      throw new IllegalStateException("The last commit never came; " + seen + " did");
    }
  }

  @Test
  void processesThatShareACacheAllSeeTheLastCommitAndNothingWrong() throws Exception {
    int commits = 12;
    List<Process> readers = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      readers.add(
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-XX:TieredStopAtLevel=1",
                  "-cp",
                  System.getProperty("java.class.path"),
                  Reader.class.getName(),
                  git.remote.toString(),
                  cache().toString(),
                  String.valueOf(commits))
              .redirectErrorStream(true)
              .start());
    }
    try {
      for (int i = 2; i <= commits; i++) {
        git.commit("main", Map.of("a.yaml", topic("a", i)));
      }
      for (Process reader : readers) {
        String output = new String(reader.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(reader.waitFor()).as(output).isZero();
        assertThat(output).contains("seen ");
      }
    } finally {
      readers.forEach(Process::destroyForcibly);
    }
    assertThat(clone(".lock")).exists();
  }
}
