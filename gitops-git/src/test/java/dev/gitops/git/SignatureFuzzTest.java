// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/**
 * What is in a commit was written by anyone: whatever it is, it is refused, and never by another
 * exception than the one that says so.
 */
class SignatureFuzzTest {
  private static final String ED25519 =
      "AAAAC3NzaC1lZDI1NTE5AAAAIGxWGJZb3rGqfbYxZ8eAlIwTV2A2Fr9LyjtBcTtq3PDE";
  private static final String LINE =
      "ann@example.com namespaces=\"git\",valid-after=\"20200101Z\" ssh-ed25519 " + ED25519;

  @Property(seed = "4711", tries = 2_000)
  void bytesInTheFormOfASshSignature(@ForAll byte[] junk, @ForAll("cuts") int cut) {
    byte[] key = Base64.getDecoder().decode(ED25519);
    var wire = new ByteArrayOutputStream();
    wire.writeBytes("SSHSIG\0\0\0\1".getBytes(StandardCharsets.ISO_8859_1));
    SshWire.write(wire, key);
    SshWire.write(wire, "git".getBytes(StandardCharsets.US_ASCII));
    SshWire.write(wire, new byte[0]);
    SshWire.write(wire, "sha512".getBytes(StandardCharsets.US_ASCII));
    SshWire.write(wire, junk);
    byte[] whole = wire.toByteArray();
    byte[] part = Arrays.copyOf(whole, Math.min(whole.length, cut));
    byte[] end = Arrays.copyOf(part, part.length + junk.length);
    System.arraycopy(junk, 0, end, part.length, junk.length);
    for (byte[] blob : new byte[][] {whole, part, end}) {
      String armor =
          SshSignature.BEGIN
              + "\n"
              + Base64.getMimeEncoder().encodeToString(blob)
              + "\n-----END SSH SIGNATURE-----\n";
      assertRefused(AllowedSigners.parse(LINE), armor);
    }
  }

  @Property(seed = "4711", tries = 2_000)
  void bytesInTheFormOfAnOpenPgpSignature(@ForAll byte[] junk, @ForAll("armors") String words) {
    OpenPgpKeyring none = new OpenPgpKeyring("", Set.of());
    String start = "-----BEGIN PGP SIGNATURE-----\n\n";
    String end = "\n-----END PGP SIGNATURE-----\n";
    assertRefused(none, start + Base64.getMimeEncoder().encodeToString(junk) + end);
    assertRefused(none, start + Base64.getMimeEncoder().encodeToString(packet(junk)) + end);
    assertRefused(none, start + words + end);
    assertRefused(none, words);
  }

  /** A signature packet with a length that is right, of a version that is right. */
  private static byte[] packet(byte[] junk) {
    byte[] body = Arrays.copyOf(junk, Math.min(junk.length, 190) + 1);
    System.arraycopy(body, 0, body, 1, body.length - 1);
    body[0] = 4;
    byte[] packet = new byte[body.length + 2];
    packet[0] = (byte) 0xc2;
    packet[1] = (byte) body.length;
    System.arraycopy(body, 0, packet, 2, body.length);
    return packet;
  }

  private static void assertRefused(Keyring keyring, String armor) {
    try {
      keyring.verify(
          new SignedObject(new byte[] {1}, armor, Instant.EPOCH.plusSeconds(1_700_000_000), ""));
      throw new AssertionError("Junk was accepted: " + armor);
    } catch (UntrustedException e) {
      assertThat(e.getMessage()).isNotBlank().hasSizeLessThan(1_000);
    }
  }

  @Property(seed = "4711", tries = 2_000)
  void commitsAndTagsOfAnyBytes(@ForAll("objects") String text) {
    byte[] raw = text.getBytes(StandardCharsets.ISO_8859_1);
    try {
      SignedObject commit = SignedObject.commit(raw);
      assertThat(commit.payload().length).isLessThan(raw.length);
      assertThat(commit.target()).hasSize(40);
    } catch (UntrustedException e) {
      assertThat(e.getMessage()).isNotBlank();
    }
    try {
      SignedObject tag = SignedObject.tag(raw, "v1");
      assertThat(tag.payload().length + tag.signature().length()).isEqualTo(raw.length);
    } catch (UntrustedException e) {
      assertThat(e.getMessage()).isNotBlank();
    }
  }

  @Property(seed = "4711", tries = 5_000)
  void linesOfAllowedSigners(@ForAll("lines") String text) {
    try {
      assertThat(AllowedSigners.parse(text).lines()).isNotEmpty();
    } catch (IllegalArgumentException e) {
      assertThat(e.getMessage()).containsAnyOf("Line ", "no key");
    }
  }

  @Provide
  Arbitrary<Integer> cuts() {
    return Arbitraries.integers().between(0, 120);
  }

  @Provide
  Arbitrary<String> armors() {
    return Arbitraries.strings().withChars("AZaz09+/=\n -:").ofMaxLength(300);
  }

  @Provide
  Arbitrary<String> objects() {
    return Arbitraries.of(
            "tree 0123456789abcdef0123456789abcdef01234567\n",
            "object 0123456789abcdef0123456789abcdef01234567\n",
            "type commit\n",
            "tag v1\n",
            "tagger A <a@b> 1 +0000\n",
            "parent 0123456789abcdef0123456789abcdef01234567\n",
            "author A <a@b> 1 +0000\n",
            "committer A <a@b> 1 +0000\n",
            "committer A <a@b> 999999999999 +0000\n",
            "gpgsig -----BEGIN SSH SIGNATURE-----\n",
            "gpgsig-sha256 x\n",
            " -----END SSH SIGNATURE-----\n",
            "-----BEGIN PGP SIGNATURE-----\n",
            "\n",
            " ",
            "\0",
            "mergetag object\n")
        .list()
        .ofMaxSize(12)
        .map(lines -> String.join("", lines));
  }

  @Provide
  Arbitrary<String> lines() {
    Arbitrary<String> words =
        Arbitraries.of(
            "ann@example.com",
            "\"two words\"",
            "*",
            "!",
            "namespaces=\"git\"",
            "cert-authority",
            "valid-after=\"20200101Z\"",
            "valid-before=\"99999999\"",
            "valid-before=\"2020\"",
            ",",
            "ssh-ed25519",
            "ssh-rsa",
            "sk-ssh-ed25519@openssh.com",
            ED25519,
            "AAAA",
            "\"",
            "\\",
            "#",
            "\n",
            " ",
            "\t",
            "=",
            "\u00e9");
    Arbitrary<String> mutated =
        Combinators.combine(
                Arbitraries.integers().between(0, LINE.length() - 1), Arbitraries.chars().ascii())
            .as((at, c) -> LINE.substring(0, at) + c + LINE.substring(at + 1));
    return Arbitraries.oneOf(words.list().ofMaxSize(10).map(w -> String.join("", w)), mutated);
  }
}
