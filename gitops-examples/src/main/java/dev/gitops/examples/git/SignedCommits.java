// SPDX-License-Identifier: Apache-2.0
package dev.gitops.examples.git;

import dev.gitops.git.GitStateSource;
import dev.gitops.git.Trust;
import java.nio.file.Path;

/** Whose commits count. */
public final class SignedCommits {
  private SignedCommits() {}

  /** Every commit since the root must be signed by the team, with an SSH or an OpenPGP key. */
  public static GitStateSource everyCommit(String url, String trustRoot, String adasFingerprint) {
    Trust team =
        Trust.ssh(Path.of("allowed_signers"))
            .or(Trust.openPgp(Path.of("keys.asc"), adasFingerprint));
    return GitStateSource.of(url).branch("main").require(team.everyCommitSince(trustRoot)).build();
  }

  /** The tag must be signed by a release manager, and its commit by somebody of the team. */
  public static GitStateSource release(String url, Trust managers, Trust team) {
    return GitStateSource.of(url)
        .tag("stable")
        .require(managers.tag())
        .require(team.head())
        .build();
  }
}
