// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.simulation;

/**
 * What is taken out of the real engine, or of what it relies on, to see that the oracle notices.
 */
enum Flaw {
  /** Nothing: the engine that people get. */
  NONE,
  /** A successor looks like its predecessor. */
  NO_HANDLES,
  /** The store confirms what it has not written of what is about to be created. */
  FORGETFUL_STORE,
  /** What can't be read looks empty. */
  UNREADABLE_IS_EMPTY,
  /** Deletions have no limit. */
  NO_LIMIT,
  /** Whatever exists counts as healthy. */
  ALWAYS_HEALTHY,
  /** All kinds are read over one connection. */
  ONE_CONNECTION,
  /** Every comparison finds a difference. */
  NEVER_EQUAL,
  /** Nobody has to approve anything. */
  NO_APPROVAL,
  /** The kinds do not say what is secret. */
  NO_SECRETS,
  /** The store keeps no trail of what is about to be written. */
  NO_TRAIL,
  /** Every process has a lease of its own, and so finds itself to be the one that writes. */
  OWN_LEASE
}
