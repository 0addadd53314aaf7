// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gitops.core.ModulePath;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** There Jackson reaches only what the library's module exports and makes public. */
class CodecOnTheModulePathTest {
  private static final String LIBRARY = "dev.gitops.core";

  @TempDir private Path directory;

  @Test
  void aPlanWithAProblemIsReadAndWritten() throws Exception {
    assertReadAndWritten("PlanJson", PlanJson.write(PlanTextTest.small()));
  }

  @Test
  void aReportWithAProblemIsReadAndWritten() throws Exception {
    assertReadAndWritten("ReportJson", ReportJson.write(PlanJsonTest.report()));
  }

  private void assertReadAndWritten(String codec, String json) throws Exception {
    assertThat(json).contains("\"problems\":[{");
    ModulePath modules = new ModulePath(directory).library();
    Object value = modules.call(LIBRARY, "dev.gitops.core.report." + codec, "read", json);
    assertThat(modules.call(LIBRARY, "dev.gitops.core.report." + codec, "write", value))
        .isEqualTo(json);
  }
}
