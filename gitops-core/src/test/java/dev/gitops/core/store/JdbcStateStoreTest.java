// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.store;

import dev.gitops.core.contract.StateStoreContract;
import dev.gitops.core.spi.StateStore;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.postgresql.ds.PGPoolingDataSource;

@SuppressWarnings("deprecation") // The only pool at hand, and good enough for a test.
class JdbcStateStoreTest extends StateStoreContract {
  private static EmbeddedPostgres postgres;
  private static PGPoolingDataSource pool;
  private static int stores;

  @BeforeAll
  static void startPostgres() throws IOException {
    postgres = EmbeddedPostgres.start();
    pool = new PGPoolingDataSource();
    pool.setUrl(postgres.getJdbcUrl("postgres", "postgres"));
    pool.setDataSourceName("state-store-test");
    pool.setMaxConnections(12);
  }

  @AfterAll
  static void stopPostgres() throws IOException {
    pool.close();
    postgres.close();
  }

  @Override
  protected StateStore open() {
    stores++;
    return reopen();
  }

  @Override
  protected StateStore reopen() {
    return JdbcStateStore.of(pool, "test" + stores + "_");
  }
}
