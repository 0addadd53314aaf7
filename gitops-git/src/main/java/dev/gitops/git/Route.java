// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import dev.gitops.core.spi.Timing;
import java.time.Duration;

/**
 * Which remote, as whom, and how.
 *
 * @param access bound to what it is for, which need not be this URL: then it does not count
 * @param timeout for one conversation, attempts and pauses included
 */
record Route(
    GitUrl url, GitAccess access, GitTransport transport, Duration timeout, Timing timing) {
  /** Its credentials are for this URL, if they say nothing else; they must go with it. */
  static Route to(
      GitUrl url, GitAccess access, GitTransport transport, Duration timeout, Timing timing) {
    return new Route(url, GitAccess.of(url, access), transport, timeout, timing);
  }
}
