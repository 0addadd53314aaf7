// SPDX-License-Identifier: Apache-2.0
package dev.gitops.examples.tour;

import dev.gitops.core.ReconcileLoop;
import dev.gitops.core.Reconciler;
import dev.gitops.core.ReconcilerBuilder;
import dev.gitops.core.model.Block;
import dev.gitops.core.model.Change;
import dev.gitops.core.model.Plan;
import dev.gitops.core.model.Problem;
import dev.gitops.core.model.ReconcileEvent;
import dev.gitops.core.model.Report;
import dev.gitops.core.model.SecretRef;
import dev.gitops.core.report.PlanJson;
import dev.gitops.core.report.PlanText;
import dev.gitops.core.report.ReportJson;
import dev.gitops.core.report.ReportText;
import dev.gitops.core.spi.Secrets;
import dev.gitops.core.spi.TerminalException;
import dev.gitops.core.store.FileStateStore;
import dev.gitops.examples.postgres.Database;
import dev.gitops.git.GitStateSource;
import dev.gitops.git.GitStateSourceBuilder;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.postgresql.ds.PGSimpleDataSource;

/** The job: plan, sync once, or keep in sync. */
final class JobProgram {
  static final int IN_SYNC = 0;
  static final int DIFFERENCES = 1;
  static final int ERROR = 2;

  private static final Duration STATEMENT_TIMEOUT = Duration.ofSeconds(30);
  private static final Duration TIME_TO_CLOSE = Duration.ofSeconds(20);

  private final JobOptions options;
  private final Console console;
  private final PrintStream err;
  private final Map<String, String> environment;

  JobProgram(
      JobOptions options, Console console, PrintStream err, Map<String, String> environment) {
    this.options = options;
    this.console = console;
    this.err = err;
    this.environment = environment;
  }

  /** Returns the exit code. */
  int run() throws Exception {
    if (options.state == null && !options.mode.plan) {
      err.println(
          "Error: --state is missing: name a directory in which to remember what is owned (only"
              + " --plan does without)");
      return ERROR;
    }
    Secrets secrets = Secrets.of(this::secret);
    try (GitStateSource source = source()) {
      ReconcilerBuilder builder =
          PostgresReconciler.of(
                  options.name, source, new Database(database(), STATEMENT_TIMEOUT), secrets)
              .allowDeletes(options.allowDeletes)
              .listener(this::tell);
      if (options.state == null) {
        err.println(
            "Note: without --state nothing is known of what is owned, so no deletion shows");
        builder.ephemeral();
      } else {
        builder.store(FileStateStore.at(options.state.resolve("owned")));
      }
      try (Reconciler reconciler = builder.build()) {
        return run(reconciler);
      }
    }
  }

  private int run(Reconciler reconciler) throws InterruptedException {
    if (options.mode.plan) {
      Plan plan = reconciler.plan();
      print(options.json ? PlanJson.write(plan) : text(plan));
      return code(plan);
    }
    if (options.mode.loop != null) {
      loop(reconciler, options.mode.loop);
      return IN_SYNC;
    }
    Report report = reconciler.reconcileUntilSettled(options.patience);
    return code(report);
  }

  private void loop(Reconciler reconciler, Duration interval) throws InterruptedException {
    ReconcileLoop loop = ReconcileLoop.start(reconciler, interval);
    Thread closer = new Thread(() -> loop.close(TIME_TO_CLOSE), "close");
    Runtime.getRuntime().addShutdownHook(closer);
    new CountDownLatch(1).await();
  }

  /** Wrong manifests are an error, even where the rest of the declarations is in sync. */
  static int code(Plan plan) {
    return broken(plan.problems(), plan.changes())
        ? ERROR
        : plan.changes().isEmpty() ? IN_SYNC : DIFFERENCES;
  }

  static int code(Report report) {
    if (report.status() == Report.Status.FAILED
        || broken(report.plan().problems(), report.remaining())) {
      return ERROR;
    }
    return report.status() == Report.Status.CONVERGED ? IN_SYNC : DIFFERENCES;
  }

  private static boolean broken(List<Problem> problems, List<Change> changes) {
    return !problems.isEmpty()
        || changes.stream()
            .map(Change::block)
            .anyMatch(block -> block != null && block.reason() == Block.Reason.UNKNOWN);
  }

  private void tell(ReconcileEvent event) {
    if (event instanceof ReconcileEvent.CycleEnded ended) {
      Report report = ended.report();
      print(options.json ? ReportJson.write(report) : text(report));
    }
  }

  private String text(Plan plan) {
    return console.colour() ? PlanText.colored(plan) : PlanText.of(plan);
  }

  private String text(Report report) {
    return console.colour() ? ReportText.colored(report) : ReportText.of(report);
  }

  private void print(String text) {
    console.line(text.stripTrailing());
  }

  private GitStateSource source() {
    Path local = localRepository(options.repo);
    GitStateSourceBuilder git =
        local == null ? GitStateSource.of(options.repo) : GitStateSource.local(local);
    if (options.branch != null) {
      git.branch(options.branch);
    }
    if (options.state != null) {
      git.cache(options.state.resolve("clones"));
    }
    return git.path(options.path).build();
  }

  private static @Nullable Path localRepository(String repo) {
    if (repo.contains("://")) {
      return null;
    }
    Path directory = Path.of(repo);
    return Files.isDirectory(directory) ? directory : null;
  }

  private PGSimpleDataSource database() {
    PGSimpleDataSource source = new PGSimpleDataSource();
    try {
      source.setUrl(options.jdbcUrl);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "--jdbc-url is not a PostgreSQL URL such as jdbc:postgresql://localhost/shop", e);
    }
    source.setConnectTimeout(10);
    source.setSocketTimeout((int) STATEMENT_TIMEOUT.toSeconds() * 2);
    String user = options.user == null ? environment.get("PGUSER") : options.user;
    if (user != null) {
      source.setUser(user);
    }
    String password =
        options.password == null ? environment.get("PGPASSWORD") : new String(options.password);
    if (password != null) {
      source.setPassword(password);
    }
    return source;
  }

  private String secret(SecretRef reference) {
    String text = reference.secretRef();
    String value = text.startsWith("env:") ? environment.get(text.substring(4)) : null;
    if (value == null || value.isEmpty()) {
      throw new TerminalException(
          "The secret " + text + " is not there: this program reads env:NAME from its environment");
    }
    return value;
  }
}
