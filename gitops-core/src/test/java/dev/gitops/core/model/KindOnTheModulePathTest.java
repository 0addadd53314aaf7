// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gitops.core.ModulePath;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** There Jackson reaches only what the embedder's module opens, or exports and makes public. */
class KindOnTheModulePathTest {
  private static final String HIDDEN = "";
  private static final String EXPORTED = "exports com.acme.flags;";
  private static final String OPENED = "opens com.acme.flags to tools.jackson.databind;";

  @TempDir private Path directory;

  @Test
  void aTypeThatJacksonCanNotReachIsRefusedWithTheLineThatIsMissing() {
    assertThatThrownBy(() -> bind(HIDDEN, "public record Flag(int a) {}"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "com.acme.flags.Flag is not accessible to Jackson: add \"opens com.acme.flags to"
                + " tools.jackson.databind;\" to the module-info.java of com.acme.flags");
  }

  @Test
  void soIsATypeDeepInsideIt() {
    String nested =
        "public record Flag(int a, java.util.Map<String, java.util.List<Rule>> rules) {"
            + " record Rule(int x) {} }";
    assertThatThrownBy(() -> bind(EXPORTED, nested.replace(" record Rule", " private record Rule")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("com.acme.flags.Flag$Rule is not accessible to Jackson");
  }

  @Test
  void whatIsOpenedMayBeAsPrivateAsItLikes() throws Exception {
    String hidden = "record Flag(int a, Rule rule) { private record Rule(int x) {} }";
    assertThat(bind(OPENED, hidden)).isEqualTo("{\"a\":1}");
  }

  @Test
  void whatIsExportedNeedsNotBeOpened() throws Exception {
    String shown =
        "public record Flag(int a, Flag other, java.time.Duration time) { enum Rule { A } }";
    assertThat(bind(EXPORTED, shown)).isEqualTo("{\"a\":1}");
  }

  private Object bind(String clause, String type) throws Exception {
    return new ModulePath(directory)
        .with(
            "com.acme.flags",
            Map.of(
                "module-info.java",
                "module com.acme.flags { requires dev.gitops.core; " + clause + " }",
                "com/acme/flags/Flag.java",
                "package com.acme.flags;\n" + type,
                "com/acme/flags/Main.java",
                """
                package com.acme.flags;
                import dev.gitops.core.model.*;
                import java.util.Map;
                class Main {
                  static String bind() throws Exception {
                    Kind<Flag> kind = Kind.of("Flag", Flag.class);
                    return kind.tree(kind.bind(Tree.of(Map.of("a", 1)))).toString();
                  }
                }
                """))
        .call("com.acme.flags", "com.acme.flags.Main", "bind");
  }
}
