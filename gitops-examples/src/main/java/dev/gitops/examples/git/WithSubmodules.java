// SPDX-License-Identifier: Apache-2.0
package dev.gitops.examples.git;

import dev.gitops.git.GitAccess;
import dev.gitops.git.GitStateSource;
import dev.gitops.git.Submodules;
import java.util.function.Supplier;

/** Reads what other repositories declare, at the commits that this one pins. */
final class WithSubmodules {
  private WithSubmodules() {}

  static GitStateSource open(Supplier<String> token) {
    return GitStateSource.of("https://git.example.com/team/kafka.git")
        .access(GitAccess.bearer(token).below("https://git.example.com/team"))
        .submodules(Submodules.atMost(5).from("https://github.com/acme"))
        .build();
  }
}
