// SPDX-License-Identifier: Apache-2.0
package dev.gitops.examples.git;

import dev.gitops.core.model.ResourceId;
import dev.gitops.git.GitWriter;
import dev.gitops.git.Pushed;
import java.io.IOException;

/** Changes what is declared, by commits. */
final class WritingBack {
  private WritingBack() {}

  static Pushed oneField(GitWriter repo) throws IOException {
    return repo.on("scale/orders") // for a pull request; without it, on the branch itself
        .message(standard -> standard + "\n\nThe load test wants more.")
        .edit(ResourceId.of("Topic", "orders"), "/spec/partitions", 24);
  }
}
