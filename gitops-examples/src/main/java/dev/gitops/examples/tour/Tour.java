// SPDX-License-Identifier: Apache-2.0
package dev.gitops.examples.tour;

import dev.gitops.core.Reconciler;
import dev.gitops.core.model.Block;
import dev.gitops.core.model.Change;
import dev.gitops.core.model.Change.Cause;
import dev.gitops.core.model.FieldChange;
import dev.gitops.core.model.Plan;
import dev.gitops.core.model.Report;
import dev.gitops.core.model.Report.Status;
import dev.gitops.core.model.ResourceId;
import dev.gitops.git.GitHistory;
import dev.gitops.git.GitWriter;
import dev.gitops.git.HistoryEntry;
import dev.gitops.git.ResourceDiff;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.eclipse.jgit.revwalk.RevCommit;
import org.jspecify.annotations.Nullable;

/** The story. Every chapter acts on real parts and then asks PostgreSQL whether it is true. */
final class Tour {
  static final String RECONCILER = "access";
  static final int ALLOWED_DELETES = 3;
  private static final ResourceId REPORTING = ResourceId.of("Role", "reporting");

  private static final Duration PATIENCE = Duration.ofMinutes(1);

  private final Console console;
  private final Claims claims;
  private final DemoRepository git;
  private final GitWriter rollback;
  private final DemoDatabase database;
  private final Reconciler access;
  private final AuditTrail trail;
  private final GitHistory history;
  private final String password;
  private String afterFirst = "";
  private String second = "";

  Tour(
      Console console,
      Claims claims,
      DemoRepository git,
      GitWriter rollback,
      DemoDatabase database,
      Reconciler access,
      AuditTrail trail,
      GitHistory history,
      String password) {
    this.console = console;
    this.claims = claims;
    this.git = git;
    this.rollback = rollback;
    this.database = database;
    this.access = access;
    this.trail = trail;
    this.history = history;
    this.password = password;
  }

  /** Tells all of it. */
  void tell() throws Exception {
    firstSync();
    aCommit();
    aChangeByHand();
    aBadCommit();
    aMassDelete();
    aRollback();
    theAuditTrail();
  }

  private void firstSync() throws Exception {
    console.heading("1. From nothing to what Git says");
    console.say(
        "Ada declares who may do what in a database: three roles, two schemas, two grants. The"
            + " plan reads both sides and writes nothing. It knows by itself that a grant needs"
            + " its role and its schema, and a schema its owner.");
    commit("Ada", "Declare who may do what", Manifests.first());
    Plan plan = plan();
    Report report = reconcile();
    afterFirst = database.everything();
    claims.check("the plan was to create 7 resources", count(plan, Cause.NEW) == 7);
    claims.check("PostgreSQL has them, and the report says so", settled(report) && has(3, 2, 2));
    List<String> kinds = trail.applied().stream().map(id -> id.kind()).distinct().toList();
    claims.check(
        "roles were there before schemas, schemas before grants",
        kinds.equals(List.of("Role", "Schema", "Grant")));
    claims.check("shop_app logs in with a password that is only referred to in Git", appLogsIn());
  }

  private void aCommit() throws Exception {
    console.heading("2. A commit is a change");
    console.say(
        "Grace needs more connections for reporting, and a look at billing. The plan says which"
            + " field goes from what to what, and that it is the declaration that changed.");
    second =
        commit(
            "Grace",
            "Let reporting look at billing",
            Map.of(
                Manifests.REPORTING,
                Manifests.reporting("10"),
                Manifests.REPORTING_IN_BILLING,
                Manifests.grant("billing", "reporting", "USAGE")));
    Plan plan = plan();
    Report report = reconcile();
    claims.check(
        "one declared change and one new grant were planned, nothing else",
        plan.changes().size() == 2
            && count(plan, Cause.DECLARED) == 1
            && count(plan, Cause.NEW) == 1);
    claims.check(
        "reporting may have 10 connections and look at billing",
        settled(report) && limit("reporting").equals("10") && may("reporting", "billing", "USAGE"));
  }

  private void aChangeByHand() throws Exception {
    console.heading("3. Somebody changes the database by hand");
    console.say(
        "At night somebody with a shell lets reporting create tables in shop, and lifts a limit."
            + " Nothing of that is in Git. The plan tells drift from intent, since it remembers"
            + " what it applied last, and puts it right.");
    byHand("grant create on schema shop to reporting");
    byHand("alter role shop_app connection limit 200");
    claims.check("reporting really could create tables", may("reporting", "shop", "CREATE"));
    Plan plan = plan();
    Report report = reconcile();
    claims.check(
        "both changes were attributed to a hand, not to Git",
        plan.changes().size() == 2 && count(plan, Cause.DRIFT) == 2);
    claims.check(
        "reporting can no longer create tables, shop_app has 20 connections again",
        settled(report) && !may("reporting", "shop", "CREATE") && limit("shop_app").equals("20"));
  }

  private void aBadCommit() throws Exception {
    console.heading("4. A bad commit");
    console.say(
        "Linus writes a word where a number belongs. The error names file, line and column;"
            + " nothing of the broken resource is applied, and what can't be read is never taken"
            + " for deleted.");
    String before = database.everything();
    String bad =
        commit(
            "Linus", "Tune reporting", Map.of(Manifests.REPORTING, Manifests.reporting("plenty")));
    Plan plan = plan();
    Report report = reconcileQuietly();
    console.summary(report);
    claims.check(
        "it was refused at " + Manifests.REPORTING + ":5:3",
        plan.problems().stream()
            .anyMatch(p -> p.origin().toString().equals(Manifests.REPORTING + ":5:3")));
    claims.check(
        "nothing was written, PostgreSQL is untouched",
        report.outcomes().stream().noneMatch(o -> o.result().name().equals("APPLIED"))
            && report.status() != Status.CONVERGED
            && database.everything().equals(before));
    revert("Linus", bad);
    claims.check("after the revert all is in sync", settled(reconcileQuietly()));
  }

  private void aMassDelete() throws Exception {
    console.heading("5. A commit that removes nearly everything");
    console.say(
        "A tidy-up goes wrong and removes six of eight files. This reconciler may delete at most "
            + ALLOWED_DELETES
            + " resources an hour; since this is more, it deletes none of them, shows the list and"
            + " waits for a person.");
    String before = database.everything();
    Map<String, @Nullable String> removals = new HashMap<>();
    Manifests.first().keySet().stream()
        .filter(file -> !file.contains("/roles/shop_"))
        .forEach(file -> removals.put(file, null));
    removals.put(Manifests.REPORTING_IN_BILLING, null);
    String tidy = commit("Linus", "Tidy up", removals);
    Plan plan = plan();
    Report report = reconcileQuietly();
    console.summary(report);
    claims.check(
        "six deletions were planned and every one is held",
        plan.changes().size() == 6
            && plan.changes().stream()
                .allMatch(
                    c ->
                        c.action() == Change.Action.DELETE
                            && c.block() != null
                            && c.block().reason() == Block.Reason.HELD)
            && report.status() == Status.HELD);
    claims.check("nothing was deleted", database.everything().equals(before));
    revert("Ada", tidy);
    claims.check(
        "after the revert there is nothing to do", plan().inSync() && settled(reconcileQuietly()));
  }

  private void aRollback() throws Exception {
    console.heading("6. A rollback is a revert");
    console.say(
        "Reporting should not see billing after all. Grace reverts her commit of chapter 2: the"
            + " limit goes back, and the grant goes away, since one deletion is within the"
            + " allowance.");
    revert("Grace", second);
    Plan plan = plan();
    Report report = reconcile();
    claims.check(
        "one update and one deletion were planned",
        plan.changes().size() == 2
            && count(plan, Cause.DECLARED) == 1
            && count(plan, Cause.REMOVED) == 1);
    claims.check(
        "PostgreSQL is exactly what it was after chapter 1",
        settled(report) && database.everything().equals(afterFirst));
  }

  private void theAuditTrail() throws Exception {
    console.heading("7. Who changed what, when and why");
    console.say(
        "Git says who wanted what and why; the reports say what came of it. Put side by side they"
            + " are the audit trail, the changes by hand included.");
    console.gap();
    List<RevCommit> commits = git.log();
    for (RevCommit commit : commits) {
      console.commit(commit);
      console.line("           → " + trail.of(commit.name()));
    }
    console.gap();
    claims.check(
        "Git has 7 commits, and each is accounted for",
        commits.size() == 7 && commits.stream().allMatch(c -> trail.seen(c.name())));
    claims.check(
        "changes made by hand stand at the commit that they went against",
        trail.of(second).contains("2 corrected"));
    console.say("Asked about one resource, Git's history answers field by field:");
    console.gap();
    List<HistoryEntry> reporting = history.of(REPORTING);
    for (HistoryEntry entry : reporting) {
      console.line("  " + entry.by().revision().shortId() + " " + entry.by().revision().subject());
      console.line("           → " + what(entry.change()));
    }
    console.gap();
    claims.check(
        "whoever asks about reporting sees who let it have how many connections",
        reporting.size() > 2
            && what(reporting.get(0).change()).equals("/connectionLimit 10 -> 5")
            && reporting.get(0).by().revision().author().startsWith("Grace"));
  }

  private static String what(ResourceDiff change) {
    FieldChange limit =
        change.fields().stream()
            .filter(field -> field.pointer().equals("/connectionLimit"))
            .findFirst()
            .orElse(null);
    return change.action() != ResourceDiff.Action.CHANGED || limit == null
        ? change.action().name().toLowerCase(Locale.ROOT)
        : limit.pointer() + " " + limit.from() + " -> " + limit.to();
  }

  private String commit(String author, String message, Map<String, @Nullable String> changes)
      throws Exception {
    String id = git.commit(author, message, changes);
    console.act(author, "git commit -m \"" + message + "\"");
    return id;
  }

  private void revert(String author, String commit) throws Exception {
    console.act(author, "revert " + commit.substring(0, 8));
    rollback.author(author + " <" + DemoRepository.mail(author) + ">").revert(commit);
  }

  private void byHand(String sql) throws SQLException {
    console.act("psql", sql + ";");
    database.run(sql);
  }

  private Plan plan() {
    Plan plan = access.plan();
    console.show(plan);
    return plan;
  }

  private Report reconcile() {
    Report report = reconcileQuietly();
    console.show(report);
    return report;
  }

  private Report reconcileQuietly() {
    return access.reconcileUntilSettled(PATIENCE);
  }

  private boolean settled(Report report) {
    return report.status() == Status.CONVERGED && access.plan().inSync();
  }

  private static long count(Plan plan, Cause cause) {
    return plan.changes().stream().filter(c -> c.cause() == cause && c.block() == null).count();
  }

  private boolean has(int roles, int schemas, int grants) throws SQLException {
    String everything = database.everything();
    return lines(everything, "role ") == roles
        && lines(everything, "schema ") == schemas
        && lines(everything, "grant ") == grants;
  }

  private static long lines(String everything, String start) {
    return everything.lines().filter(line -> line.startsWith(start)).count();
  }

  private String limit(String role) throws SQLException {
    return database.ask("select rolconnlimit from pg_roles where rolname = '" + role + "'");
  }

  private boolean may(String role, String schema, String privilege) throws SQLException {
    return database
        .ask("select has_schema_privilege('%s', '%s', '%s')".formatted(role, schema, privilege))
        .equals("t");
  }

  private boolean appLogsIn() {
    try (var connection = DriverManager.getConnection(database.url(), "shop_app", password)) {
      return connection.isValid(5);
    } catch (SQLException e) {
      return false;
    }
  }
}
