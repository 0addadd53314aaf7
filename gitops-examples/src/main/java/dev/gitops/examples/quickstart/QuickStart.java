// SPDX-License-Identifier: Apache-2.0
package dev.gitops.examples.quickstart;

import dev.gitops.core.Reconciler;
import dev.gitops.core.model.Kind;
import dev.gitops.core.report.PlanText;
import dev.gitops.core.store.FileStateStore;
import dev.gitops.git.GitStateSource;
import java.nio.file.Path;

/** Makes a directory's files what a Git repository says that they are, once. */
public final class QuickStart {
  private QuickStart() {}

  /** Takes the repository's URL or path, the directory, and a directory for the state. */
  public static void main(String... args) throws Exception {
    try (var git = GitStateSource.of(args[0]).branch("main").path("config/").build();
        var files =
            Reconciler.builder("files", git)
                .route(
                    Kind.of("ConfigFile", ConfigFile.class), new ConfigFileTarget(Path.of(args[1])))
                .store(FileStateStore.at(Path.of(args[2])))
                .allowDeletes(3)
                .build()) {
      System.out.println(PlanText.of(files.plan())); // reads both sides, writes nothing
      System.out.println(files.reconcile().status());
    }
  }
}
