// SPDX-License-Identifier: Apache-2.0
package dev.gitops.examples.git;

import dev.gitops.core.model.Kind;
import dev.gitops.core.model.ResourceId;
import dev.gitops.git.GitHistory;
import dev.gitops.git.GitStateSource;
import dev.gitops.git.HistoryEntry;
import dev.gitops.git.ResourceDiff;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Who declared what, when and why. */
public final class WhoChangedWhat {
  private WhoChangedWhat() {}

  /** One line for each commit that changed a resource, newest first. */
  public static List<String> history(GitStateSource git, Kind<?> topics, ResourceId orders)
      throws IOException {
    List<String> lines = new ArrayList<>();
    GitHistory history = git.history().kinds(topics); // which fields are secret
    for (HistoryEntry entry : history.of(orders, 10)) {
      lines.add(
          entry.by().revision().author()
              + " "
              + entry.by().pullRequest()
              + " "
              + entry.change().action()
              + " "
              + entry.change().fields());
    }
    return lines;
  }

  /** What differs between two releases below a directory. */
  public static List<ResourceDiff> between(GitStateSource git, Kind<?> topics) throws IOException {
    return git.history().kinds(topics).between("v1.0", "v1.1").below("topics/shop").resources();
  }
}
