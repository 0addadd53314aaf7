// SPDX-License-Identifier: Apache-2.0
package dev.gitops.git;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who may push, and how: over HTTPS with a private authority, and over SSH. */
class GitWriterAccessTest {
  @TempDir Path directory;
  private final HttpServers servers = new HttpServers();
  private RealGit git;
  private String bad;

  @BeforeEach
  void aBadCommitIsPushed() {
    git = new RealGit(directory);
    git.git("config", "http.receivepack", "true");
    Colleague ann = new Colleague(git, directory.resolve("ann"));
    ann.write("orders", "6\n").push("Declare orders");
    bad = ann.write("orders", "24\n").push("More of it");
  }

  @AfterEach
  void stop() {
    servers.close();
  }

  private String https(String authorization) throws Exception {
    return servers.startTls(
            Certificates.get().server("server"),
            false,
            HttpServers.only(() -> authorization, HttpServers.gitBackend(directory)))
        + "/remote.git";
  }

  private GitWriter.Builder writer(String url) throws Exception {
    return GitWriter.of(url)
        .branch("main")
        .author("Ann <ann@example.com>")
        .transport(GitTransport.defaults().authorities(Certificates.get().authority).attempts(1));
  }

  private void assertThatItIsReverted(Pushed pushed) {
    assertThat(git.git("rev-parse", "main")).isEqualTo(pushed.head());
    assertThat(git.git("show", "main:orders")).isEqualTo("6");
  }

  @Test
  void overHttpsWithAPassword() throws Exception {
    String url = https(HttpServers.basic("ann", "pa55"));
    try (GitWriter repo = writer(url).access(GitAccess.basic("ann", () -> "pa55")).build()) {
      assertThatItIsReverted(repo.revert(bad));
    }
    assertThat(servers.requests)
        .anyMatch(request -> request.startsWith("POST /remote.git/git-receive-pack"))
        .allMatch(request -> request.endsWith(HttpServers.basic("ann", "pa55")));
  }

  @Test
  void overHttpsWithATokenThatIsRenewedBetweenTheFetchAndThePush() throws Exception {
    String[] token = {"0"};
    String url =
        servers.startTls(
                Certificates.get().server("server"),
                false,
                exchange -> {
                  String shown = exchange.getRequestHeaders().getFirst("Authorization");
                  assertThat(shown).isEqualTo("Bearer t" + token[0]);
                  HttpServers.gitBackend(directory).handle(exchange);
                })
            + "/remote.git";
    try (GitWriter repo = writer(url).access(GitAccess.bearer(() -> "t" + token[0])).build()) {
      assertThatItIsReverted(
          repo.message(
                  standard -> {
                    token[0] = "1";
                    return standard;
                  })
              .revert(bad));
    }
    Set<String> shown =
        servers.requests.stream()
            .map(request -> request.substring(request.indexOf("Bearer")))
            .collect(Collectors.toSet());
    assertThat(shown).containsExactlyInAnyOrder("Bearer t0", "Bearer t1");
  }

  @Test
  void overHttpsNothingIsPushedWithAWrongPasswordAndTheErrorDoesNotSayIt() throws Exception {
    String before = git.git("rev-parse", "main");
    String url = https(HttpServers.basic("ann", "pa55"));
    try (GitWriter repo = writer(url).access(GitAccess.basic("ann", () -> "wr0ng")).build()) {
      assertThatThrownBy(() -> repo.revert(bad))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("401")
          .hasMessageNotContaining("wr0ng");
    }
    assertThat(git.git("rev-parse", "main")).isEqualTo(before);
  }

  @Test
  void aServerWithoutItsAuthorityIsNotWrittenTo() throws Exception {
    String before = git.git("rev-parse", "main");
    String url = https(HttpServers.basic("ann", "pa55"));
    GitTransport plain = GitTransport.defaults().attempts(1);
    try (GitWriter repo =
        writer(url).transport(plain).access(GitAccess.basic("ann", () -> "pa55")).build()) {
      assertThatThrownBy(() -> repo.revert(bad)).isInstanceOf(IOException.class);
    }
    assertThat(git.git("rev-parse", "main")).isEqualTo(before);
    assertThat(servers.requests).isEmpty();
  }

  @Test
  void overSshWithAKey() throws Exception {
    try (SshServers ssh = new SshServers(directory)) {
      GitAccess access = GitAccess.ssh(ssh.key("ed25519", ""), ssh.knownHosts());
      try (GitWriter repo = writer(ssh.url()).access(access).build()) {
        assertThatItIsReverted(repo.revert(bad));
      }
      assertThat(ssh.commands).anyMatch(command -> command.startsWith("git-receive-pack "));
    }
  }

  @Test
  void overSshNothingIsPushedToAnotherHost() throws Exception {
    String before = git.git("rev-parse", "main");
    try (SshServers ssh = new SshServers(directory)) {
      GitAccess access = GitAccess.ssh(ssh.key("ed25519", ""), ssh.knownHosts());
      ssh.changeHostKey();
      try (GitWriter repo = writer(ssh.url()).access(access).build()) {
        assertThatThrownBy(() -> repo.revert(bad)).isInstanceOf(IOException.class);
      }
      assertThat(ssh.commands).isEmpty();
    }
    assertThat(git.git("rev-parse", "main")).isEqualTo(before);
  }
}
