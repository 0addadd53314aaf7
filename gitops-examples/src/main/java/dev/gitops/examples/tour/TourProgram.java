// SPDX-License-Identifier: Apache-2.0
package dev.gitops.examples.tour;

import dev.gitops.core.spi.Secrets;
import dev.gitops.core.store.FileStateStore;
import dev.gitops.examples.postgres.Database;
import dev.gitops.examples.postgres.Grant;
import dev.gitops.examples.postgres.Role;
import dev.gitops.examples.postgres.Schema;
import dev.gitops.git.GitHistory;
import dev.gitops.git.GitStateSource;
import dev.gitops.git.GitWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.UUID;
import java.util.stream.Stream;

/** Sets up what the tour needs in a temporary directory, and leaves nothing behind. */
final class TourProgram {
  private TourProgram() {}

  /**
   * Runs the tour.
   *
   * @return whether everything that it claimed was true
   */
  static boolean run(Console console) throws Exception {
    long start = System.nanoTime();
    Claims claims = new Claims(console);
    AuditTrail trail = new AuditTrail();
    Path directory = Files.createTempDirectory("gitops-tour");
    try {
      console.say(
          "A tour of GitOps for the JVM, on a real Git repository and a real PostgreSQL, both made"
              + " for it in a temporary directory. Starting PostgreSQL ...");
      tell(console, claims, trail, directory);
    } finally {
      delete(directory);
    }
    summary(console, claims, trail, Duration.ofNanos(System.nanoTime() - start));
    return claims.broken().isEmpty();
  }

  private static void tell(Console console, Claims claims, AuditTrail trail, Path directory)
      throws Exception {
    String password = UUID.randomUUID().toString();
    Secrets secrets = Secrets.of(reference -> password);
    Path repository = directory.resolve("access.git");
    try (DemoRepository git = new DemoRepository(repository);
        GitWriter rollback =
            GitWriter.of(repository.toAbsolutePath().toString())
                .branch("main")
                .author("Grace <" + DemoRepository.mail("Grace") + ">")
                .cache(directory.resolve("clone"))
                .build();
        DemoDatabase database = start(directory.resolve("postgresql"));
        var source =
            GitStateSource.local(repository).branch("main").path(Manifests.DIRECTORY).build();
        var access =
            PostgresReconciler.of(
                    Tour.RECONCILER,
                    source,
                    new Database(database.source(), Duration.ofSeconds(30)),
                    secrets)
                .store(FileStateStore.at(directory.resolve("state")))
                .allowDeletes(Tour.ALLOWED_DELETES)
                .listener(trail)
                .build()) {
      console.line(console.dim("PostgreSQL " + database.ask("show server_version") + " is up."));
      GitHistory history = source.history().kinds(Role.KIND, Schema.KIND, Grant.KIND);
      new Tour(console, claims, git, rollback, database, access, trail, history, password).tell();
    }
  }

  private static DemoDatabase start(Path directory) throws IOException {
    try {
      return new DemoDatabase(directory);
    } catch (IOException | IllegalStateException e) {
      throw new IOException(
          "The embedded PostgreSQL does not start on this machine ("
              + e.getMessage()
              + "). Try --repo and --jdbc-url with a repository and a database of your own.",
          e);
    }
  }

  private static void summary(Console console, Claims claims, AuditTrail trail, Duration took) {
    console.heading("Done");
    int broken = claims.broken().size();
    console.say(
        "In %.1f seconds: 7 commits, %d cycles, %d changes applied, %d of %d claims verified. The"
                .formatted(
                    took.toMillis() / 1000.0,
                    trail.cycles(),
                    trail.applied().size(),
                    claims.made() - broken,
                    claims.made())
            + " server is stopped and the temporary directory is gone.");
    claims.broken().forEach(claim -> console.claim(false, claim));
  }

  private static void delete(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      files.sorted(Comparator.reverseOrder()).forEach(TourProgram::deleteOne);
    }
  }

  private static void deleteOne(Path file) {
    try {
      Files.delete(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
