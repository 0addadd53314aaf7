// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import java.io.IOException;
import java.io.UncheckedIOException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;

/** The same histories over HTTP, where a clone begins with one commit. */
class ShallowRewriteTest extends RewriteTest {
  private final HttpServers servers = new HttpServers();
  private @Nullable String url;

  @Override
  String url() {
    try {
      if (url == null) {
        url = servers.start(HttpServers.gitBackend(directory)) + "/remote.git";
      }
      return url;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @AfterEach
  void stop() {
    servers.close();
  }
}
