// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import static dev.gitops.git.SigningTeam.Signer.NOBODY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gitops.core.model.Snapshot;
import dev.gitops.core.spi.HeldRevisionException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which commits and tags must be signed, in histories with merges, tags and rewritten branches. */
class SignatureModesTest {
  @TempDir Path directory;
  private SigningTeam team;
  private SigningTeam.Signer ann;
  private Trust keys;

  @BeforeEach
  void start() throws Exception {
    team = new SigningTeam(directory);
    ann = team.sshKey("ann", "ed25519", 0);
    keys = Trust.ssh(team.allowed("ann", "ann@example.com", ""));
  }

  @AfterEach
  void close() {
    team.close();
  }

  private String commit(SigningTeam.Signer signer, String topic) {
    return team.commit(signer, topic + ".yaml", RealGit.topic(topic, 1));
  }

  private Snapshot fetch(RevisionRule rule, @Nullable String accepted) throws Exception {
    try (var source = GitStateSource.local(team.repository).branch("main").require(rule).build()) {
      return source.fetch(null, accepted);
    }
  }

  private void assertHeld(RevisionRule rule, @Nullable String accepted, String... reasons) {
    assertThatThrownBy(() -> fetch(rule, accepted))
        .isInstanceOf(HeldRevisionException.class)
        .hasMessageContainingAll(reasons);
  }

  @Test
  void inModeHeadTheCommitsBeforeNeedNotBeSigned() throws Exception {
    commit(NOBODY, "orders");
    commit(ann, "bills");
    assertThat(fetch(keys.head(), null).documents()).hasSize(2);
  }

  @Test
  void everyCommitSinceTheRootMustBeSigned() throws Exception {
    String root = commit(NOBODY, "orders");
    String second = commit(ann, "bills");
    RevisionRule every = keys.everyCommitSince(root);
    assertThat(fetch(every, null).documents()).hasSize(2);
    assertThat(fetch(keys.everyCommitSince(second), null).documents()).hasSize(2);

    String unsigned = commit(NOBODY, "users");
    assertHeld(every, second, "commit " + unsigned + ": it is not signed");
    commit(ann, "payments");
    assertHeld(every, second, "commit " + unsigned + ": it is not signed");
    assertHeld(every, null, "commit " + unsigned + ": it is not signed");
    // A person has looked at it.
    assertThat(fetch(every, unsigned).documents()).hasSize(4);
  }

  @Test
  void allParentsOfAMergeAreFollowed() throws Exception {
    String root = commit(ann, "orders");
    team.git("checkout", "-q", "-b", "feature");
    String unsigned = commit(NOBODY, "bills");
    commit(ann, "users");
    team.git("checkout", "-q", "main");
    commit(ann, "payments");
    String accepted = team.head();
    team.signed(ann, "merge", "-q", "--no-ff", "-S", "-m", "Merge", "feature");

    assertHeld(keys.everyCommitSince(root), accepted, unsigned);
    assertThat(fetch(keys.head(), accepted).documents()).hasSize(4);
  }

  @Test
  void aCommitThatDoesNotDescendFromTheRootIsHeld() throws Exception {
    commit(ann, "orders");
    String unknown = "0123456789abcdef0123456789abcdef01234567";
    assertHeld(keys.everyCommitSince(unknown), null, "does not descend", unknown);
    String root = commit(ann, "bills");
    team.git("checkout", "-q", "--orphan", "other");
    commit(ann, "users");
    team.git("update-ref", "refs/heads/main", team.head());
    assertHeld(keys.everyCommitSince(root), null, "does not descend", root);
    assertThatThrownBy(() -> keys.everyCommitSince("3f9a"))
        .hasMessageContaining("40 hexadecimal digits");
  }

  @Test
  void manyUnsignedCommitsAreCounted() throws Exception {
    String root = commit(ann, "a");
    String first = commit(NOBODY, "b");
    for (String topic : new String[] {"c", "d", "e", "f"}) {
      commit(NOBODY, topic);
    }
    assertHeld(keys.everyCommitSince(root), null, first, "; and 2 more");
  }

  private Snapshot fetchTag(String tag, RevisionRule... rules) throws Exception {
    var builder = GitStateSource.local(team.repository).tag(tag);
    for (RevisionRule rule : rules) {
      builder.require(rule);
    }
    try (var source = builder.build()) {
      return source.fetch(null, null);
    }
  }

  private void assertTagHeld(String tag, String... reasons) {
    assertThatThrownBy(() -> fetchTag(tag, keys.tag()))
        .isInstanceOf(HeldRevisionException.class)
        .hasMessageContainingAll(reasons);
  }

  @Test
  void aTagMustBeSignedUnderItsOwnName() throws Exception {
    commit(NOBODY, "orders");
    team.signed(ann, "tag", "-s", "-m", "First", "v1");
    team.git("tag", "-a", "-m", "Second", "v2");
    team.git("tag", "v3");
    assertThat(fetchTag("v1", keys.tag()).documents()).hasSize(1);
    assertTagHeld("v2", "tag 'v2': the tag is not signed");
    assertTagHeld("v3", "tag 'v3': it is not annotated");

    // An old, signed tag must not pass for a new one.
    team.git("update-ref", "refs/tags/v4", team.git("rev-parse", "v1"));
    assertTagHeld("v4", "it was signed as another tag, 'v1'");

    team.signed(ann, "tag", "-s", "-m", "Of a tag", "v5", "v1");
    assertTagHeld("v5", "not of a commit itself");

    byte[] raw =
        team.git("cat-file", "tag", "v1").concat("\n").getBytes(StandardCharsets.ISO_8859_1);
    String forged =
        new String(raw, StandardCharsets.ISO_8859_1).replace("First", "Last").replace("v1", "v6");
    String id = team.write("tag", forged.getBytes(StandardCharsets.ISO_8859_1));
    team.git("update-ref", "refs/tags/v6", id);
    assertTagHeld("v6", "is not of this content", "ann@example.com");
  }

  @Test
  void bothMayBeWanted() throws Exception {
    commit(NOBODY, "orders");
    team.signed(ann, "tag", "-s", "-m", "First", "v1");
    assertThatThrownBy(() -> fetchTag("v1", keys.tag(), keys.head()))
        .isInstanceOf(HeldRevisionException.class)
        .hasMessageContaining("it is not signed");
    commit(ann, "bills");
    team.signed(ann, "tag", "-s", "-m", "Second", "v2");
    assertThat(fetchTag("v2", keys.tag(), keys.head()).documents()).hasSize(2);
  }

  @Test
  void aBranchIsNoTag() {
    commit(ann, "orders");
    assertHeld(keys.tag(), null, "branch 'main' is no tag");
  }

  @Test
  void nothingOfTheTreeIsRead() throws Exception {
    commit(NOBODY, "orders");
    String tree = team.git("rev-parse", "HEAD^{tree}");
    Files.delete(
        team.repository.resolve(".git/objects/" + tree.substring(0, 2) + "/" + tree.substring(2)));
    assertHeld(keys.head(), null, "it is not signed");
  }

  @Test
  void theHistoryThatAShallowCloneLacksIsFetched() throws Exception {
    String root = commit(NOBODY, "orders");
    commit(ann, "bills");
    commit(ann, "users");
    try (HttpServers servers = new HttpServers()) {
      String url = servers.start(HttpServers.gitBackend(directory)) + "/work/.git";
      RevisionRule every = keys.everyCommitSince(root);
      try (var source = GitStateSource.of(url).branch("main").require(every).build()) {
        assertThat(source.fetch(null, null).documents()).hasSize(3);
        String unsigned = commit(NOBODY, "payments");
        commit(ann, "invoices");
        assertThatThrownBy(() -> source.fetch(null, null))
            .isInstanceOf(HeldRevisionException.class)
            .hasMessageContaining("commit " + unsigned);
      }
    }
    // A local repository is never fetched into.
    team.git("clone", "-q", "--depth", "2", team.repository.toUri().toString(), "../shallow");
    Path shallow = directory.resolve("shallow");
    RevisionRule every = keys.everyCommitSince(team.head());
    try (var source = GitStateSource.local(shallow).require(every).build()) {
      assertThatThrownBy(() -> source.fetch(null, null))
          .isInstanceOf(HeldRevisionException.class)
          .hasMessageContaining("its history is cut off");
    }
  }
}
