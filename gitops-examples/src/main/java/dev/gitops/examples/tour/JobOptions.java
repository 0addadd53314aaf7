// SPDX-License-Identifier: Apache-2.0
package dev.gitops.examples.tour;

import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** What the job is told on the command line. */
final class JobOptions {
  @Option(
      names = "--repo",
      required = true,
      paramLabel = "URL|DIR",
      description = "The Git repository: a URL, or the directory of a local one.")
  String repo = "";

  @Option(
      names = "--branch",
      paramLabel = "NAME",
      description = "Its branch. Default: the one that it calls its head.")
  @Nullable String branch;

  @Option(
      names = "--path",
      paramLabel = "DIR",
      defaultValue = "",
      description = "The directory in it that holds the manifests. Default: all of it.")
  String path = "";

  @Option(
      names = "--jdbc-url",
      required = true,
      paramLabel = "URL",
      description = "The database, such as jdbc:postgresql://localhost/shop.")
  String jdbcUrl = "";

  @Option(
      names = "--user",
      paramLabel = "NAME",
      description = "Who logs in. Default: $PGUSER, or what the URL says.")
  @Nullable String user;

  @Option(
      names = "--password",
      arity = "0",
      interactive = true,
      description = "Ask for the password. Default: $PGPASSWORD.")
  char @Nullable [] password;

  @Option(
      names = "--state",
      paramLabel = "DIR",
      description = "Where to remember what is owned. Needed for everything but --plan.")
  @Nullable Path state;

  @Option(
      names = "--name",
      paramLabel = "NAME",
      defaultValue = "postgresql",
      description = "This reconciler's name in the state. Default: ${DEFAULT-VALUE}.")
  String name = "postgresql";

  @Option(
      names = "--allow-deletes",
      paramLabel = "N",
      defaultValue = "0",
      description =
          "How much it may delete in an hour; when more is to go, all is held. Default: ${DEFAULT-VALUE}.")
  int allowDeletes;

  @Option(
      names = "--wait",
      paramLabel = "TIME",
      defaultValue = "2m",
      converter = Interval.class,
      description = "How long to go on until all is settled. Default: ${DEFAULT-VALUE}.")
  Duration patience = Duration.ofMinutes(2);

  @Option(names = "--json", description = "Print plans and reports as JSON, one on a line.")
  boolean json;

  @ArgGroup Mode mode = new Mode();

  /** One of them. */
  static final class Mode {
    @Option(names = "--plan", description = "Only say what would be done; write nothing.")
    boolean plan;

    @Option(names = "--once", description = "Do it and end. This is the default.")
    boolean once;

    @Option(
        names = "--loop",
        paramLabel = "INTERVAL",
        converter = Interval.class,
        description = "Do it again and again, such as every 30s, 5m or 1h, until interrupted.")
    @Nullable Duration loop;
  }

  /** Reads {@code 30s}, {@code 5m}, {@code 1h}. */
  static final class Interval implements ITypeConverter<Duration> {
    @Override
    public Duration convert(String text) {
      if (!text.matches("[1-9][0-9]{0,5}[smh]")) {
        throw new TypeConversionException("'" + text + "' is no interval: use 30s, 5m or 1h");
      }
      return Duration.parse("PT" + text);
    }
  }
}
