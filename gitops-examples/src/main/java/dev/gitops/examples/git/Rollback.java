// SPDX-License-Identifier: Apache-2.0
package dev.gitops.examples.git;

import dev.gitops.core.model.ResourceId;
import dev.gitops.git.GitWriter;
import dev.gitops.git.Pushed;
import java.io.IOException;

/** Undoes commits by commits. */
final class Rollback {
  private Rollback() {}

  static Pushed oneCommit(String url, String bad) throws IOException {
    try (var repo =
        GitWriter.of(url).branch("main").author("Ann Example <ann@example.com>").build()) {
      return repo.revert(bad); // made without a work tree, pushed unless the branch is protected
    }
  }

  static Pushed aRangeForAPullRequest(GitWriter repo, String good) throws IOException {
    return repo.on("rollback/orders") // a new branch, which starts at main
        .trailer("Incident", "INC-42")
        .revert(good + "..main"); // one commit each, newest first; revertSquashed makes one of all
  }

  static void theRestStays(GitWriter repo, String good) throws IOException {
    repo.backTo(good, "topics/shop"); // all files below, or one file
    repo.backTo(good, ResourceId.of("Topic", "orders")); // its document, not its neighbours
  }
}
