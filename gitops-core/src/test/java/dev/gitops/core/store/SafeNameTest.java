// SPDX-License-Identifier: Apache-2.0
package dev.gitops.core.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Locale;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class SafeNameTest {
  @Property(tries = 1000)
  void anyTextIsASafeName(@ForAll String text) {
    assertThat(SafeName.of(text)).matches("[a-z0-9%_~-]{0,160}");
  }

  @Property(tries = 1000)
  void textsThatDifferHaveNamesThatDifferWhereCaseIsFolded(@ForAll String one, @ForAll String two) {
    String lower = one.toLowerCase(Locale.ROOT);
    if (!one.equals(lower)) {
      assertThat(SafeName.of(one)).isNotEqualToIgnoringCase(SafeName.of(lower));
    }
    if (!one.equals(two) && wellFormed(one) && wellFormed(two)) {
      assertThat(SafeName.of(one)).isNotEqualToIgnoringCase(SafeName.of(two));
    }
  }

  private static boolean wellFormed(String text) {
    return text.codePoints().noneMatch(c -> c >= 0xd800 && c <= 0xdfff);
  }

  @Test
  void namesAreReadableWhereTheyCanBe() {
    assertThat(SafeName.of("shop-topics_2")).isEqualTo("shop-topics_2");
    assertThat(SafeName.of("..")).isEqualTo("%2e%2e");
    assertThat(SafeName.of("Shop")).isEqualTo("%53hop");
    assertThat(SafeName.of("con")).isEqualTo("%63on");
    assertThat(SafeName.of("com1")).isEqualTo("%63om1");
    assertThat(SafeName.of("x".repeat(161))).hasSize(121).startsWith("xxx").contains("~");
  }
}
