// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.spi;

import java.time.Duration;
import java.util.OptionalLong;

/**
 * The right to write, held by one process at a time. The engine acquires it for each writing cycle,
 * renews it while the cycle lasts, and asks again before it goes on writing.
 */
public interface Lease extends AutoCloseable {
  /**
   * Takes the right to write, or takes it again.
   *
   * @return the writer epoch, which grows with every change of hands; empty while another process
   *     holds it
   * @throws Exception when it can't be told who holds it; nothing is written then
   */
  OptionalLong acquire() throws Exception;

  /** Whether this epoch is still the current one; extends it if so. */
  boolean renew(long epoch) throws Exception;

  /** How long it lasts without being renewed. */
  Duration duration();

  /** Gives the right back, if held, so that another process need not wait for it to run out. */
  @Override
  default void close() {}
}
