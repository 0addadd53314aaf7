// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.AlphaChars;
import net.jqwik.api.constraints.Chars;
import net.jqwik.api.constraints.NumericChars;
import net.jqwik.api.constraints.StringLength;
import org.eclipse.jgit.transport.URIish;
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
    "bob:s3cret@git.example.com:x.git, bob@git.example.com:x.git",
    "git.example.com:team/x.git, git@git.example.com:team/x.git",
    "ssh://git.example.com/x.git, ssh://git@git.example.com/x.git",
    "ssh://git@[::1]:2222/x.git, ssh://git@[::1]:2222/x.git",
    "https://[::1]:8443/x.git, https://[::1]:8443/x.git",
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
        "https://git.example.com/x\r\nHost: evil.git",
        "https://git.example.com\0.evil/x.git",
        "https://bob\r\n:s3cret@git.example.com/x.git",
        "ssh://git\n@git.example.com/x.git",
        "git\0@git.example.com:x.git",
        "EXT::sh -c touch% /tmp/x",
        "transport-helper::address",
        "ssh+git::x",
        "-ssh://git.example.com/x.git",
        "ssh://git@-oProxyCommand=x/y.git",
        "ssh://-l@git.example.com/x.git",
        "ssh://git@git.example.com:99999/x.git",
        "bob:s3cret@-git.example.com:x.git",
        "a:bob:s3cret@x",
        "https://git.example.com%0d%0a/x.git",
        "https://git.example.com/%00x.git",
        "https://bob%0a:s3cret@git.example.com/x.git",
        "file:///srv/%00/x.git",
        "https://git.example.com/\u202etig.x",
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

  @Property(tries = 3_000, seed = "44")
  void anyTextIsAUrlThatIsSafeToHandOnOrRefused(@ForAll("urls") String text) {
    GitUrl url;
    try {
      url = GitUrl.parse(text);
    } catch (IllegalArgumentException e) {
      assertThat(e).hasMessageContaining("is refused").hasNoCause();
      assertThat(e.getMessage().chars()).noneMatch(Character::isISOControl);
      assertThat(e).message().doesNotContain("pass@");
      return;
    }
    String shown = url.toString();
    assertThat(shown.chars()).noneMatch(Character::isISOControl);
    assertThat(shown).doesNotStartWith("-").doesNotMatch("[A-Za-z0-9+.-]+::.*");
    URIish uri = url.uri();
    assertThat(uri.getPass()).isNull();
    if (url.isHttp() || url.isSsh()) {
      assertThat(shown).doesNotContain("pass");
    }
    assertThat(url.isHttp() || url.isSsh() || "file".equals(uri.getScheme())).isTrue();
    for (String part : new String[] {uri.getUser(), uri.getHost()}) {
      if (part != null) {
        assertThat(part).doesNotStartWith("-");
        assertThat(part.chars()).noneMatch(c -> Character.isISOControl(c));
      }
    }
    if (url.isHttp()) {
      assertThat(uri.getUser()).isNull();
      assertThat(uri.getHost()).isNotEmpty();
    }
  }

  @Provide
  Arbitrary<String> urls() {
    Arbitrary<String> pieces =
        Arbitraries.of(
            "http", "https", "ssh", "file", "ext", "git", "HTTPS", "://", ":", "::", "//", "/", "@",
            "-", "-o", "u", "u:pass@", "%00", "%0a", "%2d", "%40", "\0", "\n", "\r", "host",
            "[::1]", ":22", "?", "#", "\\", "..", "~", " ", "x.git", "ü", "\u202e", "\u0085");
    return pieces.list().ofMaxSize(9).map(list -> String.join("", list));
  }
}
