// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.report;

import dev.gitops.core.model.Report;

/** A report as versioned JSON, its plan included. */
public final class ReportJson {
  private static final Codec<Report> CODEC = new Codec<>("report", Report.class);

  private ReportJson() {}

  /** One line of ASCII; equal reports are written alike. */
  public static String write(Report report) {
    return CODEC.write(report);
  }

  /**
   * Reads what {@link #write} wrote, here or in another process.
   *
   * @throws IllegalArgumentException when it is no report, is damaged, or was written in a format
   *     that this version does not know
   */
  public static Report read(String json) {
    return CODEC.read(json);
  }
}
