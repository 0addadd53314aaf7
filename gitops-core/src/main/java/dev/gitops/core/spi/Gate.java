// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.spi;

/**
 * Lets or holds changes, after planning and before anything is written. All gates see every plan; a
 * change is applied only if none holds or refuses it. Called by the thread of the cycle; must not
 * write to targets.
 */
@FunctionalInterface
public interface Gate {
  /**
   * Says what it has to say about a plan's changes; what it does not mention it allows.
   *
   * @throws Exception when it could not decide; every change is then held, with this reason
   */
  void review(Review review) throws Exception;
}
