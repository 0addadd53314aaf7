// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import dev.gitops.core.contract.StateSourceContract;
import dev.gitops.core.spi.StateSource;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;

/** The contract, over SSH. */
class SshGitStateSourceTest extends StateSourceContract {
  @TempDir Path directory;
  private RealGit git;
  private SshServers server;
  private GitAccess access;

  @Override
  protected StateSource open() {
    return GitStateSource.of(server.url())
        .branch("main")
        .access(access)
        .cache(directory.resolve("cache"))
        .build();
  }

  @Override
  protected void publish(Map<String, String> files) throws Exception {
    if (git == null) {
      git = new RealGit(directory);
      server = new SshServers(directory);
      access = GitAccess.ssh(server.key("ed25519", ""), server.knownHosts());
    }
    git.commit("main", files);
  }

  @Override
  protected void breakDown() throws Exception {
    CloneDirectory.delete(git.remote);
  }

  @AfterEach
  void stop() throws IOException {
    server.close();
  }
}
