// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import dev.gitops.core.contract.StateSourceContract;
import dev.gitops.core.spi.StateSource;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;

/** The contract, over HTTPS with a private authority and a token. */
class HttpsGitStateSourceTest extends StateSourceContract {
  @TempDir Path directory;
  private final HttpServers servers = new HttpServers();
  private RealGit git;
  private String url;

  @Override
  protected StateSource open() throws Exception {
    return GitStateSource.of(url)
        .branch("main")
        .access(GitAccess.bearer(() -> "t0ken"))
        .transport(GitTransport.defaults().authorities(Certificates.get().authority).attempts(1))
        .cache(directory.resolve("cache"))
        .build();
  }

  @Override
  protected void publish(Map<String, String> files) throws Exception {
    if (git == null) {
      git = new RealGit(directory);
      url =
          servers.startTls(
                  Certificates.get().server("server"),
                  false,
                  HttpServers.only(() -> "Bearer t0ken", HttpServers.gitBackend(directory)))
              + "/remote.git";
    }
    git.commit("main", files);
  }

  @Override
  protected void breakDown() throws Exception {
    CloneDirectory.delete(git.remote);
  }

  @AfterEach
  void stop() {
    servers.close();
  }
}
