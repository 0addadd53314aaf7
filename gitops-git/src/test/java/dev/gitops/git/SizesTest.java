// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import static dev.gitops.git.RealGit.topic;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gitops.core.manifest.Limits;
import dev.gitops.core.manifest.ManifestReader;
import dev.gitops.core.model.Problem;
import dev.gitops.core.model.Snapshot;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Repositories that are small to send and huge to read, by a process with a small heap. */
class SizesTest {
  @TempDir Path directory;
  private RealGit git;
  private String good;

  @BeforeEach
  void create() throws Exception {
    git = new RealGit(directory);
    good = git.commit("main", Map.of("good.yaml", topic("good", 1)));
    assertThat(fetched(48)).isEqualTo("fetched 1\n");
  }

  /** What a process says that fetches into the cache, with so many megabytes of heap. */
  private String fetched(int heap) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx" + heap + "m",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                FetchProgram.class.getName(),
                directory.resolve("cache").toString(),
                git.remote.toString())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(output).isZero();
    return output;
  }

  private Snapshot local() throws IOException {
    try (GitStateSource source = GitStateSource.local(git.remote).branch("main").build()) {
      return source.fetch(null);
    }
  }

  /** What was read before is still there, whatever came after it. */
  private void assertGoodIsKept() throws Exception {
    git.git("update-ref", "-d", "refs/heads/main");
    try (GitStateSource source =
        GitStateSource.of(git.remote.toString()).cache(directory.resolve("cache")).build()) {
      assertThat(source.fetch(good).documents()).hasSize(1);
    }
  }

  private String object(String text, String... command) {
    byte[] id = git.run(git.remote, text.getBytes(StandardCharsets.UTF_8), command);
    return new String(id, StandardCharsets.US_ASCII).strip();
  }

  private String blob(String text) {
    return object(text, "hash-object", "-w", "--stdin");
  }

  private String tree(String entries) {
    return object(entries, "mktree");
  }

  private void commitTree(String tree) {
    String commit = git.git("commit-tree", "-m", "Huge", "-p", good, tree);
    git.git("update-ref", "refs/heads/main", commit);
  }

  /** A blob of zeros, as Git compresses them, with something at its start. */
  private String zeros(long length, String start) throws IOException {
    Path file = directory.resolve("zeros");
    try (RandomAccessFile zeros = new RandomAccessFile(file.toFile(), "rw")) {
      zeros.setLength(length);
      zeros.write(start.getBytes(StandardCharsets.US_ASCII));
    }
    String id = git.git("-c", "core.compression=1", "hash-object", "-w", file.toString());
    Files.delete(file);
    return id;
  }

  @Test
  void aBlobOfTwoGigabytesIsRefusedByItsSize() throws Exception {
    String huge = zeros((2L << 30) + 1, "kind: Topic\n");
    commitTree(
        tree(
            "100644 blob %s\thuge.yaml\n100644 blob %s\tgood.yaml\n"
                .formatted(huge, blob(topic("good", 2)))));

    assertThat(fetched(48))
        .startsWith("failed Can't fetch HEAD of " + git.remote.toUri())
        .contains("Object too large (2,147,483,649 bytes)")
        .contains("Take the file out of the history")
        .contains("nothing was changed");
    Snapshot read = local();
    assertThat(read.documents()).hasSize(1);
    assertThat(read.problems()).hasSize(1);
    Problem problem = read.problems().get(0);
    assertThat(problem.origin().file()).isEqualTo("huge.yaml");
    assertThat(problem.message()).contains("limit of 4194304 bytes");
    assertGoodIsKept();
  }

  @Test
  void versionsOfALargeBlobAreNotPutTogetherInALittleMemory() throws Exception {
    String entries = "100644 blob %s\ta.bin\n100644 blob %s\tb.bin\n100644 blob %s\tgood.yaml\n";
    String good = blob(topic("good", 2));
    commitTree(tree(entries.formatted(zeros(60 << 20, "a"), zeros(60 << 20, "b"), good)));
    git.git("repack", "-adfq"); // the one is now the difference to the other

    assertThat(fetched(64)).contains("Object too large (62,914,560 bytes)", "-Xmx");
    assertThat(fetched(400)).isEqualTo("fetched 1\n");
    assertGoodIsKept();
  }

  private String directory(int entries, String entry) {
    StringBuilder all = new StringBuilder();
    for (int i = 0; i < entries; i++) {
      all.append(entry.formatted(i));
    }
    return tree(all.toString());
  }

  @Test
  void ofAMillionFilesHalfAreRead() throws Exception {
    String blob = blob("# nothing\n");
    String leaf = directory(1_000, "100644 blob " + blob + "\tf%03d.yaml\n");
    commitTree(directory(1_000, "040000 tree " + leaf + "\td%03d\n"));

    assertThat(fetched(256)).isEqualTo("fetched 0\n: More than 500000 manifests and directories\n");
    assertGoodIsKept();
  }

  @Test
  void aDirectoryOfHundredsOfThousandsIsNotListed() throws Exception {
    String blob = blob("nothing\n");
    String leaf = directory(450_000, "100644 blob " + blob + "\tf%06d.txt\n");
    commitTree(tree("040000 tree " + leaf + "\tsub\n"));

    assertThat(fetched(128))
        .startsWith("failed The directory 'sub' has a list of files of 17,550,000 bytes")
        .contains("Split it");
    assertGoodIsKept();
  }

  private Snapshot limited(int files) throws IOException {
    try (GitStateSource source =
        GitStateSource.local(git.remote)
            .branch("main")
            .format(ManifestReader.create().limits(Limits.DEFAULT.files(files)))
            .build()) {
      return source.fetch(null);
    }
  }

  @Test
  void whatIsNoManifestIsCountedToo() throws Exception {
    String blob = blob("nothing\n");
    String leaf = directory(1_000, "100644 blob " + blob + "\tf%05d.txt\n");
    commitTree(directory(1_000, "040000 tree " + leaf + "\td%03d\n"));

    assertThat(limited(2_000).problems())
        .extracting(Problem::message)
        .containsExactly("More than 20000 files and directories of any sort");
  }

  @Test
  void directoriesThatHoldThemselvesManyTimesAreCounted() throws Exception {
    String leaf = tree("100644 blob " + blob("# nothing\n") + "\ta.yaml\n");
    for (int i = 0; i < 90; i++) {
      leaf = directory(10, "040000 tree " + leaf + "\td%d\n");
    }
    commitTree(leaf);

    assertThat(limited(2_000).problems())
        .extracting(Problem::message)
        .containsExactly("More than 2000 manifests and directories");
  }

  @Test
  void thousandsOfDirectoriesInsideEachOtherAreAProblem() throws Exception {
    String deep = "d/".repeat(5_000) + "x.yaml";
    String commit =
        """
        commit refs/heads/main
        committer Carl Committer <carl@example.com> 1700000000 +0000
        data 4
        Deep
        from refs/heads/main^0
        M 644 inline %s
        data 1
        #

        """;
    git.run(
        git.remote,
        commit.formatted(deep).getBytes(StandardCharsets.UTF_8),
        "fast-import",
        "--quiet");

    assertThat(fetched(48))
        .startsWith("fetched 1\nd/d/")
        .contains("More than 100 directories deep");
    assertGoodIsKept();
  }
}
