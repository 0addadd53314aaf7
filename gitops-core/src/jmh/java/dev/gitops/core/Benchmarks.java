// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core;

import java.util.Collection;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.BenchmarkResult;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.options.CommandLineOptions;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.util.ListStatistics;

/**
 * Runs benchmarks by JMH's own command line and prints a Markdown table: medians over the
 * iterations, since machines are shared; beside the time that passed, the time that processors
 * spent on it, which does not depend on who else uses them.
 */
public final class Benchmarks {
  private static final String ALLOCATED = "gc.alloc.rate.norm";

  private Benchmarks() {}

  /** Takes what JMH takes. */
  public static void main(String... args) throws Exception {
    Collection<RunResult> results =
        new Runner(
                new OptionsBuilder()
                    .parent(new CommandLineOptions(args))
                    .addProfiler(GCProfiler.class)
                    .addProfiler(ProcessorTime.class)
                    .build())
            .run();
    StringBuilder table =
        new StringBuilder(
            """

            | benchmark | parameters | µs, median | µs, best | µs per resource | CPU µs per resource | bytes per resource |
            |---|---|---:|---:|---:|---:|---:|
            """);
    results.forEach(result -> table.append(row(result)));
    System.out.print(table);
  }

  private static String row(RunResult result) {
    BenchmarkParams params = result.getParams();
    Map<String, String> shown = new TreeMap<>();
    params.getParamsKeys().forEach(key -> shown.put(key, params.getParam(key)));
    int resources = Integer.parseInt(shown.getOrDefault("resources", "1"));
    ListStatistics times = new ListStatistics();
    ListStatistics cpu = new ListStatistics();
    ListStatistics bytes = new ListStatistics();
    for (BenchmarkResult fork : result.getBenchmarkResults()) {
      for (IterationResult iteration : fork.getIterationResults()) {
        times.addValue(iteration.getPrimaryResult().getScore());
        add(iteration, ALLOCATED, bytes);
        add(iteration, ProcessorTime.NAME, cpu);
      }
    }
    String name = params.getBenchmark();
    int method = name.lastIndexOf('.');
    return String.format(
        Locale.ROOT,
        "| %s | %s | %,.2f | %,.2f | %.3f | %.3f | %,.0f |%n",
        name.substring(name.lastIndexOf('.', method - 1) + 1),
        shown.entrySet().stream()
            .map(param -> param.getKey() + " " + param.getValue())
            .collect(Collectors.joining(", ")),
        times.getPercentile(50),
        times.getMin(),
        times.getPercentile(50) / resources,
        cpu.getPercentile(50) / resources,
        bytes.getPercentile(50) / resources);
  }

  private static void add(IterationResult iteration, String name, ListStatistics to) {
    Result<?> result = iteration.getSecondaryResults().get(name);
    if (result != null) {
      to.addValue(result.getScore());
    }
  }
}
