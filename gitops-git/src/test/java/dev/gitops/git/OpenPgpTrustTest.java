// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import static dev.gitops.git.SigningTeam.Signer.NOBODY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gitops.core.spi.HeldRevisionException;
import java.io.File;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.io.TempDir;

/** Commits signed with the real gpg through the real git. */
@TestInstance(Lifecycle.PER_CLASS)
class OpenPgpTrustTest {
  private static final String FILE = "topics/orders.yaml";
  private static final String ANN = "Ann <ann@example.com>";

  private Path directory;
  private SigningTeam team;
  private String ann;
  private int partitions;

  @BeforeAll
  void start(@TempDir Path temporary) throws Exception {
    directory = temporary;
    team = new SigningTeam(directory);
    ann = team.gpgKey(ANN, "ed25519", "sign,cert", "1y");
  }

  @AfterAll
  void close() {
    team.close();
  }

  private String commit(SigningTeam.Signer signer) {
    return team.commit(signer, FILE, RealGit.topic("orders", ++partitions));
  }

  private void fetch(Trust trust) throws Exception {
    try (var source = GitStateSource.local(team.repository).require(trust.head()).build()) {
      assertThat(source.fetch(null, null).documents()).hasSize(1);
    }
  }

  private void assertHeld(Trust trust, String... reasons) {
    assertThatThrownBy(() -> fetch(trust))
        .isInstanceOf(HeldRevisionException.class)
        .hasMessageContainingAll(reasons)
        .hasMessageContaining(team.head());
  }

  @Test
  void onlyListedKeysOfTheKeyringCount() throws Exception {
    String bob = team.gpgKey("Bob <bob@example.com>", "rsa3072", "sign,cert", "never");
    String both = team.export(ann, bob);
    commit(team.gpg(bob));

    fetch(Trust.openPgp(both, ann, bob));
    fetch(Trust.openPgp(team.export(ann) + team.export(bob), bob.toLowerCase(Locale.ROOT)));
    assertHeld(Trust.openPgp(both, ann), bob, "Bob <bob@example.com>", "not on the list");
    assertHeld(Trust.openPgp(team.export(ann), ann), bob, "is not among the trusted ones");
    fetch(Trust.openPgp(team.export(ann), ann).or(Trust.openPgp(team.export(bob), bob)));
  }

  @Test
  void aListedKeyMustBeInTheKeyring() {
    String other = "0123456789ABCDEF0123456789ABCDEF01234567";
    String keys = team.export(ann);
    assertThatThrownBy(() -> Trust.openPgp(keys, ann, other))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(other);
    assertThatThrownBy(() -> Trust.openPgp(keys, ann.substring(24)))
        .hasMessageContaining("40 hexadecimal digits")
        .hasMessageContaining("forged");
    assertThatThrownBy(() -> Trust.openPgp(keys)).hasMessageContaining("Name the fingerprints");
    assertThatThrownBy(() -> Trust.openPgp("no keys", ann)).hasMessageContaining("can't be read");
  }

  @Test
  void anUnsignedCommitIsHeld() {
    commit(NOBODY);
    assertHeld(Trust.openPgp(team.export(ann), ann), "it is not signed");
  }

  @Test
  void aSignatureOfOtherContentDoesNotCount() {
    String good = commit(team.gpg(ann));
    String signed = new String(team.raw(good), StandardCharsets.ISO_8859_1);
    String edited = signed.replaceFirst("\n\nChange", "\n\nChanged");
    team.plant(edited.getBytes(StandardCharsets.ISO_8859_1));
    assertHeld(Trust.openPgp(team.export(ann), ann), ann, ANN, "is not of this content");
  }

  @Test
  void subkeysSignForTheirPrimaryKey() throws Exception {
    String carl = team.gpgKey("Carl <carl@example.com>", "ed25519", "cert", "never");
    team.runGpg("", "--quick-add-key", carl, "ed25519", "sign", "never");
    team.runGpg("", "--quick-add-key", carl, "rsa2048", "sign", "never");
    List<String> keys = team.fingerprints(carl);
    String all = team.export(carl);
    commit(team.gpg(keys.get(1)));

    fetch(Trust.openPgp(all, carl));
    fetch(Trust.openPgp(all, keys.get(1)));
    assertHeld(Trust.openPgp(all, keys.get(2)), "not on the list");

    // A subkey that was retired still vouches for what it signed before, and for nothing after.
    commit(team.gpg(keys.get(2)));
    fetch(Trust.openPgp(all, carl));
    String command = "key 2\nrevkey\ny\n%d\n\ny\nsave\n";
    String later = "20990101T000000";
    team.runGpg(
        command.formatted(3),
        "--faked-system-time",
        later,
        "--command-fd",
        "0",
        "--edit-key",
        carl);
    fetch(Trust.openPgp(team.export(carl), carl));

    // One that was compromised never did.
    commit(team.gpg(keys.get(1)));
    team.runGpg(
        "key 1\nrevkey\ny\n1\n\ny\nsave\n",
        "--faked-system-time",
        later,
        "--command-fd",
        "0",
        "--edit-key",
        carl);
    assertHeld(
        Trust.openPgp(team.export(carl), carl), keys.get(1), "was revoked at 2099-01-01T00:00:0");
  }

  @Test
  void aSignatureCountsIfItsKeyWasGoodWhenItSigned() throws Exception {
    String then = "--faked-system-time=20200201T000000";
    String dora = team.gpgKey("Dora <dora@example.com>", "ed25519", "sign,cert", "1y", then);
    String keys = team.export(dora);

    commit(team.gpg(dora, "--faked-system-time=20200601T000000"));
    fetch(Trust.openPgp(keys, dora));

    // With its owner's clock set back gpg would not even notice, so let it sign after the expiry.
    team.runGpg("", then, "--quick-set-expire", dora, "3y");
    commit(team.gpg(dora, "--faked-system-time=20220601T000000"));
    fetch(Trust.openPgp(team.export(dora), dora));
    assertHeld(
        Trust.openPgp(keys, dora), dora, "expired at 2021-01-31T", "signed at 2022-06-01T00:00:0");
  }

  @Test
  void aSignatureFromTheFutureIsHeld() {
    String gus = team.gpgKey("Gus <gus@example.com>", "ed25519", "sign,cert", "never");
    commit(team.gpg(gus, "--faked-system-time=20991231T000000"));
    assertHeld(Trust.openPgp(team.export(gus), gus), "from the future: 2099-12-31T");
  }

  @Test
  void aWeakHashIsRefused() {
    String eve = team.gpgKey("Eve <eve@example.com>", "rsa2048", "sign,cert", "never");
    commit(team.gpg(eve, "--digest-algo", "SHA1", "--weak-digest", "MD5"));
    assertHeld(Trust.openPgp(team.export(eve), eve), eve, "a hash that is not trusted");

    String fay =
        team.gpgKey(
            "Fay <fay@example.com>", "rsa2048", "sign,cert", "never", "--cert-digest-algo", "SHA1");
    commit(team.gpg(fay));
    assertHeld(Trust.openPgp(team.export(fay), fay), fay, "missing or too weak");
  }

  @Test
  void withoutBouncyCastleTheErrorSaysWhatIsMissingAndSshWorks() throws Exception {
    List<URL> others = new ArrayList<>();
    for (String entry : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
      if (!entry.contains("bcpg")) {
        others.add(Path.of(entry).toUri().toURL());
      }
    }
    try (var loader =
        new URLClassLoader(others.toArray(URL[]::new), ClassLoader.getPlatformClassLoader())) {
      Class<?> trust = loader.loadClass(Trust.class.getName());
      Method openPgp = trust.getMethod("openPgp", String.class, String[].class);
      assertThatThrownBy(() -> openPgp.invoke(null, "", new String[] {ann}))
          .cause()
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("org.bouncycastle:bcpg-jdk18on");
      team.sshKey("hal", "ed25519", 0);
      String line = team.allowed("hal", "hal@example.com", "");
      assertThat(trust.getMethod("ssh", String.class).invoke(null, line)).isNotNull();
    }
  }

  @Test
  void twoSignaturesInOneAreRefused() throws Exception {
    String good = commit(team.gpg(ann));
    String text = new String(team.raw(good), StandardCharsets.ISO_8859_1);
    int start = text.indexOf("gpgsig ");
    int end = text.indexOf("-----END PGP SIGNATURE-----\n") + 28;
    Path armor = directory.resolve("armor");
    Files.writeString(armor, text.substring(start + 7, end).replace("\n ", "\n"));
    team.tool("", "gpg", "--batch", "--yes", "--dearmor", "-o", "one", armor.toString());
    byte[] one = Files.readAllBytes(directory.resolve("one"));
    byte[] two = Arrays.copyOf(one, one.length * 2);
    System.arraycopy(one, 0, two, one.length, one.length);
    Files.write(directory.resolve("two"), two);
    String armored =
        team.tool("", "gpg", "--batch", "--enarmor", "-o", "-", "two")
            .replace("ARMORED FILE", "SIGNATURE")
            .replaceAll("Comment:.*\n", "")
            .strip();
    team.plant(
        (text.substring(0, start)
                + "gpgsig "
                + armored.replace("\n", "\n ")
                + "\n"
                + text.substring(end))
            .getBytes(StandardCharsets.ISO_8859_1));

    assertHeld(Trust.openPgp(team.export(ann), ann), "more than one OpenPGP signature");
  }
}
