// SPDX-License-Identifier: Apache-2.0
package dev.gitops.examples.tour;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.gitops.git.JGitIsolation;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The program: without arguments it tells the tour, with {@code --repo} it does the job. */
@Command(
    name = "gitops",
    mixinStandardHelpOptions = true,
    version = "gitops 0.1.0",
    sortOptions = false,
    usageHelpWidth = 80,
    description = {
      "Keeps the roles, schemas and grants of a PostgreSQL database as a Git repository says.",
      "Without options it tells a tour of that on parts of its own."
    },
    exitCodeListHeading = "Exit codes:%n",
    exitCodeList = {
      "0:in sync (the tour: every claim was true)",
      "1:differences are left, planned or held (the tour: a claim was false)",
      "2:an error: wrong options or manifests, or something could not be read or written"
    })
public final class Main implements Callable<Integer> {
  /** When to colour. */
  enum Colour {
    AUTO,
    ALWAYS,
    NEVER
  }

  private final PrintStream out;
  private final PrintStream err;
  private final Map<String, String> environment;

  @ArgGroup(exclusive = false, heading = "The job, on your own repository and database:%n")
  private @Nullable JobOptions job;

  @Option(
      names = "--color",
      paramLabel = "WHEN",
      defaultValue = "auto",
      description = "auto (a terminal, unless NO_COLOR is set), always or never.")
  private Colour colour = Colour.AUTO;

  Main(PrintStream out, PrintStream err, Map<String, String> environment) {
    this.out = out;
    this.err = err;
    this.environment = environment;
  }

  /** Ends the JVM with the exit code. */
  public static void main(String... args) {
    JGitIsolation.enable();
    // Straight to the terminal: Maven's own System.out would take the colours out.
    PrintStream out = new PrintStream(new FileOutputStream(FileDescriptor.out), true, UTF_8);
    PrintStream err = new PrintStream(new FileOutputStream(FileDescriptor.err), true, UTF_8);
    int code = new Main(out, err, System.getenv()).run(args);
    out.flush();
    System.exit(code);
  }

  /** Runs the program; returns its exit code. */
  int run(String... args) {
    return new CommandLine(this)
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setOut(new PrintWriter(out, true, UTF_8))
        .setErr(new PrintWriter(err, true, UTF_8))
        .setExecutionExceptionHandler(
            (exception, commandLine, parsed) -> {
              err.println("Error: " + message(exception));
              return JobProgram.ERROR;
            })
        .execute(args);
  }

  @Override
  public Integer call() throws Exception {
    if (job != null) {
      return new JobProgram(job, console(out), err, environment).run();
    }
    return TourProgram.run(console(out)) ? JobProgram.IN_SYNC : JobProgram.DIFFERENCES;
  }

  private Console console(PrintStream stream) {
    boolean inColour =
        switch (colour) {
          case ALWAYS -> true;
          case NEVER -> false;
          case AUTO ->
              CommandLine.Help.Ansi.AUTO.enabled()
                  && environment.getOrDefault("NO_COLOR", "").isEmpty()
                  && !environment.getOrDefault("TERM", "").equals("dumb");
        };
    return new Console(stream, inColour);
  }

  private static String message(Throwable e) {
    StringBuilder text = new StringBuilder();
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      String message =
          cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
      if (text.indexOf(message) < 0) {
        text.append(text.isEmpty() ? "" : ": ").append(message);
      }
    }
    return text.toString();
  }
}
