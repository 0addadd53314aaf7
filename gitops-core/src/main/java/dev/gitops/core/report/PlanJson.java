// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.report;

import dev.gitops.core.model.Plan;

/**
 * A plan as versioned JSON, for another process to show and to approve the digests of. A plan that
 * was read is never executed: whoever applies plans again.
 */
public final class PlanJson {
  private static final Codec<Plan> CODEC = new Codec<>("plan", Plan.class);

  private PlanJson() {}

  /**
   * One line of ASCII; equal plans are written alike. Half of a surrogate pair is written as a
   * question mark.
   */
  public static String write(Plan plan) {
    return CODEC.write(plan);
  }

  /**
   * Reads what {@link #write} wrote, here or in another process. What a problem may hide is not
   * written, so every problem that was read says that it may hide anything.
   *
   * @throws IllegalArgumentException when it is no plan, is damaged, or was written in a format
   *     that this version does not know
   */
  public static Plan read(String json) {
    return CODEC.read(json);
  }
}
