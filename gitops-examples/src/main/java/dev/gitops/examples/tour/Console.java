// SPDX-License-Identifier: Apache-2.0
package dev.gitops.examples.tour;

import dev.gitops.core.model.Plan;
import dev.gitops.core.model.Report;
import dev.gitops.core.report.PlanText;
import dev.gitops.core.report.ReportText;
import java.io.PrintStream;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.eclipse.jgit.lib.PersonIdent;
import org.eclipse.jgit.revwalk.RevCommit;

/** Where the program talks to people: at most 80 columns, in colour if wanted. */
final class Console {
  private static final int COLUMNS = 80;
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("HH:mm:ss", Locale.ROOT);
  private static final Pattern ESCAPE = Pattern.compile("\u001b\\[[0-9;]*m");

  private final PrintStream out;
  private final boolean colour;
  private boolean gap = true;

  Console(PrintStream out, boolean colour) {
    this.out = out;
    this.colour = colour;
  }

  boolean colour() {
    return colour;
  }

  /** A chapter begins. */
  void heading(String title) {
    gap();
    line(paint("1;36", "━━ " + title + " " + "━".repeat(COLUMNS - 4 - title.length())));
  }

  /** Prose. */
  void say(String text) {
    wrap(text, "").forEach(this::line);
  }

  /** What somebody does, as they would type it. */
  void act(String who, String what) {
    gap();
    line("    " + paint("33", who + "> ") + what);
  }

  /** What would be done. */
  void show(Plan plan) {
    show(colour ? PlanText.colored(plan) : PlanText.of(plan));
  }

  /** What a cycle came to, in full. */
  void show(Report report) {
    show(colour ? ReportText.colored(report) : ReportText.of(report));
  }

  /** What a cycle came to, where the plan has said the rest. */
  void summary(Report report) {
    show(ReportText.summary(report));
  }

  private void show(String text) {
    gap();
    text.stripTrailing()
        .lines()
        .map(line -> line.isEmpty() ? line : "  " + line)
        .flatMap(line -> wrap(line, " ".repeat(indentOf(line) + 4)).stream())
        .forEach(this::line);
    gap();
  }

  /** A claim that was checked. */
  void claim(boolean holds, String text) {
    String mark = holds ? paint("32", "  ✔ ") : paint("1;31", "  ✘ FALSE: ");
    wrap(mark + text, "    ").forEach(this::line);
  }

  /** A commit: which, when, who, why. */
  void commit(RevCommit commit) {
    PersonIdent author = commit.getAuthorIdent();
    String time = TIME.format(author.getWhenAsInstant().atZone(author.getZoneId()));
    line(
        paint("33", "  " + commit.name().substring(0, 8))
            + " %s %-6s %s".formatted(time, author.getName(), commit.getShortMessage()));
  }

  /** A line as it is. */
  void line(String text) {
    out.println(text);
    gap = text.isEmpty();
  }

  /** An empty line, unless there is one. */
  void gap() {
    if (!gap) {
      line("");
    }
  }

  String dim(String text) {
    return paint("2", text);
  }

  private String paint(String code, String text) {
    return colour ? "\u001b[" + code + "m" + text + "\u001b[0m" : text;
  }

  /** Breaks between words what is wider than the screen; escapes take no room. */
  private static List<String> wrap(String text, String hanging) {
    if (width(text) <= COLUMNS) {
      return List.of(text);
    }
    List<String> lines = new ArrayList<>();
    String line = " ".repeat(indentOf(text));
    boolean fresh = true;
    for (String word : text.strip().split(" ", -1)) {
      if (!fresh && width(line) + 1 + width(word) > COLUMNS) {
        lines.add(line.stripTrailing());
        line = hanging;
        fresh = true;
      }
      line += (fresh ? "" : " ") + word;
      fresh = false;
    }
    lines.add(line);
    return lines;
  }

  private static int indentOf(String line) {
    return line.length() - line.stripLeading().length();
  }

  private static int width(String text) {
    return ESCAPE.matcher(text).replaceAll("").length();
  }
}
