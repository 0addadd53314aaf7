// SPDX-License-Identifier: Apache-2.0
package dev.gitops.examples.tour;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gitops.core.report.PlanJson;
import dev.gitops.core.report.ReportJson;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The command line on a real repository and a real database. */
class JobTest {
  private static final String ROLE = "access/role.yaml";

  @TempDir static Path server;
  private static DemoDatabase database;

  @TempDir private Path directory;
  private final Map<String, String> environment = new HashMap<>();
  private DemoRepository git;
  private String output = "";
  private String errors = "";

  @BeforeAll
  static void startPostgres() throws Exception {
    database = new DemoDatabase(server);
  }

  @AfterAll
  static void stopPostgres() throws Exception {
    database.close();
  }

  @BeforeEach
  void startAnew() throws Exception {
    database.run("drop role if exists job_app");
    git = new DemoRepository(directory.resolve("access.git"));
    declare("7");
  }

  private void declare(String limit) throws Exception {
    git.commit(
        "Ada",
        "Declare job_app",
        Map.of(
            ROLE,
            "kind: Role\nmetadata: {name: job_app}\nspec: {connectionLimit: " + limit + "}\n"));
  }

  private int job(String... more) {
    List<String> args =
        new ArrayList<>(
            List.of(
                "--repo",
                directory.resolve("access.git").toString(),
                "--branch=main",
                "--path=access",
                "--jdbc-url",
                database.url()));
    args.addAll(Arrays.asList(more));
    return run(args.toArray(String[]::new));
  }

  private int sync(String... more) {
    List<String> args = new ArrayList<>(List.of("--state", directory.resolve("state").toString()));
    args.addAll(Arrays.asList(more));
    return job(args.toArray(String[]::new));
  }

  private int run(String... args) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    int code =
        new Main(new PrintStream(out, true, UTF_8), new PrintStream(err, true, UTF_8), environment)
            .run(args);
    output = out.toString(UTF_8);
    errors = err.toString(UTF_8);
    return code;
  }

  private static String limit() throws Exception {
    return database.ask("select rolconnlimit from pg_roles where rolname = 'job_app'");
  }

  @Test
  void aPlanWithDifferencesIsOneAndWritesNothing() throws Exception {
    assertThat(job("--plan")).isEqualTo(1);

    assertThat(output).contains("Role/job_app").contains("1 to create");
    assertThat(errors).contains("without --state");
    assertThat(limit()).isEmpty();
  }

  @Test
  void syncingEndsInSyncAndSoDoesThePlanAfterIt() throws Exception {
    assertThat(sync()).isZero();

    assertThat(output).contains("CONVERGED");
    assertThat(limit()).isEqualTo("7");
    assertThat(sync("--plan")).isZero();
    assertThat(output).contains("1 in sync");
  }

  @Test
  void driftIsADifferenceUntilItIsSyncedAway() throws Exception {
    sync();
    database.run("alter role job_app connection limit 99");

    assertThat(sync("--plan")).isEqualTo(1);
    assertThat(output).contains("99 -> 7").contains("live was changed");
    assertThat(sync("--once")).isZero();
    assertThat(limit()).isEqualTo("7");
  }

  @Test
  void heldDeletionsAreDifferencesUntilTheyAreAllowed() throws Exception {
    sync();
    git.commit("Ada", "Remove it", java.util.Collections.singletonMap(ROLE, null));
    git.commit("Ada", "Keep the directory", Map.of("access/README.md", "Nothing here.\n"));

    assertThat(sync()).isEqualTo(1);
    assertThat(limit()).isEqualTo("7");
    assertThat(sync("--allow-deletes=1")).isZero();
    assertThat(limit()).isEmpty();
  }

  @Test
  void aWrongManifestIsAnErrorThatNamesItsPlace() throws Exception {
    sync();
    declare("many");

    assertThat(sync("--plan")).isEqualTo(2);
    assertThat(output).contains("access/role.yaml:3:8");
    assertThat(sync()).isEqualTo(2);
    assertThat(limit()).isEqualTo("7");
  }

  @Test
  void somebodyElsesRoleIsAConflictAndIsLeftAlone() throws Exception {
    database.run("create role job_app connection limit 3");

    assertThat(sync()).isEqualTo(1);
    assertThat(limit()).isEqualTo("3");
  }

  @Test
  void aBranchThatIsNotThereIsAnError() {
    assertThat(sync("--branch=nowhere", "--plan")).isEqualTo(2);
  }

  @Test
  void aDatabaseThatIsNotThereIsAnError() {
    assertThat(
            run(
                "--repo",
                directory.resolve("access.git").toString(),
                "--path=access",
                "--state",
                directory.resolve("state").toString(),
                "--jdbc-url=jdbc:postgresql://localhost:1/none",
                "--plan"))
        .isEqualTo(2);
  }

  @Test
  void aDatabaseThatGoesAwayIsAnErrorAndNothingIsTakenForDeleted() throws Exception {
    sync();

    assertThat(
            run(
                "--repo",
                directory.resolve("access.git").toString(),
                "--path=access",
                "--state",
                directory.resolve("state").toString(),
                "--jdbc-url=jdbc:postgresql://localhost:1/none",
                "--wait=1s"))
        .isEqualTo(2);

    assertThat(limit()).isEqualTo("7");
    assertThat(sync()).isZero();
  }

  @Test
  void aMissingRepositoryIsAnError() {
    assertThat(run("--repo=/nowhere/at/all", "--jdbc-url=" + database.url(), "--plan"))
        .isEqualTo(2);
    assertThat(errors).contains("nowhere");
  }

  @Test
  void writingNeedsAPlaceToRememberWhatIsOwned() {
    assertThat(job()).isEqualTo(2);
    assertThat(errors).contains("--state is missing");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--repo=x",
        "--nonsense",
        "--repo=x --jdbc-url=y --plan --loop=5s",
        "--repo=x --jdbc-url=y --loop=soon",
        "--repo=. --jdbc-url=jdbc:oracle:x --plan"
      })
  void wrongOptionsAreErrorsThatSaySo(String args) {
    assertThat(run(args.split(" "))).isEqualTo(2);
    assertThat(errors).isNotBlank();
  }

  @Test
  void jsonIsReadBackAsWhatItIs() {
    assertThat(job("--plan", "--json")).isEqualTo(1);
    assertThat(PlanJson.read(output.strip()).changes()).hasSize(1);

    assertThat(sync("--json")).isZero();
    assertThat(ReportJson.read(output.lines().findFirst().orElseThrow()).outcomes()).hasSize(1);
  }

  @Test
  void passwordsComeFromTheEnvironmentAndAreNeverPrinted() throws Exception {
    environment.put("APP_PASSWORD", "correct-horse-battery");
    String spec = "spec: {login: true, password: {secretRef: 'env:APP_PASSWORD'}}\n";
    git.commit("Ada", "Log in", Map.of(ROLE, "kind: Role\nmetadata: {name: job_app}\n" + spec));

    assertThat(sync()).isZero();

    assertThat(output + errors).doesNotContain("correct-horse-battery");
    try (var connection =
        java.sql.DriverManager.getConnection(database.url(), "job_app", "correct-horse-battery")) {
      assertThat(connection.isValid(5)).isTrue();
    }
  }

  @Test
  void aSecretThatIsNotThereIsAnErrorThatNamesTheReference() throws Exception {
    String spec = "spec: {password: {secretRef: 'env:NOT_SET'}}\n";
    git.commit("Ada", "Log in", Map.of(ROLE, "kind: Role\nmetadata: {name: job_app}\n" + spec));

    assertThat(sync("--wait=1s")).isEqualTo(2);

    assertThat(output).contains("env:NOT_SET");
    assertThat(limit()).isEmpty();
  }

  @Test
  void theHelpNamesEveryExitCode() {
    assertThat(run("--help")).isZero();
    assertThat(output).contains("0   in sync").contains("--allow-deletes").contains("--loop");
    assertThat(output.lines()).allSatisfy(line -> assertThat(line).hasSizeLessThanOrEqualTo(80));
  }

  @Test
  void stateStaysWhereItWasToldTo() throws Exception {
    sync();

    try (var files = Files.list(directory)) {
      assertThat(files.map(f -> f.getFileName().toString()))
          .containsExactlyInAnyOrder("access.git", "state");
    }
  }
}
