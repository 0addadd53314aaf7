// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Chars;
import net.jqwik.api.constraints.StringLength;
import org.eclipse.jgit.errors.TransportException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class KnownHostsTest {
  private static final byte[] KEY = "key".getBytes(StandardCharsets.US_ASCII);
  private static final String ENCODED = " ssh-ed25519 " + Base64.getEncoder().encodeToString(KEY);

  private static String objection(String hosts, String host, int port) throws Exception {
    return KnownHosts.parse(hosts + ENCODED + " comment\n").objection(host, port, KEY, "SHA256:x");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "git.example.com; git.example.com; 22; true",
        "GIT.example.com; git.EXAMPLE.com; 22; true",
        "other,git.example.com; git.example.com; 22; true",
        "*.example.com; git.example.com; 22; true",
        "g?t.*.com; git.example.com; 22; true",
        "*; git.example.com; 22; true",
        "[git.example.com]:2222; git.example.com; 2222; true",
        "git.example.com; git.example.com; 2222; false",
        "[git.example.com]:2222; git.example.com; 22; false",
        "example.com; git.example.com; 22; false",
        "git.example; git.example.com; 22; false",
        "*.example.com,!git.example.com; git.example.com; 22; false",
        "!git.example.com,*; git.example.com; 22; false",
        "*.example.com; example.com; 22; false",
        "|1|broken|hash; git.example.com; 22; false",
        "|2|c2FsdA==|c2FsdA==; git.example.com; 22; false",
        "|1|; git.example.com; 22; false",
      })
  void namesArePatterns(String hosts, String host, int port, boolean known) throws Exception {
    String objection = objection(hosts, host, port);
    assertThat(objection == null).as(objection).isEqualTo(known);
  }

  @Test
  void anotherKeyAndARevokedOneAreObjectedTo() throws Exception {
    byte[] other = "other".getBytes(StandardCharsets.US_ASCII);
    KnownHosts one = KnownHosts.parse("# comment\n\nh" + ENCODED);
    assertThat(one.objection("h", 22, other, "SHA256:x")).contains("not the one in line 3");
    KnownHosts revoked = KnownHosts.parse("h" + ENCODED + "\n@revoked h" + ENCODED);
    assertThat(revoked.objection("h", 22, KEY, "SHA256:x")).contains("revoked by line 2");
    KnownHosts authority = KnownHosts.parse("@cert-authority h" + ENCODED);
    assertThat(authority.objection("h", 22, KEY, "SHA256:x")).contains("not among the known");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"h", "h ssh-rsa", "h ssh-rsa !!", "@revoked h ssh-rsa", "@new h ssh-rsa a2V5"})
  void aLineThatCantBeUnderstoodIsAnError(String line) {
    assertThatThrownBy(() -> KnownHosts.parse("h" + ENCODED + "\n" + line))
        .hasMessageContaining("Line 2 of the known hosts");
  }

  @Property(tries = 1_000, seed = "42")
  void anyTextIsReadOrRefused(
      @ForAll
          @Chars({
            '@', '|', '1', ' ', '\t', '\n', '\r', '*', '?', '!', ',', '[', ']', ':', '#', 'h', '=',
            '\0'
          })
          @StringLength(max = 60)
          String text) {
    assertThatCode(
            () -> {
              try {
                KnownHosts.parse(text + "\nother" + ENCODED).objection("h", 22, KEY, "SHA256:x");
              } catch (TransportException refused) {
                assertThat(refused).hasMessageContaining("of the known hosts");
              }
            })
        .doesNotThrowAnyException();
  }

  @Property(tries = 500, seed = "43")
  void anyTextIsAPemOrRefusedWithoutQuotingIt(@ForAll @StringLength(max = 80) String text) {
    for (String pem :
        new String[] {
          text,
          "-----BEGIN PRIVATE KEY-----" + text + "-----END PRIVATE KEY-----",
          "-----BEGIN RSA PRIVATE KEY-----QUJD" + text + "-----END RSA PRIVATE KEY-----"
        }) {
      assertThatThrownBy(() -> Pem.privateKey(pem, "here"))
          .isInstanceOf(AccessException.class)
          .hasMessageContaining("here")
          .hasNoCause();
      assertThatThrownBy(() -> Pem.certificates(pem, "here"))
          .isInstanceOf(AccessException.class)
          .hasMessageContaining("here")
          .hasNoCause();
    }
  }
}
