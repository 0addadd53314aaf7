// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import static dev.gitops.git.RealGit.topic;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.gitops.core.model.Revision;
import dev.gitops.core.model.Snapshot;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.eclipse.jgit.lib.Repository;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Histories of a remote and of its clones. */
class CloneTest {
  @TempDir Path directory;
  private RealGit git;
  private GitStateSource source;

  @BeforeEach
  void create() {
    git = new RealGit(directory);
    source = source();
  }

  @AfterEach
  void close() {
    source.close();
  }

  private GitStateSourceBuilder builder() {
    return GitStateSource.of(git.remote.toString()).cache(directory.resolve("cache"));
  }

  private GitStateSource source() {
    return builder().branch("main").build();
  }

  private Path cloned() throws IOException {
    try (Stream<Path> all = Files.list(directory.resolve("cache"))) {
      return all.filter(path -> path.toString().endsWith(".git")).findFirst().orElseThrow();
    }
  }

  private static List<String> names(Snapshot snapshot) {
    assertThat(snapshot.problems()).isEmpty();
    return snapshot.documents().stream().map(d -> d.resource().id().name()).toList();
  }

  @Test
  void aRevisionSaysWhoWhenAndWhy() throws Exception {
    String id =
        git.commitFiles(
            "main",
            "Add orders\n\nBecause of the shop\n",
            Map.of("orders.yaml", RealGit.File.text(topic("orders", 1))));

    Revision revision = source.fetch(null).revision();

    assertThat(revision)
        .isEqualTo(
            new Revision(
                id,
                "Ann Author <ann@example.com>",
                "Carl Committer <carl@example.com>",
                Instant.ofEpochSecond(1_700_000_101L),
                "Add orders\n\nBecause of the shop\n"));
  }

  @Test
  void aCommitAForcePushAndARevertAreFollowed() throws Exception {
    String first = git.commit("main", Map.of("a.yaml", topic("a", 1)));
    assertThat(names(source.fetch(null))).containsExactly("a");
    git.commit("main", Map.of("a.yaml", topic("a", 1), "b.yaml", topic("b", 1)));
    assertThat(names(source.fetch(null))).containsExactly("a", "b");
    String rewritten = git.forcePush("main", Map.of("c.yaml", topic("c", 1)));

    Snapshot after = source.fetch(null);

    assertThat(names(after)).containsExactly("c");
    assertThat(after.revision().id()).isEqualTo(rewritten).isNotEqualTo(first);
  }

  @Test
  void withoutABranchTheRemotesOwnHeadIsFollowed() throws Exception {
    git.commit("main", Map.of("a.yaml", topic("a", 1)));
    git.commit("other", Map.of("b.yaml", topic("b", 1)));
    try (GitStateSource head = builder().build()) {
      assertThat(names(head.fetch(null))).containsExactly("a");
      git.git("symbolic-ref", "HEAD", "refs/heads/other");
      assertThat(names(head.fetch(null))).containsExactly("b");
    }
  }

  @Test
  void aBranchATagAFullRefAndACommitCanBeAskedFor() throws Exception {
    String first = git.commit("main", Map.of("a.yaml", topic("a", 1)));
    git.git("tag", "-a", "-m", "One", "v1", first);
    git.git("update-ref", "refs/pull/42/head", first);
    git.commit("main", Map.of("b.yaml", topic("b", 1)));
    git.commit("dev/x", Map.of("c.yaml", topic("c", 1)));

    assertThat(names(source.fetch("dev/x"))).containsExactly("c");
    assertThat(names(source.fetch("v1"))).containsExactly("a");
    assertThat(names(source.fetch("refs/pull/42/head"))).containsExactly("a");
    assertThat(names(source.fetch(null))).containsExactly("b");
    assertThat(names(source.fetch(first))).containsExactly("a");
    assertThat(names(source.fetch(first.substring(0, 8)))).containsExactly("a");
    try (GitStateSource tag = builder().tag("v1").build();
        GitStateSource commit = builder().commit(first.substring(0, 10)).build()) {
      assertThat(tag.fetch(null).revision().id()).isEqualTo(first);
      assertThat(commit.fetch(null).revision().id()).isEqualTo(first);
    }
  }

  @Test
  void aNameOfBothABranchAndATagIsAmbiguous() throws Exception {
    git.commit("main", Map.of("a.yaml", topic("a", 1)));
    git.git("tag", "main", "main");

    assertThatThrownBy(() -> source.fetch("main"))
        .hasMessageContaining("more than one branch or tag 'main'")
        .hasMessageContaining("refs/heads/main or refs/tags/main");
    assertThat(names(source.fetch(null))).containsExactly("a");
  }

  @Test
  void aBranchThatVanishesIsAnErrorThatNamesItAndItsRepository() throws Exception {
    git.commit("main", Map.of("a.yaml", topic("a", 1)));
    git.commit("dev", Map.of("b.yaml", topic("b", 1)));
    source.fetch("dev");
    git.git("branch", "-D", "dev");

    assertThatThrownBy(() -> source.fetch("dev"))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("'dev'")
        .hasMessageContaining(git.remote.toUri().getPath().replaceAll("/$", ""))
        .hasMessageContaining("deleted or renamed")
        .hasMessageContaining("Check the name");
  }

  @Test
  void aCommitToWhichNoRefLeadsAnyMoreIsNotGivenOut() throws Exception {
    String secret = git.commit("main", Map.of("a.yaml", topic("a", 1)));
    git.commit("main", Map.of("a.yaml", topic("a", 2)));
    assertThat(names(source.fetch(secret.substring(0, 9)))).containsExactly("a");
    git.forcePush("main", Map.of("b.yaml", topic("b", 1)));
    source.fetch(null);

    assertThatThrownBy(() -> source.fetch(secret))
        .hasMessageContaining(secret)
        .hasMessageContaining("rewritten");
    assertThatThrownBy(() -> source.fetch(secret.substring(0, 9)))
        .hasMessageContaining("rewritten");
  }

  @Test
  void aCommitOfADeletedBranchIsNotGivenOutOnceTheRemoteWasAsked() throws Exception {
    git.commit("main", Map.of("a.yaml", topic("a", 1)));
    String gone = git.commit("dev", Map.of("b.yaml", topic("b", 1)));
    source.fetch("dev");
    git.git("branch", "-D", "dev");
    assertThatThrownBy(() -> source.fetch("dev")).hasMessageContaining("'dev'");

    assertThatThrownBy(() -> source.fetch(gone)).hasMessageContaining(gone);
  }

  @Test
  void aCacheIsPrivateToItsUser() throws Exception {
    assumeTrue(FileSystems.getDefault().supportedFileAttributeViews().contains("posix"));
    git.commit("main", Map.of("a.yaml", topic("a", 1)));
    source.fetch(null);

    assertThat(Files.getPosixFilePermissions(directory.resolve("cache")))
        .isEqualTo(PosixFilePermissions.fromString("rwx------"));
  }

  @Test
  void aPinnedCommitIsReadWhileTheRemoteIsDown() throws Exception {
    String pinned = git.commit("main", Map.of("a.yaml", topic("a", 1)));
    git.commit("main", Map.of("b.yaml", topic("b", 1)));
    source.fetch(null);
    CloneDirectory.delete(git.remote);

    assertThat(names(source.fetch(pinned))).containsExactly("a");
    assertThatThrownBy(() -> source.fetch(null))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("Can't fetch branch 'main' of file://" + git.remote)
        .hasMessageContaining("Check the URL");
  }

  @Test
  void aPathThatIsMissingIsAnErrorAndNeitherNothingNorDamage() throws Exception {
    String commit = git.commit("main", Map.of("a.yaml", topic("a", 1)));
    source.fetch(null);
    String generation = Files.readString(cloned().resolve("gitops-clone"));
    for (GitStateSourceBuilder of : List.of(builder(), GitStateSource.local(git.remote))) {
      try (GitStateSource below = of.branch("main").path("topics").build()) {
        for (int i = 0; i < 2; i++) {
          assertThatThrownBy(() -> below.fetch(null))
              .isInstanceOf(IOException.class)
              .hasMessage(
                  "There is no directory 'topics' in %s at commit %s. Check the path of the source",
                  below.identity().split(" ", -1)[1], commit);
        }
      }
    }
    assertThat(Files.readString(cloned().resolve("gitops-clone"))).isEqualTo(generation);
  }

  @Test
  void anEmptyRepositoryIsAnErrorAndNotNothing() {
    assertThatThrownBy(() -> source.fetch(null)).hasMessageContaining("branch 'main'");
    assertThatThrownBy(() -> builder().build().fetch(null)).hasMessageContaining("HEAD");
  }

  @Test
  void aTagOfAFileIsNoCommit() throws Exception {
    git.commit("main", Map.of("a.yaml", topic("a", 1)));
    git.git("tag", "blob", "main:a.yaml");

    assertThatThrownBy(() -> source.fetch("blob")).hasMessageContaining("no commit but a blob");
  }

  @Test
  void nothingIsFetchedWhileTheRefStandsStill() throws Exception {
    git.commit("main", Map.of("a.yaml", topic("a", 1)));
    Snapshot before = source.fetch(null);
    long objects = files(cloned());

    Snapshot after = source.fetch(null);

    assertThat(after).isSameAs(before);
    assertThat(files(cloned())).isEqualTo(objects);
  }

  private static long files(Path root) throws IOException {
    try (Stream<Path> all = Files.walk(root)) {
      return all.count();
    }
  }

  @Test
  void aBranchMayBecomeADirectoryOfBranches() throws Exception {
    git.commit("dev", Map.of("a.yaml", topic("a", 1)));
    assertThat(names(source.fetch("dev"))).containsExactly("a");
    git.git("branch", "-m", "dev", "dev/two");

    assertThat(names(source.fetch("dev/two"))).containsExactly("a");
  }

  @Test
  void locksAndGarbageOfADeadProcessAreTakenAway() throws Exception {
    git.commit("main", Map.of("a.yaml", topic("a", 1)));
    source.fetch(null);
    git.commit("main", Map.of("b.yaml", topic("b", 1)));
    Files.createFile(cloned().resolve("refs/heads/main.lock"));
    String generation = Files.readString(cloned().resolve("gitops-clone"));

    assertThat(names(source.fetch(null))).containsExactly("b");
    assertThat(Files.readString(cloned().resolve("gitops-clone"))).isEqualTo(generation);

    Path garbage = Files.createFile(cloned().resolve("objects/incoming_1.pack"));
    Path half = Files.createDirectory(Path.of(cloned().toString().replace(".git", ".half")));
    try (GitStateSource restarted = source()) {
      assertThat(names(restarted.fetch(null))).containsExactly("b");
    }
    assertThat(garbage).doesNotExist();
    assertThat(half).doesNotExist();
  }

  @Test
  void aCacheThatIsDeletedMeanwhileIsClonedAgain() throws Exception {
    git.commit("main", Map.of("a.yaml", topic("a", 1)));
    source.fetch(null);
    CloneDirectory.delete(directory.resolve("cache"));
    git.commit("main", Map.of("b.yaml", topic("b", 1)));

    assertThat(names(source.fetch(null))).containsExactly("b");
  }

  @Test
  void aHalfWrittenCloneIsClonedAgain() throws Exception {
    git.commit("main", Map.of("a.yaml", topic("a", 1)));
    source.fetch(null);
    Path clone = cloned();
    source.close();
    CloneDirectory.delete(clone);
    Files.createDirectories(clone.resolve("objects"));
    Files.writeString(clone.resolve("HEAD"), "ref: refs/he");

    source = source();

    assertThat(names(source.fetch(null))).containsExactly("a");
  }

  @Test
  void aCloneOfAnotherUrlIsNotBelieved() throws Exception {
    git.commit("main", Map.of("a.yaml", topic("a", 1)));
    source.fetch(null);
    Path marker = cloned().resolve("gitops-clone");
    Files.writeString(marker, Files.readString(marker).replace("remote.git", "another.git"));
    long before = Files.getLastModifiedTime(cloned().resolve("config")).toMillis();

    assertThat(names(source().fetch(null))).containsExactly("a");
    assertThat(Files.readString(marker)).contains("remote.git");
    assertThat(Files.getLastModifiedTime(cloned().resolve("config")).toMillis())
        .isGreaterThanOrEqualTo(before);
  }

  @Test
  void aDamagedPackIsClonedAgain() throws Exception {
    git.commit("main", Map.of("a.yaml", topic("a", 1)));
    source.fetch(null);
    source.close();
    damagePacks();

    source = source();

    assertThat(names(source.fetch(null))).containsExactly("a");
  }

  private void damagePacks() throws IOException {
    try (Stream<Path> all = Files.walk(cloned().resolve("objects"))) {
      for (Path pack : all.filter(Files::isRegularFile).toList()) {
        if (pack.toString().endsWith(".pack")) {
          assertThat(pack.toFile().setWritable(true)).isTrue();
          try (FileChannel channel = FileChannel.open(pack, StandardOpenOption.WRITE)) {
            channel.truncate(Files.size(pack) / 2);
          }
        }
      }
    }
  }

  @Test
  void damageThatIsFoundWhileReadingIsClonedAgainByAllWhoShareIt() throws Exception {
    git.commit("main", Map.of("a.yaml", topic("a", 1)));
    source.fetch(null);
    git.commit("main", Map.of("b.yaml", topic("b", 1)));
    try (GitStateSource other = source()) {
      other.fetch(null);
      CloneDirectory.delete(cloned().resolve("objects/pack"));

      assertThat(names(other.fetch("refs/heads/main"))).containsExactly("b");
      assertThat(names(source.fetch(null))).containsExactly("b");
    }
  }

  @Test
  void aFileThatIsMissingFromTheCloneIsClonedAgain() throws Exception {
    git.commit("main", Map.of("a.yaml", topic("a", 1)));
    source.fetch(null);
    source.close();
    Path clone = cloned();
    Path pack = Files.move(packFile(), directory.resolve("moved.pack"));
    git.run(clone, Files.readAllBytes(pack), "unpack-objects", "-q");
    String blob = git.git("rev-parse", "main:a.yaml");
    Files.delete(clone.resolve("objects/" + blob.substring(0, 2) + "/" + blob.substring(2)));

    source = source();

    assertThat(names(source.fetch(null))).containsExactly("a");
  }

  private Path packFile() throws IOException {
    try (Stream<Path> packs = Files.list(cloned().resolve("objects/pack"))) {
      return packs.filter(path -> path.toString().endsWith(".pack")).findFirst().orElseThrow();
    }
  }

  @Test
  void aRemoteThatIsDamagedItselfIsAnErrorEveryTimeAndNeverEmpty() throws Exception {
    git.commit("main", Map.of("a.yaml", topic("a", 1)));
    String blob = git.git("rev-parse", "main:a.yaml");
    Path loose =
        git.remote.resolve("objects").resolve(blob.substring(0, 2)).resolve(blob.substring(2));
    Files.delete(loose);

    for (int i = 0; i < 3; i++) {
      assertThatThrownBy(() -> source.fetch(null))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("main");
    }
  }

  @Test
  void sourcesThatShareACacheInManyThreadsAllSeeEveryCommit() throws Exception {
    git.commit("main", Map.of("a.yaml", topic("a", 0)));
    int threads = 6;
    List<GitStateSource> sources = new ArrayList<>();
    for (int i = 0; i < threads; i++) {
      sources.add(source());
    }
    ExecutorService executor = Executors.newFixedThreadPool(threads);
    try {
      for (int round = 1; round <= 4; round++) {
        String id = git.commit("main", Map.of("a.yaml", topic("a", round)));
        List<Future<Snapshot>> all =
            executor.invokeAll(
                sources.stream().<Callable<Snapshot>>map(s -> () -> s.fetch(null)).toList());
        for (Future<Snapshot> one : all) {
          assertThat(one.get().revision().id()).isEqualTo(id);
          assertThat(names(one.get())).containsExactly("a");
        }
      }
    } finally {
      executor.shutdownNow();
      sources.forEach(GitStateSource::close);
    }
  }

  @Test
  void packsOfManyFetchesBecomeOneAndNothingIsLost() throws Exception {
    for (int i = 0; i < 4; i++) {
      git.commit("main", Map.of("a.yaml", topic("a", i)));
      source.fetch(null);
    }
    CloneDirectory clone =
        new CloneDirectory(directory.resolve("cache"), GitUrl.parse(git.remote.toString()), "");
    try (Repository repository = clone.open()) {
      clone.compact(repository, 4);
      assertThat(packs()).isEqualTo(4);
      clone.compact(repository, 3);
      assertThat(packs()).isEqualTo(1);
    }

    assertThat(names(source.fetch(git.git("rev-parse", "main~2")))).containsExactly("a");
    git.commit("main", Map.of("b.yaml", topic("b", 9)));
    assertThat(names(source.fetch(null))).containsExactly("b");
  }

  private long packs() throws IOException {
    try (Stream<Path> packs = Files.list(cloned().resolve("objects/pack"))) {
      return packs.filter(path -> path.toString().endsWith(".pack")).count();
    }
  }

  @Test
  void aTemporaryCloneIsGoneAfterClosing() throws Exception {
    git.commit("main", Map.of("a.yaml", topic("a", 1)));
    Path before;
    try (GitStateSource temporary = GitStateSource.of(git.remote.toString()).build()) {
      assertThat(names(temporary.fetch(null))).containsExactly("a");
      before = temporary.temporary();
      assertThat(before).isDirectory();
    }
    assertThat(before).doesNotExist();
  }

  @Test
  void aCloneInUseByAnotherProcessIsWaitedForOnlySoLong() throws Exception {
    git.commit("main", Map.of("a.yaml", topic("a", 1)));
    source.fetch(null);
    Path lock = Path.of(cloned().toString().replaceAll("\\.git$", ".lock"));
    // The same position as in CacheLock; to a channel of another class loader it is another
    // process.
    try (FileChannel channel = FileChannel.open(lock, StandardOpenOption.WRITE);
        var held = channel.lock();
        GitStateSource patient = builder().branch("main").timeout(Duration.ofSeconds(1)).build()) {
      assertThat(held.isValid()).isTrue();
      assertThatThrownBy(() -> patient.fetch(null))
          .hasMessageContaining("in use by another")
          .hasMessageContaining("cache directory of its own");
    }
    assertThat(names(source.fetch(null))).containsExactly("a");
  }

  @Test
  void anInterruptedFetchEndsAndTheNextOneWorks() throws Exception {
    git.commit("main", Map.of("a.yaml", topic("a", 1)));
    Thread.currentThread().interrupt();
    try {
      assertThatThrownBy(() -> source.fetch(null)).isInstanceOf(IOException.class);
    } finally {
      assertThat(Thread.interrupted()).isTrue();
    }
    assertThatCode(() -> source.fetch(null)).doesNotThrowAnyException();
  }

  @Test
  void aClosedSourceRefuses() {
    source.close();

    assertThatThrownBy(() -> source.fetch(null)).hasMessageContaining("closed");
  }
}
