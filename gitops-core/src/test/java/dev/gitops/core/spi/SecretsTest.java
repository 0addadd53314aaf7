// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.spi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gitops.core.model.SecretRef;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SecretsTest {
  @Test
  void aReferenceWithoutAValueIsNamed() throws Exception {
    Map<String, String> values = Map.of("env:TOKEN", "hunter2");
    Secrets secrets = Secrets.of(reference -> values.get(reference.secretRef()));
    assertThat(secrets.reveal(new SecretRef("env:TOKEN"))).isEqualTo("hunter2");
    assertThatThrownBy(() -> secrets.reveal(new SecretRef("env:SHOP_TOKEN")))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("There is no value for env:SHOP_TOKEN");
  }

  @Test
  void whatWasRevealedIsScrubbed() throws Exception {
    Secrets secrets = Secrets.of(reference -> "hunter2");
    assertThat(secrets.scrub("login with hunter2 failed")).contains("hunter2");
    secrets.reveal(new SecretRef("env:TOKEN"));
    assertThat(secrets.scrub("login with hunter2 failed")).isEqualTo("login with (secret) failed");
  }
}
