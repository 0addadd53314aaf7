// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.AlphaChars;
import net.jqwik.api.constraints.Chars;
import net.jqwik.api.constraints.NumericChars;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GitUrlTest {
  @ParameterizedTest
  @CsvSource({
    "https://git.example.com/kafka.git, https://git.example.com/kafka.git",
    "HTTPS://git.example.com:8443/a/b, https://git.example.com:8443/a/b",
    "http://bob:s3cret@git.example.com/x.git, http://git.example.com/x.git",
    "https://s3cret@git.example.com/x.git, https://git.example.com/x.git",
    "ssh://git@git.example.com:2222/x.git, ssh://git@git.example.com:2222/x.git",
    "ssh://git:s3cret@git.example.com/x.git, ssh://git@git.example.com/x.git",
    "git@git.example.com:team/x.git, git@git.example.com:team/x.git",
    "file:///srv/git/x.git, file:///srv/git/x.git",
    "/srv/git/../git/x.git, file:///srv/git/x.git",
  })
  void aUrlIsShownWithoutItsCredentials(String text, String shown) {
    assertThat(GitUrl.parse(text)).hasToString(shown);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "-uorigin",
        "--upload-pack=touch /tmp/x",
        "ext::sh -c touch% /tmp/x",
        "fd::17",
        "https::https://git.example.com/x.git",
        "git://git.example.com/x.git",
        "ftp://git.example.com/x.git",
        "amazon-s3://.git@bucket/x.git",
        "bundle:///srv/x",
        "relative/path.git",
        "../x.git",
        "x.git",
        "https:///x.git",
        "https://git.example.com/x.git?token=s3cret",
        "https://git.example.com/x.git#s3cret",
        "https://git.example.com/x\n.git",
        "ssh://-oProxyCommand=touch/x.git",
        "ssh://-oProxyCommand@git.example.com/x.git",
        "-oProxyCommand=x@git.example.com:x.git",
        "git@-oProxyCommand=touch:x.git",
        "git@git.example.com:-x.git",
        "ssh://git.example.com/-x.git",
        "file://relative",
      })
  void whatIsNoUrlOfAnAllowedSchemeIsRefused(String text) {
    assertThatThrownBy(() -> GitUrl.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("is refused as the URL of a repository")
        .hasMessageContaining("https://host/path.git")
        .message()
        .doesNotContain("s3cret");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ftp://bob:s3cret@git.example.com/x.git",
        "https://bob:s3cret@git.example.com/x.git?a=b",
        "https://bob:s3/cret@/x.git",
        "https://bob:s3cret@git.example.com:port/x.git",
      })
  void aRefusalDoesNotShowCredentials(String text) {
    assertThatThrownBy(() -> GitUrl.parse(text)).message().doesNotContain("s3");
  }

  @Test
  void credentialsAreDecodedAndBelongToTheirOriginOnly() throws Exception {
    GitUrl url = GitUrl.parse("https://bob%40x:p%2Fw@git.example.com/x.git");

    assertThat(url.user()).isEqualTo("bob@x");
    assertThat(url.password()).isEqualTo("p/w");
    assertThat(url.isOrigin("https", "GIT.example.com", 443)).isTrue();
    assertThat(url.isOrigin("https", "git.example.com", -1)).isTrue();
    assertThat(url.isOrigin("http", "git.example.com", 443)).isFalse();
    assertThat(url.isOrigin("https", "git.example.com", 8443)).isFalse();
    assertThat(url.isOrigin("https", "evil.example.com", -1)).isFalse();
  }

  @Property(tries = 500)
  void noPasswordIsEverShown(
      @ForAll
          @AlphaChars
          @NumericChars
          @Chars({'@', ':', '#', '?', '%', '&', ' ', '+', '[', '\\', '/'})
          @StringLength(min = 6, max = 20)
          String password) {
    String text = "https://u:" + password + "@h.example/x.git";
    try {
      assertThat(GitUrl.parse(text)).hasToString("https://h.example/x.git");
    } catch (IllegalArgumentException e) {
      assertThat(e).hasMessageContaining("is refused").message().doesNotContain(password);
      assertThat(e).hasNoCause();
    }
  }
}
