// SPDX-License-Identifier: Apache-2.0
package dev.gitops.examples.git;

import dev.gitops.core.MergedStateSource;
import dev.gitops.git.GitStateSource;

/** Several repositories, or several places of one, as one desired state. */
final class SeveralSources {
  private SeveralSources() {}

  static MergedStateSource sideBySide(GitStateSource platform, GitStateSource team) {
    return MergedStateSource.of("platform", platform)
        .and("team", team); // what both declare is an error that names both places
  }

  static MergedStateSource overlay(String url) {
    return MergedStateSource.of("base", GitStateSource.of(url).path("base/").build())
        .overlay("prod", GitStateSource.of(url).path("prod/").build()); // replaces what base has
  }
}
