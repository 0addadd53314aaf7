// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.store;

import dev.gitops.core.contract.StateStoreContract;
import dev.gitops.core.spi.StateStore;

class MemoryStateStoreTest extends StateStoreContract {
  private MemoryStateStore store;

  @Override
  protected StateStore open() {
    store = new MemoryStateStore();
    return store;
  }

  @Override
  protected StateStore reopen() {
    return store;
  }
}
