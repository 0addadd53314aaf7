// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import dev.gitops.core.contract.StateSourceContract;
import dev.gitops.core.spi.StateSource;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.io.TempDir;

/** The contract, over a file URL, below a path, with a cache that survives a restart. */
class RemoteGitStateSourceTest extends StateSourceContract {
  @TempDir Path directory;
  private RealGit git;

  @Override
  protected StateSource open() {
    return GitStateSource.of(git.remote.toUri().toString())
        .branch("main")
        .path("topics/")
        .cache(directory.resolve("cache"))
        .build();
  }

  @Override
  protected void publish(Map<String, String> files) {
    if (git == null) {
      git = new RealGit(directory);
    }
    Map<String, String> below = new TreeMap<>();
    files.forEach((path, text) -> below.put("topics/" + path, text));
    below.put("elsewhere.yaml", RealGit.topic("elsewhere", 1));
    git.commit("main", below);
  }

  @Override
  protected void breakDown() throws Exception {
    CloneDirectory.delete(git.remote);
  }

  @Override
  protected String prefix() {
    return "topics/";
  }
}
