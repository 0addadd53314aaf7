// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.manifest;

import dev.gitops.core.contract.StateSourceContract;
import dev.gitops.core.spi.StateSource;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;

class DirectoryStateSourceTest extends StateSourceContract {
  @TempDir Path root;

  @Override
  protected StateSource open() {
    return DirectoryStateSource.of(root).path("topics/").build();
  }

  @Override
  protected void publish(Map<String, String> files) throws Exception {
    Path topics = root.resolve("topics");
    TreeFiles.delete(topics);
    TreeFiles.write(topics, files);
  }

  @Override
  protected void breakDown() throws Exception {
    Files.move(root.resolve("topics"), root.resolve("away"));
  }

  @Override
  protected String prefix() {
    return "topics/";
  }
}
