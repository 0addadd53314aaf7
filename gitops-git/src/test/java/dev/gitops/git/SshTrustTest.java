// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import static dev.gitops.git.SigningTeam.Signer.NOBODY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gitops.core.spi.HeldRevisionException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Commits signed with the real ssh-keygen through the real git. */
class SshTrustTest {
  private static final String FILE = "topics/orders.yaml";

  @TempDir Path directory;
  private SigningTeam team;
  private SigningTeam.Signer ann;

  @BeforeEach
  void start() throws Exception {
    team = new SigningTeam(directory);
    ann = team.sshKey("ann", "ed25519", 0);
  }

  @AfterEach
  void close() {
    team.close();
  }

  private String allowed(String options) {
    return team.allowed("ann", "ann@example.com", options);
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

  private String commit(SigningTeam.Signer signer) {
    return team.commit(signer, FILE, RealGit.topic("orders", 1));
  }

  @ParameterizedTest
  @CsvSource({"ed25519,0", "rsa,2048", "rsa,3072", "ecdsa,256", "ecdsa,384", "ecdsa,521"})
  void everySortOfKeyThatTheToolMakes(String type, int bits) throws Exception {
    SigningTeam.Signer bob = team.sshKey("bob", type, bits);
    commit(bob);

    fetch(Trust.ssh(team.allowed("bob", "bob@example.com", "")));
    assertHeld(Trust.ssh(allowed("")), "is not among the trusted ones", "SHA256:");
  }

  @Test
  void anUnsignedCommitIsHeld() {
    String id = commit(NOBODY);
    assertHeld(Trust.ssh(allowed("")), "commit " + id + ": it is not signed");
  }

  @Test
  void aStrippedSignatureIsNone() throws Exception {
    commit(ann);
    fetch(Trust.ssh(allowed("")));
    team.plant(edit(team.raw("HEAD"), "(?s)gpgsig .*?-----END SSH SIGNATURE-----\n", ""));
    assertHeld(Trust.ssh(allowed("")), "it is not signed");
  }

  @Test
  void theSignatureOfAnotherCommitDoesNotCount() throws Exception {
    String good = commit(ann);
    String signature = header(team.raw(good));
    team.commit(NOBODY, FILE, RealGit.topic("orders", 99));
    team.plant(edit(team.raw("HEAD"), "(?s)\n\n", "\n" + signature + "\n"));

    assertHeld(Trust.ssh(allowed("")), "of ann@example.com is not of this content", "SHA256:");
  }

  @Test
  void aSecondSignatureHeaderIsRefused() {
    String good = commit(ann);
    String signature = header(team.raw(good));
    team.plant(edit(team.raw(good), "(?s)\n\n", "\n" + signature + "\n"));
    assertHeld(Trust.ssh(allowed("")), "more than one signature");

    team.plant(
        edit(
            team.raw(good),
            "(?s)\n\n",
            "\n" + signature.replace("gpgsig", "gpgsig-sha256") + "\n"));
    assertHeld(Trust.ssh(allowed("")), "more than one signature");
  }

  @Test
  void contentThatWasChangedAfterwardsIsHeld() {
    commit(ann);
    team.plant(edit(team.raw("HEAD"), "Change 1", "Change 2"));
    assertHeld(Trust.ssh(allowed("")), "is not of this content");
  }

  @Test
  void aHugeSignatureIsNotReadToItsEnd() {
    commit(ann);
    String line = " " + "A".repeat(70) + "\n";
    team.plant(edit(team.raw("HEAD"), " -----END SSH", line.repeat(1_000) + " -----END SSH"));
    assertHeld(Trust.ssh(allowed("")), "more than 65,536 characters");
  }

  @Test
  void aSignatureForAnotherPurposeDoesNotCount() throws Exception {
    commit(NOBODY);
    byte[] unsigned = team.raw("HEAD");
    Files.write(directory.resolve("payload"), unsigned);
    team.tool("", "ssh-keygen", "-Y", "sign", "-n", "file", "-f", "ann", "payload");
    String armor = Files.readString(directory.resolve("payload.sig")).strip();
    String signature = "gpgsig " + armor.replace("\n", "\n ") + "\n";
    team.plant(edit(unsigned, "(?s)\n\n", "\n" + signature + "\n"));

    assertHeld(Trust.ssh(allowed("")), "for the namespace 'file', not for 'git'");
  }

  @Test
  void namespacesOfALineBindItsKey() throws Exception {
    commit(ann);
    fetch(Trust.ssh(allowed("namespaces=\"file,g?t\"")));
    assertHeld(Trust.ssh(allowed("namespaces=\"file,email\"")), "may not sign for the namespace");
    assertHeld(Trust.ssh(allowed("namespaces=\"*,!git\"")), "may not sign for the namespace");
  }

  @Test
  void aKeyIsGoodOnlyWithinItsTime() throws Exception {
    commit(ann);
    String when = "valid-after=\"%s\",valid-before=\"%s\"";
    fetch(Trust.ssh(allowed(when.formatted("20200101Z", "20990101Z"))));
    assertHeld(
        Trust.ssh(allowed(when.formatted("20200101Z", "20200102030405Z"))),
        "of ann@example.com expired at 2020-01-02T03:04:05Z");
    assertHeld(
        Trust.ssh(allowed(when.formatted("209801010000Z", "20990101Z"))),
        "is valid from 2098-01-01T00:00:00Z on");
    // Another line may say more of the same key.
    fetch(Trust.ssh(allowed("valid-before=\"20200101\"") + allowed("")));
  }

  @Test
  void aKeyThatIsTakenOutOfTheFileCountsNoMore() throws Exception {
    Path file = directory.resolve("allowed_signers");
    Files.writeString(file, "# the team\n\n" + allowed(""));
    String id = commit(ann);
    try (var source =
        GitStateSource.local(team.repository).require(Trust.ssh(file).head()).build()) {
      source.fetch(null, null);
      team.sshKey("bob", "ed25519", 0);
      Files.writeString(file, team.allowed("bob", "bob@example.com", ""));
      assertThatThrownBy(() -> source.fetch(null, null)).isInstanceOf(HeldRevisionException.class);
      // What was accepted is not judged again.
      assertThat(source.fetch(null, id).documents()).hasSize(1);
      Files.writeString(file, "ann@example.com ssh-ed25519\n");
      assertThatThrownBy(() -> source.fetch(null, null))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("Line 1")
          .hasMessageContaining(file.toString());
    }
  }

  @Test
  void aSignatureOfAnotherSortIsHeld() {
    commit(ann);
    team.plant(edit(team.raw("HEAD"), "SSH SIGNATURE", "SIGNED MESSAGE"));
    assertHeld(Trust.ssh(allowed("")), "sort of key of which none is trusted");
  }

  private static String header(byte[] commit) {
    String text = new String(commit, StandardCharsets.ISO_8859_1);
    int start = text.indexOf("gpgsig ");
    String end = " -----END SSH SIGNATURE-----\n";
    return text.substring(start, text.indexOf(end) + end.length());
  }

  private static byte[] edit(byte[] commit, String pattern, String replacement) {
    String text = new String(commit, StandardCharsets.ISO_8859_1);
    String edited = text.replaceFirst(pattern, Matcher.quoteReplacement(replacement));
    assertThat(edited).isNotEqualTo(text);
    return edited.getBytes(StandardCharsets.ISO_8859_1);
  }
}
