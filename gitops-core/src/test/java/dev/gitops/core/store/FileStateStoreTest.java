// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.store;

import dev.gitops.core.contract.StateStoreContract;
import dev.gitops.core.spi.StateStore;
import java.nio.file.Path;
import java.time.InstantSource;
import org.junit.jupiter.api.io.TempDir;

class FileStateStoreTest extends StateStoreContract {
  @TempDir Path root;
  private int stores;

  @Override
  protected StateStore open() {
    stores++;
    return reopen();
  }

  @Override
  protected StateStore reopen() {
    // Compacts so often that every test meets it.
    return new FileStateStore(
        new Disk(), root.resolve("store-" + stores), InstantSource.system(), 2_000);
  }
}
