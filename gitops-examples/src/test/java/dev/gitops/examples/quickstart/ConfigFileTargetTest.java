// SPDX-License-Identifier: Apache-2.0
package dev.gitops.examples.quickstart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gitops.core.contract.TargetContract;
import dev.gitops.core.model.Kind;
import dev.gitops.core.model.Live;
import dev.gitops.core.model.Resource;
import dev.gitops.core.model.ResourceId;
import dev.gitops.core.spi.ReadScope;
import dev.gitops.core.spi.Target;
import dev.gitops.core.spi.TerminalException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ConfigFileTargetTest extends TargetContract<ConfigFile> {
  @TempDir private Path directory;

  @Override
  protected Target<ConfigFile> freshTarget() {
    return new ConfigFileTarget(directory);
  }

  @Override
  protected Kind<ConfigFile> kind() {
    return Kind.of("ConfigFile", ConfigFile.class);
  }

  @Override
  protected Resource<ConfigFile> sample(int i) {
    return Resource.of(file("app-" + i + ".conf"), new ConfigFile("port=" + i + "\n"));
  }

  @Override
  protected Resource<ConfigFile> changed(Resource<ConfigFile> sample) {
    return sample.withSpec(new ConfigFile("port=8080\n"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"../outside", "/etc/passwd", "a/b", ".hidden", "a\\b", "a\0b"})
  void noNameLeadsOutOfTheDirectory(String name) throws Exception {
    Target<ConfigFile> target = freshTarget();
    Resource<ConfigFile> evil = Resource.of(file(name), new ConfigFile("owned"));

    assertThatThrownBy(() -> target.create(evil))
        .isInstanceOf(TerminalException.class)
        .hasMessageContaining("is no file name");

    assertThat(target.read(ReadScope.of(Set.of("ConfigFile"), Set.of(evil.id()))).found())
        .isEmpty();
    try (var left = Files.list(directory)) {
      assertThat(left).isEmpty();
    }
  }

  @Test
  void whatCanNotBeReadIsUnknownAndHidesNothingElse() throws Exception {
    Files.createDirectory(directory.resolve("locked.conf"));
    Files.writeString(directory.resolve("app.conf"), "port=1\n");

    Live<ConfigFile> live = freshTarget().read(ReadScope.everything(Set.of("ConfigFile")));

    assertThat(live.found()).containsOnlyKeys(file("app.conf"));
    assertThat(live.unknown(file("locked.conf"))).isPresent();
  }

  private static ResourceId file(String name) {
    return ResourceId.of("ConfigFile", name);
  }
}
